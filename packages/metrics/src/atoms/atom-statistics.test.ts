import { cpuBackend, createRandom, useBackend } from "@saeno/backend";
import { tokenDictionary } from "@saeno/core";
import { beforeAll, expect, test } from "vitest";
import { atomStatistics } from "../index.ts";

beforeAll(async () => {
  await useBackend(cpuBackend);
});

test("atoms of one entry have a Hoyer score of 1, as noise has", async () => {
  const dictionary = tokenDictionary({ concepts: 3, channels: 1, axes: 2 }, createRandom(0));
  const { hoyer, hoyerBaseline, coherence } = await atomStatistics({ dictionary });
  expect([hoyer, hoyerBaseline]).toEqual([[1, 1, 1], 1]);
  expect(coherence).toBeCloseTo(1, 6);
});
