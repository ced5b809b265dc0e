import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { topK } from "@saeno/activations";
import { createRandom, useBackend } from "@saeno/backend";
import { wasmBackend } from "@saeno/backend-wasm";
import { convDictionary, fourierDictionary, modelFromConfig, SparseAutoencoder, shallowEncoder } from "@saeno/core";
import { testActivation, testDictionary, testEncoder } from "@saeno/core/testing";
import { arrayDataset } from "@saeno/datasets";
import { evaluate } from "@saeno/metrics";
import { decodeModel, encodeModel, train } from "@saeno/training";
import { memory, tensor, tidy } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { correctingEncoder, nonnegativeDictionary, winnerPerPoint } from "./plugin.js";

beforeAll(() => useBackend(wasmBackend));

const random = () => createRandom(1);
const images = arrayDataset({
  name: "bumps",
  values: Float32Array.from({ length: 96 * 64 }, (_, i) => Math.exp(-((((i * 7) % 64) - ((i >> 6) % 40)) ** 2) / 20)),
  shape: [96, 8, 8, 1],
});
const vectors = arrayDataset({
  name: "bumps",
  values: await images.read(Int32Array.from({ length: 96 }, (_, i) => i)),
  shape: [96, 64],
});
const settings = { steps: 40, batchSize: 24, learningRate: 0.02 };

test("an activation of one's own: one concept at each point, in a model on a grid, trained", async () => {
  const dictionary = fourierDictionary({ channels: 1, concepts: 6, modes: [4, 4] }, random());
  const model = new SparseAutoencoder({
    dictionary,
    encoder: shallowEncoder(dictionary),
    activation: winnerPerPoint(),
  });
  const records = await train({ model, dataset: images, ...settings });
  expect(records.at(-1).loss).toBeLessThan(records[0].loss);
  const first = await images.read([0]);
  const codes = tidy(() => model.encode(tensor(first, [1, 8, 8, 1])).values.arraySync());
  for (const point of codes.flat(2)) expect(point.filter((value) => value > 0).length).toBeLessThanOrEqual(1);
});

test("a dictionary of one's own stays nonnegative and of unit norm", async () => {
  const dictionary = nonnegativeDictionary({ inputs: 64, concepts: 12 }, random());
  const model = new SparseAutoencoder({ dictionary, encoder: shallowEncoder(dictionary), activation: topK({ k: 3 }) });
  const records = await train({ model, dataset: vectors, ...settings });
  expect(records.at(-1).loss).toBeLessThan(records[0].loss);
  dictionary.normalize();
  const atoms = dictionary.atoms().dataSync();
  expect(Math.min(...atoms)).toBeGreaterThanOrEqual(0);
  for (const norm of dictionary.squaredNorms().dataSync()) expect(norm).toBeCloseTo(1, 4);
});

test("an encoder of one's own works with any dictionary, and leaks nothing", async () => {
  const dictionary = convDictionary({ channels: 1, concepts: 6, kernel: [3, 3] }, random());
  const model = new SparseAutoencoder({
    dictionary,
    encoder: correctingEncoder(dictionary, { corrections: 2 }),
    activation: winnerPerPoint(),
  });
  const x = tensor(await images.read([1, 2]), [2, 8, 8, 1]);
  const before = memory().numTensors;
  const { codes, reconstruction } = model.forward(x);
  codes.values.dispose();
  reconstruction.dispose();
  expect(memory().numTensors).toBe(before);
});

describe("the suites of @saeno/core/testing", () => {
  describe("activation", () => testActivation({ test, make: winnerPerPoint }));
  describe("dictionary", () => {
    testDictionary({ test, grid: [], make: () => nonnegativeDictionary({ inputs: 9, concepts: 5 }, random()) });
  });
  describe("encoder", () => testEncoder({ test, make: (each) => correctingEncoder(each, { corrections: 2 }) }));
});

test("all three by their names in a config, saved and loaded with the same errors", async () => {
  const config = {
    dictionary: { kind: "nonnegative", inputs: 64, concepts: 12 },
    encoder: { kind: "correcting", corrections: 1 },
    activation: { kind: "winner-per-point" },
  };
  const model = modelFromConfig(config, random());
  expect(model.toConfig()).toEqual(config);
  await train({ model, dataset: vectors, ...settings });
  const loaded = decodeModel(model.toConfig(), await encodeModel(model), "model.safetensors");
  const errors = await Promise.all([model, loaded].map((one) => evaluate(one, vectors)));
  expect(errors[1].relativeError).toBe(errors[0].relativeError);
});

test("the guide shows these files as they are", async () => {
  const read = (path) => readFile(new URL(path, import.meta.url), "utf8");
  const guide = await read("../../../docs/your-own-variant.md");
  for (const file of ["winner-per-point", "nonnegative-dictionary", "correcting-encoder", "plugin"]) {
    expect(guide).toContain(await read(`./${file}.js`));
  }
});

test("from the command line, as a plugin", async () => {
  const folder = await mkdtemp(join(tmpdir(), "saeno-plugin-"));
  const main = new URL("../node_modules/saeno/dist/main.js", import.meta.url).pathname;
  const plugin = new URL("./plugin.js", import.meta.url).pathname;
  const run = (...args) =>
    new Promise((resolve) => {
      execFile(process.execPath, [main, ...args], { cwd: folder }, (error, stdout, stderr) =>
        resolve({ status: error?.code ?? 0, stdout, stderr }),
      );
    });
  const what = [
    "--data",
    "sparse-functions",
    "--limit",
    "64",
    "--test",
    "8",
    "--batch",
    "16",
    "--steps",
    "3",
    "--concepts",
    "6",
  ];
  const names = ["--activation", "winner-per-point", "--encoder", "correcting"];
  const trained = await run("train", "--plugin", plugin, ...what, ...names, "--active", "2", "--out", "run");
  expect(trained.stderr).not.toMatch(/saeno:/);
  expect(trained.status).toBe(0);
  expect(JSON.parse(await readFile(join(folder, "run/config.json"), "utf8")).modelConfig.encoder.kind).toBe(
    "correcting",
  );
  // A run folder holds names, no code: whoever opens it names the plugin.
  const without = await run("eval", "run");
  expect(without.stderr).toMatch(/no encoder "correcting".*--plugin/);
  expect(without.status).toBe(2);
  expect((await run("eval", "run", "--plugin", plugin)).status).toBe(0);
  await rm(folder, { recursive: true });
});
