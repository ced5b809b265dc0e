import { cpuBackend, createRandom, useBackend } from "@saeno/backend";
import { memory, tensor } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { hoyer, hoyerNoiseBaseline, hoyerScores } from "./hoyer.ts";

beforeAll(async () => {
  await useBackend(cpuBackend);
});

describe("hoyer", () => {
  it("is 1 for one entry and 0 for entries of equal magnitude, or none", () => {
    expect(hoyer([0, 0, -3, 0])).toBe(1);
    expect(hoyer([2, -2, 2, -2])).toBeCloseTo(0, 14);
    expect(hoyer([0, 0, 0])).toBe(0);
  });

  it("is that of s equal entries among p: (sqrt p - sqrt s) / (sqrt p - 1)", () => {
    const vector = Array.from({ length: 100 }, (_, i) => (i < 9 ? 1 : 0));
    expect(hoyer(vector)).toBeCloseTo((10 - 3) / 9, 12);
  });

  it("does not change when the vector is scaled", () => {
    const vector = createRandom(4).normals(50);
    expect(hoyer(vector.map((value) => -8 * value))).toBeCloseTo(hoyer(vector), 12);
  });

  it("is not defined for one entry", () => {
    expect(() => hoyer([1])).toThrow(/at least 2 entries; got 1/);
  });
});

describe("hoyerScores", () => {
  it("flattens each atom, and makes no tensor", () => {
    const atoms = tensor([1, 0, 0, 0, 1, 1, 1, 1], [2, 2, 2]);
    const before = memory().numTensors;
    expect(hoyerScores(atoms)).toEqual([1, 0]);
    expect(memory().numTensors).toBe(before);
    expect(() => hoyerScores(tensor([1, 2]))).toThrow(/\[K, \.\.\.\]/);
  });
});

describe("hoyerNoiseBaseline", () => {
  it("is 0.215 for 256 entries", () => {
    expect(hoyerNoiseBaseline(256)).toBeCloseTo(0.215, 3);
  });

  it("tends to 1 - sqrt(2 / pi) as p grows, whatever the seed", () => {
    const p = 40_000;
    const limit = (Math.sqrt(p) - Math.sqrt((2 / Math.PI) * p)) / (Math.sqrt(p) - 1);
    expect(hoyerNoiseBaseline(p, { draws: 20 })).toBeCloseTo(limit, 3);
    expect(hoyerNoiseBaseline(p, { draws: 20, seed: 9 })).toBeCloseTo(limit, 3);
  });

  it("is repeatable, and refuses what is not a size", () => {
    expect(hoyerNoiseBaseline(64, { seed: 5 })).toBe(hoyerNoiseBaseline(64, { seed: 5 }));
    expect(() => hoyerNoiseBaseline(1)).toThrow(/at least 2/);
    expect(() => hoyerNoiseBaseline(8, { draws: 0 })).toThrow(/draws/);
  });
});
