import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { createRandom, useBackend } from "@saeno/backend";
import { wasmBackend } from "@saeno/backend-wasm";
import { fourierDictionary, SparseAutoencoder, shallowEncoder } from "@saeno/core";
import { testActivation } from "@saeno/core/testing";
import { shapes } from "@saeno/datasets";
import { train } from "@saeno/training";
import { winnerPerPoint } from "./winner-per-point.js";

before(() => useBackend(wasmBackend));

describe("the winner at each point, as every activation,", () => testActivation({ test, make: winnerPerPoint }));

test("a model with it learns", async () => {
  const dictionary = fourierDictionary({ channels: 1, concepts: 16, modes: [8, 8] }, createRandom(0));
  const model = new SparseAutoencoder({
    dictionary,
    encoder: shallowEncoder(dictionary),
    activation: winnerPerPoint(),
  });
  const dataset = shapes({ grid: [16, 16], samples: 200, seed: 0 });
  const history = await train({ model, dataset, steps: 50, batchSize: 20, learningRate: 0.02 });
  assert.ok(history.at(-1).loss < 0.7 * history[0].loss);
  model.dispose();
});
