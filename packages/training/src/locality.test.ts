import { type BackendPlugin, cpuBackend, useBackend } from "@saeno/backend";
import { wasmBackend } from "@saeno/backend-wasm";
import { meanSquaredError, type SparseAutoencoder, saeCnn, saeFno, saeMlp } from "@saeno/core";
import { arrayDataset, type Dataset, sparseFunctions, sparseVectors } from "@saeno/datasets";
import {
  memory,
  reshape,
  sqrt,
  square,
  sum,
  type Tensor,
  tensor,
  tidy,
  variableGrads,
  zeros,
} from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { conceptUsage } from "./concept-usage.ts";
import {
  type Extension,
  extensionsFromConfig,
  locality,
  sgd,
  type TrainingStep,
  train,
  usualExtensions,
} from "./index.ts";

beforeAll(() => useBackend(wasmBackend).then(() => undefined));

const dataset = sparseFunctions({
  ...{ grid: [10, 10], channels: 1, concepts: 3, kernel: 3, activeConcepts: 1, spikes: 2, samples: 32, seed: 1 },
});
const fno = () => saeFno({ channels: 1, concepts: 6, active: 2, modes: [4, 4], seed: 2 });
const settings = { steps: 30, batchSize: 16, learningRate: 0.02, onWarning: () => undefined };

/** The energies of a model's atoms. */
const spreadOf = ({ dictionary }: SparseAutoencoder) => [
  ...tidy(() => dictionary.locality?.(dataset.grid).dataSync() ?? []),
];

async function samples(factor = 1): Promise<Float32Array> {
  const values = await dataset.read(Int32Array.from({ length: dataset.size }, (_, i) => i));
  return values.map((value) => factor * value);
}

describe("the extension locality", () => {
  /** A step of a training with eight samples a batch, after batches in which concepts were active in so many of them. */
  function stepOf(model: SparseAutoencoder, x: Tensor, batches: readonly number[][]) {
    const usage = conceptUsage(model.dictionary.conceptCount, 100);
    const training = {
      ...settings,
      model,
      dataset,
      optimizer: sgd(),
      batchSize: 8,
      seed: 0,
      usage,
      warn: () => undefined,
    };
    const step: TrainingStep = { ...training, step: batches.length + 1, x, factor: 1 };
    return { step, usage };
  }

  /** An extension after such batches. */
  function after(model: SparseAutoencoder, weight: number, x: Tensor, ...batches: readonly number[][]) {
    const extension = locality(weight);
    const { step, usage } = stepOf(model, x, batches);
    extension.prepare?.(step);
    for (const loads of batches) {
      usage.update(Float64Array.from(loads), 8);
      extension.afterStep?.(step);
    }
    return { extension, step };
  }

  /** The term that it adds to the loss of a batch, and the norms of its gradient for the atoms, `[K]`. */
  function termOf(model: SparseAutoencoder, weight: number, x: Tensor, ...batches: readonly number[][]) {
    const { extension, step } = after(model, weight, x, ...batches);
    const atoms = model.dictionary.parameters[0].variable;
    return tidy(() => {
      const [penalty] = extension.penalties?.(step) ?? [];
      if (penalty === undefined) return undefined;
      const { value, grads } = variableGrads(() => penalty(model.pass(x), model), [atoms]);
      const norms = sqrt(sum(reshape(square(grads[atoms.name]), [model.dictionary.conceptCount, -1]), 1));
      return { value: value.dataSync()[0], norms: [...norms.dataSync()] };
    });
  }

  test("adds weight mean((x - x_hat)^2) sum_k u_k E_k, u_k the use of a concept beside the mean one; unused ones are left alone", async () => {
    const model = fno();
    const x = tensor(await samples(), [32, 10, 10, 1]);
    const error = tidy(() => {
      const { input, output } = model.pass(x);
      return meanSquaredError(input, output).dataSync()[0];
    });
    expect(termOf(model, 0.01, x)).toBeUndefined();
    const term = termOf(model, 0.01, x, [8, 4, 0, 0, 6, 0], [8, 2, 0, 0, 8, 0]);
    const shares = [1, 0.375, 0, 0, 0.875, 0];
    const expected = spreadOf(model).reduce((total, energy, k) => total + (energy * shares[k]) / (2.25 / 6), 0);
    expect(term?.value).toBeCloseTo(0.01 * error * expected, 5);
    term?.norms.forEach((norm, k) => {
      if (shares[k] === 0) expect(norm).toBe(0);
      else expect(norm).toBeGreaterThan(0);
    });
    x.dispose();
    model.dispose();
  });

  test("use is a mean over all steps at first, later over the last fifty", async () => {
    const model = fno();
    const often = Array.from({ length: 100 }, () => [8, 0, 0, 0, 0, 0]);
    const then = (count: number) => Array.from({ length: count }, () => [0, 8, 0, 0, 0, 0]);
    const x = zeros([1, 10, 10, 1]);
    const sharesAfter = async (...batches: number[][]) =>
      (await after(model, 1, x, ...batches).extension.state?.())?.values.use;
    expect(await sharesAfter(...often.slice(0, 3), ...then(1))).toEqual([0.75, 0.25, 0, 0, 0, 0].map(near));
    expect(await sharesAfter(...often, ...then(50))).toEqual([0.98 ** 50, 1 - 0.98 ** 50, 0, 0, 0, 0].map(near));
    x.dispose();
    model.dispose();
  });

  test.each([
    ["SAE-FNO", fno],
    ["SAE-CNN", () => saeCnn({ channels: 1, concepts: 6, active: 2, kernel: [7, 7], seed: 2 })],
    [
      "lifted SAE-FNO",
      () => saeFno({ channels: 1, concepts: 6, active: 2, modes: [4, 4], seed: 2, lifting: { lifted: 2 } }),
    ],
  ])("%s: concepts in use end closer to their origin, and nothing is left behind", async (_, make) => {
    const before = memory().numTensors;
    const spread = async (extensions: Extension[]) => {
      const model = make();
      await train({ ...settings, model, dataset, extensions });
      const energies = spreadOf(model);
      model.dispose();
      return energies.reduce((total, energy) => total + energy, 0);
    };
    expect(await spread([locality(0.3)])).toBeLessThan(0.8 * (await spread([])));
    expect(memory().numTensors).toBe(before);
  });

  test.each([cpuBackend, wasmBackend])(
    "its weight means the same for data of every scale, on $kind",
    async (backend) => {
      await useBackend(backend as BackendPlugin);
      const trained = async (factor: number) => {
        const model = fno();
        const data: Dataset = arrayDataset({ name: "scaled", values: await samples(factor), shape: [32, 10, 10, 1] });
        const records = await train({ ...settings, steps: 10, model, dataset: data, extensions: [locality(0.1)] });
        const found = [records.at(-1)?.relativeError ?? Number.NaN, ...spreadOf(model)];
        model.dispose();
        return found;
      };
      const usual = await trained(1);
      for (const factor of [2 ** -8, 2 ** 8]) {
        (await trained(factor)).forEach((value, i) => {
          expect(Math.abs(value / usual[i] - 1)).toBeLessThan(0.01);
        });
      }
      await useBackend(wasmBackend);
    },
  );

  test("is refused where atoms have no origin, and where it would do nothing; usual where concepts compete", async () => {
    const dense = saeMlp({ inputs: 12, concepts: 20, active: 2 });
    const vectors = sparseVectors({ n: 12, concepts: 6, active: 2, samples: 20, seed: 1 });
    const run = { ...settings, batchSize: 8, model: dense, dataset: vectors, extensions: [locality(0.1)] };
    await expect(train(run)).rejects.toThrow(/"dense" have none: leave it out/);
    expect(() => locality(0)).toThrow(/does nothing/);
    expect(() => locality(-1)).toThrow(/extension "locality", weight: must be a number of 0 or more/);
    const model = fno();
    const names = (extensions: readonly Extension[]) => extensions.map(({ name }) => name);
    const alone = saeFno({ channels: 1, concepts: 6, active: 2, modes: [4, 4], activation: { kind: "relu" } });
    expect(names(usualExtensions(model))).toContain("locality");
    for (const other of [dense, alone]) expect(names(usualExtensions(other))).not.toContain("locality");
    expect(names(extensionsFromConfig([{ kind: "locality", weight: 0 }], model))).not.toContain("locality");
    expect(names(extensionsFromConfig([{ kind: "locality", weight: 0.01 }], alone))).toContain("locality");
    const another = { loop: 1 };
    expect(() => locality(1).restore?.({ tensors: {}, values: another })).toThrow(/no use of 0 concepts/);
    for (const each of [dense, model, alone]) each.dispose();
  });
});

function near(value: number): unknown {
  return expect.closeTo(value, 9);
}
