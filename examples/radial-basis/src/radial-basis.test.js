import { createRandom, useBackend } from "@saeno/backend";
import { wasmBackend } from "@saeno/backend-wasm";
import { modelFromConfig } from "@saeno/core";
import { testDictionary } from "@saeno/core/testing";
import { arrayDataset } from "@saeno/datasets";
import { evaluate } from "@saeno/metrics";
import { decodeModel, encodeModel, train } from "@saeno/training";
import { tensor, tidy } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { radialBasisDictionary } from "./plugin.js";

beforeAll(() => useBackend(wasmBackend));

const random = () => createRandom(1);

describe.each([
  ["on a line", 1, [40]],
  ["on a plane", 2, [24, 30]],
])("%s", (_, axes, grid) => {
  const options = { channels: 2, concepts: 5, axes, width: 0.08 };
  testDictionary({ test, grid, make: () => radialBasisDictionary(options, random()), assignTolerance: 0.02 });
});

/** Samples of a few bumps, on any grid. */
function bumps(grid, samples = 64) {
  const truth = radialBasisDictionary({ channels: 1, concepts: 6, axes: 2, width: 0.07 }, createRandom(5));
  const choice = createRandom(6);
  const codes = Float32Array.from({ length: samples * 6 }, () => (choice.uniform() < 0.3 ? 1 + choice.uniform() : 0));
  const values = tidy(() => truth.synthesize({ kind: "dense", values: tensor(codes, [samples, 6]) }, grid).dataSync());
  truth.dispose();
  return arrayDataset({ name: "bumps", values, shape: [samples, ...grid, 1] });
}

test("trained by its name, saved and loaded, it explains data on other grids as well", async () => {
  const dataset = bumps([20, 20]);
  const config = {
    dictionary: { kind: "radial-basis", concepts: 16 },
    encoder: { kind: "shallow", tied: true },
    activation: { kind: "topk", k: 4 },
  };
  const model = modelFromConfig(config, random(), { channels: 1, grid: [20, 20] });
  expect(model.toConfig().dictionary).toEqual({
    kind: "radial-basis",
    concepts: 16,
    width: 0.08,
    channels: 1,
    axes: 2,
  });
  const records = await train({ model, dataset, steps: 150, batchSize: 32, learningRate: 0.005 });
  expect(records.at(-1).relativeError).toBeLessThan(0.3 * records[0].relativeError);
  for (const norm of model.dictionary.squaredNorms().dataSync()) expect(norm).toBeCloseTo(1, 3);
  const loaded = decodeModel(model.toConfig(), await encodeModel(model), "model.safetensors");
  const [here, again, finer] = [
    await evaluate(model, dataset),
    await evaluate(loaded, dataset),
    await evaluate(model, bumps([45, 50])),
  ];
  expect(again.relativeError).toBe(here.relativeError);
  expect(Math.abs(finer.relativeError - here.relativeError)).toBeLessThan(0.05);
});

test("a grid of other axes is refused", () => {
  const model = modelFromConfig({ dictionary: { kind: "radial-basis" } }, random(), { channels: 1, grid: [8, 8] });
  expect(() => model.forward(tensor(new Float32Array(64), [1, 64, 1]))).toThrow(
    /2 axes need a grid with as many; got 1/,
  );
});
