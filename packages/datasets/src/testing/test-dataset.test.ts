import { createRandom, useBackend } from "@saeno/backend";
import { wasmBackend } from "@saeno/backend-wasm";
import { beforeAll, expect, test } from "vitest";
import {
  arrayDataset,
  concatenate,
  type Dataset,
  flatten,
  flow,
  rotateFunctions,
  shapes,
  sparseFunctions,
  sparseVectors,
} from "../index.ts";
import { testDataset } from "../testing.ts";

beforeAll(async () => {
  await useBackend(wasmBackend);
});

const array = arrayDataset({ name: "array", values: createRandom(1).normals(4 * 30), shape: [4, 5, 3, 2] });

test.each<[string, () => Dataset | Promise<Dataset>]>([
  ["an array of functions", () => array],
  ["an array of vectors", () => arrayDataset({ name: "vectors", values: createRandom(1).normals(12), shape: [3, 4] })],
  ["functions as vectors", () => flatten(array)],
  ["two arrays", () => concatenate(array, array)],
  ["turned functions", () => rotateFunctions(array, 30)],
  ["flow", () => flow({ grid: [32, 31], samples: 4, snapshots: 2, interval: 0.02 })],
  ["shapes", () => shapes({ grid: [11, 12], samples: 4, noise: 0.1 })],
  [
    "sparse functions",
    () =>
      sparseFunctions({ grid: [6, 7], channels: 2, concepts: 3, kernel: 3, activeConcepts: 2, spikes: 2, samples: 5 }),
  ],
  ["sparse vectors", () => sparseVectors({ n: 6, concepts: 4, active: 2, samples: 5 })],
])("%s pass", async (_, open) => {
  const dataset = await open();
  await testDataset({ dataset });
  if (dataset.grid.length > 0) await testDataset({ dataset, grids: [dataset.grid.map((points) => 2 * points + 1)] });
});

test("what is wrong is named, everything at once", async () => {
  const ordered: Dataset = { ...array, read: (indices) => array.read(Array.from(indices).sort()) };
  await expect(testDataset({ dataset: ordered })).rejects.toThrow(
    /^The dataset "array": it reads sample 3 differently among others than alone; .*a concatenation has other values/,
  );
  const values = await array.read([0, 1, 2, 3]);
  const shared: Dataset = { ...array, size: 3, read: async (indices) => values.subarray(0, indices.length * 30) };
  await expect(testDataset({ dataset: shared })).rejects.toThrow(/reads differently once what was read is changed/);
  const coarse: Dataset = { ...array, at: async () => array };
  await expect(testDataset({ dataset: coarse })).rejects.toThrow(/on 10 x 6 it has the grid \[5, 3\]/);
});
