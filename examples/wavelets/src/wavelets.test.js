import { createRandom, useBackend } from "@saeno/backend";
import { wasmBackend } from "@saeno/backend-wasm";
import { modelFromConfig } from "@saeno/core";
import { testDictionary } from "@saeno/core/testing";
import { arrayDataset } from "@saeno/datasets";
import { evaluate } from "@saeno/metrics";
import { decodeModel, encodeModel, train } from "@saeno/training";
import { square, sum, tidy } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { waveletDictionary } from "./plugin.js";
import { scaleBases } from "./scale-basis.js";

beforeAll(() => useBackend(wasmBackend));

const random = () => createRandom(1);

describe.each([
  ["on a line", { axes: 1, scales: 3 }, [40]],
  ["on a plane", { axes: 2, scales: 2 }, [12, 9]],
])("%s", (_, form, grid) => {
  const options = { channels: 2, concepts: 6, size: 3, ...form };
  testDictionary({ test, grid, make: () => waveletDictionary(options, random()) });
});

test("every scale is twice as wide as the last, its splines orthonormal", () => {
  const widths = scaleBases(3, 3).map((basis) => {
    const rows = basis.arraySync();
    for (const i of [0, 1, 2]) {
      for (const j of [0, 1, 2]) {
        expect(rows.reduce((product, row) => product + row[i] * row[j], 0)).toBeCloseTo(i === j ? 1 : 0, 5);
      }
    }
    return rows.filter((row) => row.some((value) => Math.abs(value) > 1e-6)).length;
  });
  expect(widths).toEqual([3, 7, 15]);
});

test("trained by its name, saved and loaded with the same errors", async () => {
  const values = Float32Array.from({ length: 48 * 16 * 16 }, (_, i) => {
    const [sample, row, column] = [i >> 8, (i >> 4) % 16, i % 16];
    const width = sample % 2 === 0 ? 1 : 4;
    return Math.exp(-((row - (sample % 13)) ** 2 + (column - ((5 * sample) % 11)) ** 2) / (2 * width ** 2));
  });
  const dataset = arrayDataset({ name: "blobs", values, shape: [48, 16, 16, 1] });
  const config = {
    dictionary: { kind: "wavelets", concepts: 12, scales: 3 },
    activation: { kind: "topk", k: 3, density: 0.1 },
  };
  const model = modelFromConfig(config, random(), { channels: 1, grid: [16, 16] });
  expect(model.toConfig()).toMatchObject({
    dictionary: { kind: "wavelets", concepts: 12, scales: 3, size: 3, channels: 1, axes: 2 },
    activation: { kind: "map-sparsity", active: 3, density: 0.1 },
  });
  const records = await train({ model, dataset, steps: 80, batchSize: 24, learningRate: 0.02 });
  expect(records.at(-1).relativeError).toBeLessThan(0.6 * records[0].relativeError);
  const norms = tidy(() => sum(square(model.dictionary.atoms()), [1, 2, 3]).dataSync());
  for (const norm of norms) expect(norm).toBeCloseTo(1, 3);
  const loaded = decodeModel(model.toConfig(), await encodeModel(model), "model.safetensors");
  const errors = await Promise.all([model, loaded].map((one) => evaluate(one, dataset)));
  expect(errors[1].relativeError).toBe(errors[0].relativeError);
});
