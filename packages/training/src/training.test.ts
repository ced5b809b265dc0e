import { disposeCodes } from "@saeno/activations";
import { cpuBackend, createRandom, useBackend } from "@saeno/backend";
import { type Parameter, saeCnn, saeFno, saeMlp, trainable } from "@saeno/core";
import { arrayDataset, type Dataset, memoryBytes, sparseFunctions, sparseVectors } from "@saeno/datasets";
import { fill, memory, ones, tensor, tidy } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import {
  adam,
  constant,
  cosine,
  decodeModel,
  encodeModel,
  linear,
  modelPieces,
  type Optimizer,
  prepareTraining,
  readModel,
  type Schedule,
  type StepRecord,
  sgd,
  train,
  trainStep,
} from "./index.ts";

beforeAll(async () => {
  await useBackend(cpuBackend);
});

const functions = (): Dataset =>
  sparseFunctions({
    grid: [8, 8],
    channels: 1,
    concepts: 4,
    kernel: 3,
    activeConcepts: 1,
    spikes: 2,
    samples: 64,
    seed: 1,
  });

const fno = (seed = 0) =>
  saeFno({ channels: 1, concepts: 8, active: 2, modes: [4, 4], domain: { density: 0.1 }, seed });

describe("optimizers", () => {
  /** A parameter moved by given gradients. */
  function moved(optimizer: Optimizer, gradients: readonly number[], learningRate: number, entrySize = 0.05): number {
    const parameter: Parameter = { name: "p", variable: trainable(tensor([1])), role: "matrix" };
    for (const gradient of gradients)
      optimizer.step([{ ...parameter, entrySize, constraint: "none" }], [tensor([gradient])], learningRate);
    const value = parameter.variable.dataSync()[0];
    parameter.variable.dispose();
    optimizer.dispose();
    return value;
  }

  test("sgd subtracts the gradient, with momentum a running sum of gradients", () => {
    expect(moved(sgd(), [2, -1], 0.1)).toBeCloseTo(1 - 0.2 + 0.1, 6);
    expect(moved(sgd({ momentum: 0.5 }), [2, -1], 0.1)).toBeCloseTo(1 - 0.2 - 0.1 * (1 - 1), 6);
  });

  test("adam follows its formula, in steps relative to the size of the entries", () => {
    let [p, m, v] = [1, 0, 0];
    const gradients = [0.3, -0.2, 0.5];
    gradients.forEach((g, i) => {
      m = 0.9 * m + 0.1 * g;
      v = 0.999 * v + 0.001 * g * g;
      const [first, second] = [m / (1 - 0.9 ** (i + 1)), v / (1 - 0.999 ** (i + 1))];
      p -= (0.01 * first) / (Math.sqrt(second) + 1e-8);
    });
    expect(moved(adam(), gradients, 0.01)).toBeCloseTo(p, 5);
    expect(1 - moved(adam(), [1], 0.01, 0.5)).toBeCloseTo(10 * (1 - moved(adam(), [1], 0.01)), 5);
  });
});

test("schedules start at the full rate, end near zero, and warm up in a straight line", async () => {
  const at = (schedule: Schedule, step: number) => schedule(100)(step);
  expect([at(constant(), 0), at(constant(), 99)]).toEqual([1, 1]);
  expect([at(linear(), 0), at(linear(), 49)]).toEqual([1, 1]);
  expect(at(linear(), 75)).toBeCloseTo(0.5, 2);
  expect(at(linear(), 99)).toBeLessThan(0.03);
  expect(at(cosine(), 50)).toBeCloseTo(0.5, 2);
  expect(at(constant({ warmup: 10 }), 4)).toBeCloseTo(0.5, 6);
  expect(() => constant({ warmup: 6 })(5)).toThrow(/5 steps; got 6/);
});

describe("training", () => {
  const models = [
    { name: "SAE-FNO", make: () => fno(), dataset: functions },
    {
      name: "SAE-CNN",
      make: () => saeCnn({ channels: 1, concepts: 8, active: 2, kernel: [3, 3], domain: { density: 0.1 } }),
      dataset: functions,
    },
    {
      name: "SAE-MLP",
      make: () => saeMlp({ inputs: 12, concepts: 16, active: 3 }),
      dataset: () => sparseVectors({ n: 12, concepts: 6, active: 2, samples: 64, seed: 1 }),
    },
  ];

  test.each(models)(
    "$name: the error falls, atoms stay at unit norm, nothing is left on the device",
    async ({ make, dataset }) => {
      const before = memory().numTensors;
      const model = make();
      const records = await train({ model, dataset: dataset(), steps: 40, batchSize: 16, learningRate: 0.02 });
      const mean = (some: StepRecord[]) =>
        some.reduce((sum, { relativeError }) => sum + relativeError, 0) / some.length;
      expect(mean(records.slice(-5))).toBeLessThan(0.8 * mean(records.slice(0, 3)));
      const norms = model.dictionary.squaredNorms();
      for (const norm of norms.dataSync()) expect(norm).toBeCloseTo(1, 4);
      norms.dispose();
      model.dispose();
      expect(memory().numTensors).toBe(before);
    },
  );

  test("the same seed gives the same numbers, another seed others", async () => {
    const losses = async (seed: number) =>
      (await train({ model: fno(), dataset: functions(), steps: 3, batchSize: 8, learningRate: 0.01, seed })).map(
        ({ loss }) => loss,
      );
    expect(await losses(1)).toEqual(await losses(1));
    expect(await losses(1)).not.toEqual(await losses(2));
  });

  test("steps taken one at a time on one batch are those of the loop, and leave only what they return", async () => {
    const dataset = functions();
    const settings = { steps: 3, batchSize: dataset.size, learningRate: 0.01, schedule: constant() };
    const expected = (await train({ model: fno(), dataset, ...settings, extensions: [] })).map(({ loss }) => loss);
    const [model, optimizer] = [fno(), adam()];
    const x = tensor(await dataset.read(Array.from({ length: dataset.size }, (_, i) => i)), [
      dataset.size,
      ...dataset.grid,
      dataset.channels,
    ]);
    const parameters = prepareTraining(model, x);
    const losses: number[] = [];
    let tensors = 0;
    for (let step = 0; step < settings.steps; step++) {
      const { loss, codes } = trainStep({ model, parameters, x, optimizer, learningRate: settings.learningRate });
      losses.push((await loss.data())[0]);
      loss.dispose();
      disposeCodes(codes);
      if (step === 0) tensors = memory().numTensors;
    }
    expect(memory().numTensors).toBe(tensors);
    losses.forEach((loss, step) => {
      expect(loss).toBeCloseTo(expected[step], 5);
    });
  });

  test("the decoder's bias starts at the mean, at zero, or is held there", async () => {
    const dataset = sparseVectors({ n: 12, concepts: 6, active: 2, samples: 64, seed: 1 });
    const sizeOfBias = async (decoderBias: "mean" | "zero" | "none", steps: number) => {
      const model = saeMlp({ inputs: 12, concepts: 16, active: 3 });
      if (decoderBias === "none") tidy(() => model.setDecoderBias(ones([12])));
      const learningRate = steps > 1 ? 0.05 : 1e-9;
      await train({ model, dataset, steps, batchSize: 16, learningRate, decoderBias, optimizer: sgd() });
      const bias = model.parameters().find(({ name }) => name === "decoder.bias");
      const size = Math.hypot(...(bias?.variable.dataSync() ?? []));
      model.dispose();
      return size;
    };
    expect(await sizeOfBias("mean", 1)).toBeGreaterThan(0.1);
    expect(await sizeOfBias("zero", 1)).toBeLessThan(1e-6);
    expect(await sizeOfBias("zero", 5)).toBeGreaterThan(1e-6);
    expect(await sizeOfBias("none", 5)).toBe(0);
  });

  test("it ends after the step under way when told to", async () => {
    const controller = new AbortController();
    const onStep = ({ step }: StepRecord) => {
      if (step === 2) controller.abort();
    };
    const records = await train({
      model: fno(),
      dataset: functions(),
      steps: 10,
      batchSize: 8,
      learningRate: 0.01,
      onStep,
      signal: controller.signal,
    });
    expect(records).toHaveLength(2);
  });

  test("a loss that is not finite, more samples a batch than there are, and a model for other data end it with advice", async () => {
    const options = { model: fno(), steps: 2, batchSize: 8, learningRate: 0.01 };
    const huge = arrayDataset({
      name: "huge",
      values: createRandom(1)
        .normals(8 * 64)
        .map((v) => v * 3e30),
      shape: [8, 8, 8, 1],
    });
    await expect(train({ ...options, dataset: huge })).rejects.toThrow(
      /of size 3.*e\+30; float32 cannot train .* the normalization "scale"/,
    );
    const broken: Optimizer = {
      name: "broken",
      step: ([{ variable }]) => tidy(() => variable.assign(fill(variable.shape, Number.NaN))),
      state: () => ({ tensors: {}, values: {} }),
      restore() {},
      dispose() {},
    };
    await expect(
      train({ ...options, model: fno(), dataset: functions(), steps: 1, optimizer: broken }),
    ).rejects.toThrow(
      /"dictionary.theta" is not finite after step 1: training diverged. Lower the learning rate \(now 0.01\)/,
    );
    await expect(train({ ...options, dataset: functions(), batchSize: 65 })).rejects.toThrow(
      /64 samples, fewer than a batch of 65/,
    );
    const vectors = sparseVectors({ n: 12, concepts: 6, active: 2, samples: 64 });
    await expect(train({ ...options, dataset: vectors })).rejects.toThrow(/Modes must have/);
  });
});

describe("model files", () => {
  test("a model read back gives the same reconstructions", async () => {
    const model = fno(3);
    const again = decodeModel(model.toConfig(), await encodeModel(model), "model.safetensors");
    const x = tensor(createRandom(2).normals(128), [2, 8, 8, 1]);
    const values = (m: typeof model): number[] => Array.from(m.forward(x).reconstruction.dataSync());
    expect(values(again)).toEqual(values(model));
  });

  test("a file of another model is refused by the first thing that differs, and leaves nothing on the device", async () => {
    const bytes = await encodeModel(fno());
    const other = saeFno({ channels: 1, concepts: 8, active: 2, modes: [4, 3] });
    const mlp = saeMlp({ inputs: 4, concepts: 8, active: 2 });
    const before = memory().numTensors;
    expect(() => decodeModel(other.toConfig(), bytes, "model.safetensors")).toThrow(
      /"dictionary.theta" has the shape \[8, 2, 1, 7, 4\]; config.json asks for \[8, 2, 1, 7, 3\]/,
    );
    expect(() => decodeModel(mlp.toConfig(), bytes, "model.safetensors")).toThrow(
      /lacks the tensor "dictionary.atoms" that the model of its config.json needs/,
    );
    expect(memory().numTensors).toBe(before);
  });

  test("a number in a config that does not fit the file is refused before anything is made", async () => {
    const model = fno(3);
    const bytes = await encodeModel(model);
    const config = model.toConfig();
    const started = performance.now();
    for (const change of [{ concepts: 2e12 }, { channels: 1e12 }, { modes: [1e6, 1e6] }])
      expect(() => decodeModel({ ...config, dictionary: { ...config.dictionary, ...change } }, bytes, "it")).toThrow(
        /"dictionary.theta" has the shape \[8, 2, 1, 7, 4\]; config.json asks for/,
      );
    const lifting = { lifted: 1, channels: 1e12 };
    expect(() => decodeModel({ ...config, lifting }, bytes, "it")).toThrow(/lacks the tensor "lifting.lift"/);
    expect(performance.now() - started).toBeLessThan(1000);
  });

  test("a file is written and read in pieces", async () => {
    const model = fno(3);
    const bytes = await encodeModel(model);
    const pieces: number[] = [];
    for await (const piece of modelPieces(model)) pieces.push(...piece);
    expect(new Uint8Array(pieces)).toEqual(bytes);
    const again = await readModel(model.toConfig(), memoryBytes(bytes, "it"));
    expect(await encodeModel(again)).toEqual(bytes);
    await expect(readModel(model.toConfig(), memoryBytes(bytes.subarray(0, -4), "it"))).rejects.toThrow(/^it is not a/);
  });
});
