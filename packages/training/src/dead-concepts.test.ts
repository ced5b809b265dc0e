import { disposeCodes } from "@saeno/activations";
import { cpuBackend, createRandom, useBackend } from "@saeno/backend";
import { auxiliaryLoss, type Parameter, type SparseAutoencoder, saeFno, saeMlp, trainable } from "@saeno/core";
import { type Dataset, sparseFunctions } from "@saeno/datasets";
import { add, memory, type Scalar, type Tensor, tensor, tensor1d, tidy, variableGrads } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { conceptUsage, recallBiases } from "./concept-usage.ts";
import { moveBias } from "./extensions/balance.ts";
import { resampleConcepts } from "./extensions/resample.ts";
import {
  adam,
  auxiliary,
  balance,
  deadConcepts,
  type Extension,
  extensionsFromConfig,
  l0,
  l1,
  prepareTraining,
  resample,
  type StepRecord,
  sgd,
  type TrainingStep,
  train,
  usualExtensions,
} from "./index.ts";
import { reconstructionLoss, trainStep } from "./train-step.ts";

beforeAll(async () => {
  await useBackend(cpuBackend);
});

const known = { grid: [8, 8], concepts: 4, kernel: 3, activeConcepts: 1, spikes: 2, seed: 1 };
const functions = (samples = 64): Dataset => sparseFunctions({ ...known, channels: 1, samples });

const fno = (activation?: Readonly<Record<string, unknown>>) =>
  saeFno({
    channels: 1,
    concepts: 8,
    active: 2,
    modes: [4, 4],
    domain: { density: 0.1 },
    ...(activation === undefined ? {} : { activation: { kind: "balanced", activation } }),
  });

const maps = { kind: "map-sparsity", active: 2, density: 0.1 };

async function batchOf(dataset: Dataset): Promise<Tensor> {
  const indices = Array.from({ length: dataset.size }, (_, i) => i);
  return tensor(await dataset.read(indices), [dataset.size, ...dataset.grid, dataset.channels]);
}

function variableOf(model: SparseAutoencoder, name: string) {
  return (model.parameters().find((parameter) => parameter.name === name) as Parameter).variable;
}

/** Makes the codes of concepts so small that they are never chosen. */
function silence(model: SparseAutoencoder, concepts: readonly number[], factor = 1e-3): void {
  const values = variableOf(model, "encoder.theta");
  const rowSize = values.size / values.shape[0];
  const scaled = Float32Array.from(values.dataSync());
  for (const k of concepts) for (let i = k * rowSize; i < (k + 1) * rowSize; i++) scaled[i] = factor * (scaled[i] ?? 0);
  tidy(() => values.assign(tensor(scaled, values.shape)));
}

describe("balance", () => {
  /** Loads of 12 concepts, 3 of which are chosen for each of 200 samples, when their log energies differ by as much as 5. */
  async function loadsAfter(steps: number, options: { rate: number; decay: number; floor: number }): Promise<number[]> {
    const [concepts, samples, active] = [12, 200, 3];
    const bias = tidy(() => trainable(tensor1d(new Float32Array(concepts))));
    const random = createRandom(4);
    let loads = new Float64Array(concepts);
    for (let step = 0; step <= steps; step++) {
      loads = new Float64Array(concepts);
      const shifts = bias.dataSync();
      for (let sample = 0; sample < samples; sample++) {
        const noise = random.normals(concepts);
        const energies = Array.from(noise, (value, k) => value - (5 * k) / concepts + shifts[k]);
        const order = energies.map((_, k) => k).sort((a, b) => energies[b] - energies[a]);
        for (const k of order.slice(0, active)) loads[k] = loads[k] + 1;
      }
      if (step < steps) await moveBias(bias, loads, options);
    }
    bias.dispose();
    return Array.from(loads);
  }

  test("with a floor of 1 all loads become equal", async () => {
    const spread = (loads: number[]) => Math.max(...loads) / Math.max(1, Math.min(...loads));
    expect(spread(await loadsAfter(0, { rate: 0.05, decay: 0, floor: 1 }))).toBeGreaterThan(20);
    expect(spread(await loadsAfter(200, { rate: 0.05, decay: 0, floor: 1 }))).toBeLessThan(1.7);
  });

  test("with a low floor only those below it are lifted, to about the floor", async () => {
    const before = await loadsAfter(0, { rate: 0.05, decay: 0, floor: 0.1 });
    const loads = await loadsAfter(200, { rate: 0.05, decay: 0, floor: 0.1 });
    const mean = 50;
    loads.forEach((load, k) => {
      expect(load).toBeGreaterThan(0);
      if (before[k] < 0.05 * mean) expect(load).toBeLessThan(0.4 * mean);
    });
    expect(loads[0]).toBeGreaterThan(2 * mean);
  });

  test("a bias stays a number whose exponential is one, however large the rate, and forgets by its decay", async () => {
    const bias = tidy(() => trainable(tensor1d([0, 0])));
    for (let step = 0; step < 3; step++)
      await moveBias(bias, Float64Array.of(9, 0), { rate: 1e30, decay: 0, floor: 1 });
    for (const value of bias.dataSync()) expect(Number.isFinite(Math.fround(Math.exp(value)))).toBe(true);
    await moveBias(bias, Float64Array.of(1, 1), { rate: 1, decay: 0.5, floor: 0.5 });
    expect(Array.from(bias.dataSync())).toEqual([-10, 10]);
    bias.dispose();

    const model = fno(maps);
    const options = { model, dataset: functions(), steps: 8, batchSize: 16, learningRate: 0.01 };
    const records = await train({ ...options, extensions: [balance({ rate: 1e30, decay: 0, floor: 1 })] });
    expect(records.every(({ loss }) => Number.isFinite(loss))).toBe(true);
    model.dispose();
  });

  test("training brings concepts into use that are never chosen without it", async () => {
    const inUse = async (extensions: readonly Extension[]) => {
      const model = fno(maps);
      const x = await batchOf(functions());
      prepareTraining(model, x);
      silence(model, [0, 1, 2, 3, 4], 0.1);
      const records = await train({
        model,
        dataset: functions(),
        steps: 120,
        batchSize: 16,
        learningRate: 0.003,
        extensions,
      });
      x.dispose();
      model.dispose();
      return (records.at(-1) as StepRecord).activeConcepts;
    };
    const without = await inUse([auxiliary()]);
    expect(without).toBeLessThan(6);
    expect(await inUse([auxiliary(), balance({ rate: 0.3 })])).toBeGreaterThan(without);
  });

  test("AuxK takes the parts of a batch in turn, one in each step that has it", async () => {
    const model = saeMlp({ inputs: 6, concepts: 8, active: 2 });
    const x = tensor(createRandom(3).normals(5 * 6), [5, 6]);
    const usage = conceptUsage(8, 10);
    usage.update(Float64Array.of(1, 1, 0, 0, 0, 1, 1, 1), 20);
    const marks = Float32Array.of(0, 0, 1, 1, 1, 0, 0, 0);
    const { penalties } = auxiliary({ parts: 2, every: 3 });
    tidy(() => {
      const pass = model.pass(x);
      const [first, second] = [0, 1].map((index) =>
        auxiliaryLoss(marks, { part: { index, of: 2 } })(pass, model).arraySync(),
      );
      expect(first).not.toBeCloseTo(second, 6);
      const found = Array.from({ length: 12 }, (_, i) =>
        penalties?.({ usage, step: i + 1 } as unknown as TrainingStep).map((loss) => loss(pass, model).arraySync() / 3),
      );
      const taken = found.flatMap((losses) => losses ?? []);
      expect(found.map((losses) => losses?.length)).toEqual([0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1]);
      [second, first, second, first].forEach((value, i) => void expect(taken[i]).toBeCloseTo(value, 6));
    });
    x.dispose();
    model.dispose();
  });

  test("rates, decays and floors out of range are refused", () => {
    for (const options of [
      { rate: -1 },
      { rate: Number.POSITIVE_INFINITY },
      { decay: 1 },
      { floor: 0 },
      { floor: 2 },
    ]) {
      expect(() => balance(options)).toThrow(/extension "balance", (rate|decay|floor): must be/);
    }
  });
});

describe("extensions", () => {
  test("what would do nothing is refused, with what to do", async () => {
    const options = { model: fno(), dataset: functions(), steps: 1, batchSize: 8, learningRate: 0.01 };
    const tryWith = (extensions: readonly Extension[]) => train({ ...options, extensions });
    await expect(tryWith([balance()])).rejects.toThrow(/"map-sparsity" has none: make the model with balanced/);
    await expect(tryWith([l0(0.1)])).rejects.toThrow(/learned thresholds, and the activation "map-sparsity" has none/);
    await expect(tryWith([l1(0.1), l1(0.2)])).rejects.toThrow(/two extensions "l1"/);
    expect(() => l1(0)).toThrow(/does nothing .*leave it out/);
    expect(() => auxiliary({ coefficient: 0 })).toThrow(/does nothing/);
    expect(() => resample({ every: 0 })).toThrow(/does nothing/);
    await expect(train({ ...options, normalization: "mean" })).rejects.toThrow(/does not normalize its inputs/);
  });

  test("of a configuration are those it names and the usual ones of the model, but for what is switched off", () => {
    const named = (configs: Parameters<typeof extensionsFromConfig>[0], model = fno()) =>
      extensionsFromConfig(configs, model).map(({ name }) => name);
    expect(usualExtensions(fno(maps)).map(({ name }) => name)).toEqual(["locality", "auxiliary", "balance"]);
    expect(named([])).toEqual(["locality", "auxiliary"]);
    expect(
      named([
        { kind: "l1", weight: 0.1 },
        { kind: "auxiliary", coefficient: 0 },
      ]),
    ).toEqual(["l1", "locality"]);
    expect(
      named([
        { kind: "resample", every: 5 },
        { kind: "locality", weight: 0 },
      ]),
    ).toEqual(["auxiliary", "resample"]);
    expect(() => named([{ kind: "resampel" }])).toThrow(/no extension "resampel". Did you mean "resample"/);
    expect(() => named([{ kind: "l1", weight: -1 }])).toThrow(
      /extension "l1", weight: must be a number of 0 or more; got -1/,
    );
  });

  test("are called before the first step, around every step, and asked for numbers", async () => {
    const calls: string[] = [];
    const spy: Extension = {
      name: "spy",
      prepare: ({ steps }) => void calls.push(`prepare ${steps}`),
      penalties: ({ step, usage }) => {
        calls.push(`penalties ${step} ${usage.idle.length}`);
        return [];
      },
      afterStep: ({ step, x }) => void calls.push(`after ${step} ${x.shape[0]}`),
      record: ({ step }) => ({ twice: 2 * step }),
    };
    const model = fno();
    const records = await train({
      model,
      dataset: functions(),
      steps: 2,
      batchSize: 8,
      learningRate: 0.01,
      extensions: [spy],
    });
    expect(calls).toEqual(["prepare 2", "penalties 1 8", "after 1 8", "penalties 2 8", "after 2 8"]);
    expect(records.map(({ twice }) => twice)).toEqual([2, 4]);
    model.dispose();
  });
});

describe("resampling", () => {
  test("revived atoms have unit norm, their encoder rows point the same way, others stay, nothing is left behind", async () => {
    const model = fno();
    const x = await batchOf(functions());
    prepareTraining(model, x);
    const [dictionary, encoder] = [model.dictionary.parameters[0].variable, variableOf(model, "encoder.theta")];
    const rowSize = dictionary.size / 8;
    const row = (values: ArrayLike<number>, k: number) => Array.from(values).slice(k * rowSize, (k + 1) * rowSize);
    const before = [dictionary.dataSync().slice(), encoder.dataSync().slice()] as const;
    const tensors = memory().numTensors;
    await resampleConcepts(
      { model, optimizer: sgd(), x },
      { concepts: [2, 5], encoderScale: 1, uniform: createRandom(1).uniform },
    );
    expect(memory().numTensors).toBe(tensors);
    const norms = tidy(() => model.dictionary.squaredNorms().dataSync());
    for (const norm of norms) expect(norm).toBeCloseTo(1, 4);
    const norm = (values: number[]) => Math.hypot(...values);
    const dot = (a: number[], b: number[]) => a.reduce((sum, value, i) => sum + value * b[i], 0);
    for (let k = 0; k < 8; k++) {
      const [atom, weights] = [row(dictionary.dataSync(), k), row(encoder.dataSync(), k)];
      if (k === 2 || k === 5) {
        expect(dot(atom, weights) / norm(weights)).toBeCloseTo(1, 4);
        expect(atom).not.toEqual(row(before[0], k));
      } else {
        expect([atom, weights]).toEqual([row(before[0], k), row(before[1], k)]);
      }
    }
    x.dispose();
    model.dispose();
  });

  test("without an encoder of its own only the atoms are replaced", async () => {
    const model = saeFno({ channels: 1, concepts: 8, active: 2, modes: [4, 4], domain: { density: 0.1 }, tied: true });
    const x = await batchOf(functions());
    const gain = Array.from(variableOf(model, "encoder.gain").dataSync());
    await resampleConcepts(
      { model, optimizer: sgd(), x },
      { concepts: [0], encoderScale: 1, uniform: createRandom(1).uniform },
    );
    expect(Array.from(variableOf(model, "encoder.gain").dataSync())).toEqual(gain);
    x.dispose();
    model.dispose();
  });

  test.each([
    { name: "adam", make: () => adam() },
    { name: "sgd", make: () => sgd({ momentum: 0.9 }) },
  ])("$name forgets the direction of replaced rows and takes no longer steps on them", ({ make }) => {
    const optimizer = make();
    const variable = tidy(() => trainable(tensor([0, 0, 0], [3, 1])));
    const parameters = [{ name: "p", variable, role: "matrix" as const, constraint: "none" as const, entrySize: 0.05 }];
    const step = (gradients: readonly number[]) => {
      const before = variable.dataSync().slice();
      const gradient = tensor([...gradients], [3, 1]);
      optimizer.step(parameters, [gradient], 0.01);
      gradient.dispose();
      return Array.from(variable.dataSync(), (value, i) => value - before[i]);
    };
    for (let i = 0; i < 300; i++) step([1, 1, 0]);
    const tensors = memory().numTensors;
    optimizer.forgetRows?.("p", [1, 2]);
    expect(memory().numTensors).toBe(tensors);
    const [kept, forgotten, idle] = step([0, 0, 0]) as [number, number, number];
    expect(kept).toBeLessThan(0);
    expect([Math.abs(forgotten), Math.abs(idle)]).toEqual([0, 0]);
    for (let i = 0; i < 20; i++) {
      const [usual, revived, first] = step([1, -1, -1]) as [number, number, number];
      expect(Math.abs(revived)).toBeLessThan(1.1 * Math.abs(usual) + 1e-4);
      expect(first).toBeCloseTo(revived, 5);
    }
    optimizer.dispose();
    variable.dispose();
  });

  test.each([
    ["whole atoms", {}],
    ["atoms of factors", { rank: 1 }],
    ["atoms of factors, tied", { rank: 2, tied: true }],
  ])("the optimizer forgets replaced concepts in all that holds a row of them: %s", async (_, options) => {
    const dataset = sparseFunctions({ ...known, channels: 3, samples: 16 });
    const model = saeFno({ channels: 3, concepts: 8, active: 4, modes: [4, 4], domain: { density: 0.1 }, ...options });
    const x = await batchOf(dataset);
    const parameters = prepareTraining(model, x);
    const optimizer = adam();
    const { loss, codes } = trainStep({ model, parameters, x, optimizer, learningRate: 0.01 });
    loss.dispose();
    disposeCodes(codes);
    const rows = model.parameters().filter(({ variable }) => variable.rank > 1 && variable.shape[0] === 8);
    const made = model.dictionary.parameters.map(({ name }) => `dictionary.${name}`);
    expect(rows.map(({ name }) => name)).toEqual(expect.arrayContaining(made));
    const remembered = async () => {
      const { tensors } = await optimizer.state();
      return rows.map(({ name }) => {
        const values = Array.from(tensors[`${name}.first`]?.values ?? []);
        const size = values.length / 8;
        return Array.from({ length: 8 }, (_, k) => Math.hypot(...values.slice(k * size, (k + 1) * size)));
      });
    };
    const before = await remembered();
    const used = [...(before[0] ?? []).keys()].filter((k) => before.every((lengths) => (lengths[k] ?? 0) > 0));
    const concepts = used.slice(0, 2);
    await resampleConcepts({ model, optimizer, x }, { concepts, encoderScale: 1, uniform: createRandom(1).uniform });
    const after = await remembered();
    expect(concepts).toHaveLength(2);
    expect(after).toEqual(before.map((lengths) => lengths.map((length, k) => (concepts.includes(k) ? 0 : length))));
    x.dispose();
    optimizer.dispose();
    model.dispose();
  });

  test("training with it stays finite, for functions and for vectors", async () => {
    const vectors: Dataset = { ...functions(), grid: [], channels: 64 };
    for (const [model, dataset] of [
      [fno(), functions()],
      [saeMlp({ inputs: 64, concepts: 16, active: 2 }), vectors],
    ] as const) {
      const records = await train({
        model,
        dataset,
        steps: 30,
        batchSize: 8,
        learningRate: 0.01,
        extensions: [deadConcepts({ after: 16 }), resample({ every: 5 })],
      });
      expect((records.at(-1) as StepRecord).relativeError).toBeLessThan(1);
      model.dispose();
    }
  });
});

test("a dead concept has a gradient with AuxK, and none without", async () => {
  const model = fno();
  const x = await batchOf(functions());
  prepareTraining(model, x);
  silence(model, [3]);
  const encoder = variableOf(model, "encoder.theta");
  const gradientOf = (dead: boolean) =>
    tidy(() => {
      const marked = Float32Array.of(0, 0, 0, 1, 0, 0, 0, 0);
      const { grads } = variableGrads(() => {
        const pass = model.pass(x, { training: true });
        const loss = reconstructionLoss(pass, model);
        return dead ? (add(loss, auxiliaryLoss(marked)(pass, model)) as Scalar) : loss;
      }, [encoder]);
      const values = grads[encoder.name].dataSync();
      const rowSize = values.length / 8;
      return Math.hypot(...values.slice(3 * rowSize, 4 * rowSize));
    });
  expect(gradientOf(false)).toBe(0);
  expect(gradientOf(true)).toBeGreaterThan(0);
  x.dispose();
  model.dispose();
});

describe("dead concepts", () => {
  test("are those not active in the last so many samples, until they are again", () => {
    const usage = conceptUsage(3, 20);
    usage.update(Float64Array.of(1, 0, 0), 10);
    expect(usage.dead()).toEqual([]);
    usage.update(Float64Array.of(0, 3, 0), 10);
    expect(usage.dead()).toEqual([2]);
    usage.revive([2]);
    usage.update(Float64Array.of(0, 0, 0), 10);
    expect(usage.dead()).toEqual([0]);
  });

  test("are counted across epochs", async () => {
    const model = fno();
    const x = await batchOf(functions(16));
    prepareTraining(model, x);
    silence(model, [0, 1]);
    // Two steps an epoch; the fifth step sees the 40th sample.
    const records = await train({
      model,
      dataset: functions(16),
      steps: 6,
      batchSize: 8,
      learningRate: 1e-5,
      extensions: [deadConcepts({ after: 40 })],
    });
    expect(records.slice(0, 4).map(({ deadConcepts: count }) => count)).toEqual([0, 0, 0, 0]);
    expect(records[4]?.deadConcepts).toBeGreaterThanOrEqual(2);
    x.dispose();
    model.dispose();
  });
});

test("biases of concepts out of use return to the mean of the others, which stay", async () => {
  const model = fno();
  const bias = variableOf(model, "encoder.bias");
  tidy(() => bias.assign(tensor1d([-1, -3, -10, -20, -2, -2, -2, -2])));
  await recallBiases(model, [2, 3, 2], 0.5);
  expect(Array.from(bias.dataSync())).toEqual([-1, -3, -6, -11, -2, -2, -2, -2]);
  for (let step = 0; step < 40; step++) await recallBiases(model, [2, 3], 0.5);
  for (const k of [2, 3]) expect(bias.dataSync()[k]).toBeCloseTo(-2, 5);
  model.dispose();
});

test("a bias that holds a whole map below zero is lifted by balance and by AuxK, and stays without them", async () => {
  const last = async (extensions: readonly Extension[]) => {
    const model = fno(maps);
    const bias = variableOf(model, "encoder.bias");
    tidy(() => bias.assign(tensor1d([-1e3, 0, 0, 0, 0, 0, 0, 0])));
    const settings = { model, dataset: functions(), steps: 60, batchSize: 16, learningRate: 0.003 };
    await train({ ...settings, extensions: [deadConcepts({ after: 16 }), ...extensions] });
    const value = bias.dataSync()[0];
    model.dispose();
    return value;
  };
  expect(await last([])).toBe(-1e3);
  expect(await last([balance()])).toBeGreaterThan(-100);
  expect(await last([auxiliary()])).toBeGreaterThan(-100);
});
