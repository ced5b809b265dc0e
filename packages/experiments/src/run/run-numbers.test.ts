import * as v from "valibot";
import { expect, test } from "vitest";
import { runNumber, runNumbers, runSummarySchema } from "./run-numbers.ts";

const summary = v.parse(runSummarySchema, {
  relativeError: 0.5,
  lowPassError: 0.3,
  grid: [8, 8],
  sampleShape: [8, 8, 1],
  codeEntries: 8,
  dead: 1,
  utilization: [1, 0.5, 0.5, 0],
  hoyerScores: [0.1],
  atoms: { hoyerScores: [], cosineSample: [], cosines: { deviation: 0.2 } },
  missing: null,
  resolution: [
    { grid: [16, 16], relativeError: 0.13, lowPassError: 0.05 },
    { grid: [16, 24], relativeError: 0.2 },
  ],
  rotation: [{ degrees: 45, relativeError: 0.6, rise: 0.44 }],
});

test("a run has the numbers of its summary, by grid and by angle too", () => {
  const numbers = Object.fromEntries(runNumbers(summary));
  expect(numbers).toMatchObject({
    relativeError: 0.5,
    "relativeError@8": 0.5,
    "lowPassError@8": 0.3,
    "keptError@8": 0.4,
    "relativeError@16": 0.13,
    "relativeError@16x24": 0.2,
    "relativeError@45deg": 0.6,
    "rise@45deg": 0.44,
    "atoms.cosines.deviation": 0.2,
    inUse: 3,
    conceptsFor90Uses: 3,
    budget: 0.125,
    selective: 2 / 3,
    alwaysOn: 1,
  });
  expect(numbers["keptError@16"]).toBeCloseTo(0.12, 12);
  expect(numbers).not.toHaveProperty("keptError@16x24");
  expect(numbers).not.toHaveProperty("missing");
});

test("asking for a number that is not there names those that are", () => {
  expect(() => runNumber(summary, "loss")).toThrow(/no number "loss". It has relativeError, .*rise@45deg/);
});
