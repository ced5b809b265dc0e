import { useBackend } from "@saeno/backend";
import { wasmBackend } from "@saeno/backend-wasm";
import { sparseFunctions, split } from "@saeno/datasets";
import { memory } from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { measureRemedy, type RemedyOutcome } from "./measure-remedy.ts";
import { remedies } from "./remedies.ts";
import { remedySettings } from "./remedy-settings.ts";
import { remedyTable } from "./remedy-table.ts";

beforeAll(() => useBackend(wasmBackend));

const dataset = sparseFunctions({
  grid: [8, 8],
  channels: 1,
  concepts: 4,
  kernel: 3,
  activeConcepts: 1,
  spikes: 2,
  samples: 96,
  seed: 1,
});
const setting = {
  name: "small",
  concepts: 12,
  active: 8,
  learningRate: 0.01,
  density: 0.1,
  ...split(dataset, { test: 32 }),
};
const run = { steps: 12, learningRate: 0.01, energy: "kept", seed: 0, modes: [4, 4] } as const;

test.each(remedies)("$name: counts are those of a set of 12, and nothing is left on the device", async (remedy) => {
  const before = memory().numTensors;
  const steps: number[] = [];
  const outcome = await measureRemedy(setting, remedy, run, ({ step }) => void steps.push(step));
  expect(memory().numTensors).toBe(before);
  expect(steps).toHaveLength(12);
  expect(outcome.relativeError).toBeGreaterThan(0);
  expect(outcome.relativeError).toBeLessThan(2);
  // Eight are active in every sample.
  expect(outcome.inUse).toBeGreaterThanOrEqual(8);
  expect(outcome.inUse).toBeLessThanOrEqual(12);
  expect(outcome.often).toBeLessThanOrEqual(outcome.inUse);
});

test("the table has a row a remedy: the mean, and in brackets each of several seeds", () => {
  const outcome: RemedyOutcome = {
    setting: "digits",
    remedy: "none",
    seed: 0,
    steps: 10,
    relativeError: 0.3,
    inUse: 12,
    often: 9,
    seconds: 1,
  };
  const [heading, , ...rows] = remedyTable([
    outcome,
    { ...outcome, seed: 1, relativeError: 0.4, inUse: 14 },
    { ...outcome, remedy: "AuxK" },
  ]).split("\n");
  expect(heading).toMatch(/^\| digits +\| +relative error \|/);
  expect(rows).toHaveLength(2);
  expect(rows[0]).toMatch(/none +\| 0.3500 \(0.3000, 0.4000\) \| 13 \(12, 14\) \| +9 \(9, 9\) \| +10 \|/);
  expect(rows[1]).toMatch(/AuxK +\| +0.3000 \|/);
});

test("data that is not there is named and left out", async () => {
  const said: string[] = [];
  expect(await remedySettings("no-such-folder", (line) => said.push(line))).toEqual([]);
  expect(said.join(" ")).toMatch(/no-such-folder.mnist.*left out.*no-such-folder.bsds.*left out/);
});
