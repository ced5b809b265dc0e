import { toDense } from "@saeno/activations";
import { cpuBackend, useBackend } from "@saeno/backend";
import { wasmBackend } from "@saeno/backend-wasm";
import { type SharedModelOptions, type SparseAutoencoder, saeCnn, saeFno, saeMlp } from "@saeno/core";
import { arrayDataset, type Dataset, sparseFunctions, sparseVectors } from "@saeno/datasets";
import { mul, type Scalar, square, sub, sum, tensor, tidy } from "@tensorflow/tfjs-core";
import { beforeEach, describe, expect, test } from "vitest";
import {
  dataStatistics,
  decodeModel,
  encodeModel,
  l0,
  l1,
  sgd,
  type TrainingState,
  type TrainOptions,
  train,
} from "./index.ts";

const functions = sparseFunctions({
  ...{ grid: [8, 8], channels: 2, concepts: 4, kernel: 3, activeConcepts: 1, spikes: 2, samples: 32, seed: 1 },
});
const vectors = sparseVectors({ n: 24, concepts: 20, active: 3, samples: 256, seed: 1 });

type Made = (options?: Partial<SharedModelOptions>) => SparseAutoencoder;
const models: readonly { name: string; data: Dataset; make: Made; learningRate: number }[] = [
  {
    name: "SAE-FNO",
    data: functions,
    make: (options) => saeFno({ channels: 2, concepts: 8, active: 2, modes: [4, 4], ...options }),
    learningRate: 0.02,
  },
  {
    name: "SAE-CNN",
    data: functions,
    make: (options) => saeCnn({ channels: 2, concepts: 8, active: 2, kernel: [3, 3], ...options }),
    learningRate: 0.02,
  },
  {
    name: "SAE-MLP",
    data: vectors,
    make: (options) => saeMlp({ inputs: 24, concepts: 48, active: 4, ...options }),
    learningRate: 0.005,
  },
];

const everything = (dataset: Dataset) => dataset.read(Int32Array.from({ length: dataset.size }, (_, i) => i));

/** A dataset with other values. */
async function mapped(dataset: Dataset, value: (value: number, i: number) => number): Promise<Dataset> {
  const values = (await everything(dataset)).map(value);
  return arrayDataset({ name: "mapped", values, shape: [dataset.size, ...dataset.grid, dataset.channels] });
}

/** A dataset whose root mean square is `size`. */
async function ofSize(dataset: Dataset, size: number): Promise<Dataset> {
  const values = await everything(dataset);
  const now = Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / values.length);
  return mapped(dataset, (value) => (value * size) / now);
}

/** The relative error after a short training, and what was warned of. */
async function trained(options: Pick<TrainOptions, "model" | "dataset"> & Partial<TrainOptions>) {
  const warnings: string[] = [];
  const onWarning = (warning: string) => void warnings.push(warning);
  const records = await train({ steps: 25, batchSize: 16, learningRate: 0.01, onWarning, ...options });
  return { error: records.at(-1)?.relativeError ?? Number.NaN, records, warnings };
}

describe.each([cpuBackend, wasmBackend])("on $kind", (backend) => {
  beforeEach(() => useBackend(backend).then(() => undefined));

  describe.each(models)("$name", ({ data, make, learningRate }) => {
    test("learns data of any size that float32 can square as it learns that of the usual size", async () => {
      const errorOf = async (size: number) => {
        const model = make();
        const { error } = await trained({ model, dataset: await ofSize(data, size), learningRate });
        model.dispose();
        return error;
      };
      const usual = await errorOf(0.1);
      for (const size of [1e-3, 2e-4]) expect(Math.abs((await errorOf(size)) / usual - 1)).toBeLessThan(0.1);
      expect(Math.abs((await errorOf(1e6)) / (await errorOf(1e3)) - 1)).toBeLessThan(0.02);
    });

    test.each([1e30, 1e20, 1e-20, 1e-30])(
      "data of size %d is refused with what to do, and that does it",
      async (size) => {
        const dataset = await ofSize(data, size);
        const model = make();
        await expect(trained({ model, dataset })).rejects.toThrow(
          /of the first batch are of size .* normalization "scale"/,
        );
        model.dispose();
        const errorOf = async (one: Dataset) => {
          const normalized = make({ normalized: true });
          const { error } = await trained({ model: normalized, dataset: one, learningRate, normalization: "scale" });
          normalized.dispose();
          return error;
        };
        expect(Math.abs((await errorOf(dataset)) / (await errorOf(await ofSize(data, 1))) - 1)).toBeLessThan(0.02);
      },
    );

    test("denormal numbers, and those near the largest, are refused normalized or not", async () => {
      for (const [size, problem] of [
        [1e-42, /deviates by .*denormal numbers\): multiply the data by 1e30/],
        [3e34, /values up to .*: divide the data by 1e30/],
      ] as const) {
        const dataset = await ofSize(data, size);
        const [plain, normalized] = [make(), make({ normalized: true })];
        await expect(trained({ model: plain, dataset })).rejects.toThrow(/of the first batch are of size/);
        await expect(trained({ model: normalized, dataset })).rejects.toThrow(problem);
        plain.dispose();
        normalized.dispose();
      }
    });
  });

  test.each([0.7, 255, 1e6, 2 ** 40])("channels that are %d are named, and are zero normalized", async (constant) => {
    const rounding = Math.fround(constant * (1 + 2 ** -23));
    const dataset = await mapped(functions, (value, i) => (i % 2 === 0 ? value : i % 16 === 1 ? rounding : constant));
    for (const kind of ["channel", "scale"] as const) {
      const { mean, scale, constant: found } = await dataStatistics(dataset, kind);
      expect(found).toEqual([1]);
      const values = await everything(dataset);
      const largest = values.reduce((all, value, i) => (i % 2 ? Math.max(all, Math.abs(value - mean[1])) : all), 0);
      // With one scale for all, the rounding of a large constant stays what it is beside the others.
      if (kind === "channel") expect(largest / scale[1]).toBeLessThan(1e-6);
    }
    const model = saeFno({ channels: 2, concepts: 4, active: 2, modes: [4, 4], normalized: true });
    const { warnings, error } = await trained({ model, dataset, steps: 3 });
    expect(warnings).toEqual(["1 of 2 channels of the data never change (1): normalized, they are zero."]);
    expect(error).toBeLessThan(1);
    model.dispose();
  });

  test("the number of active concepts falls with its penalty, from that of top-k", async () => {
    const activeWith = async (weight: number) => {
      const model = saeMlp({ inputs: 24, concepts: 48, active: 4, activation: { kind: "jumprelu" } });
      const extensions = weight > 0 ? [l0(weight)] : [];
      const { warnings } = await trained({ model, dataset: vectors, steps: 120, learningRate: 0.005, extensions });
      expect(warnings).toEqual([]);
      const values = await everything(vectors);
      const codes = tidy(() => toDense(model.encode(tensor(values, [vectors.size, 24]))).dataSync());
      model.dispose();
      return Array.from(codes).filter((value) => value !== 0).length / vectors.size;
    };
    const [free, weak, strong] = [await activeWith(0), await activeWith(0.1), await activeWith(1)];
    expect(weak).toBeLessThan(0.8 * free);
    expect(strong).toBeLessThan(0.6 * weak);
  });
});

describe("what looks wrong is said", () => {
  beforeEach(() => useBackend(wasmBackend).then(() => undefined));
  const jump = (options: object) =>
    saeMlp({ inputs: 24, concepts: 48, active: 4, activation: { kind: "jumprelu", ...options } });

  test.each([10, 120])("a penalty on codes that come near no threshold, after %d steps or a hundred", async (steps) => {
    const model = jump({ threshold: 1e5, bandwidth: 1 });
    const { warnings } = await trained({ model, dataset: vectors, steps, extensions: [l0(0.1), l1(0.1)] });
    expect(warnings).toHaveLength(2);
    expect(warnings[0]).toMatch(
      /"l0" changes nothing: its gradient is zero\. Few pre-codes .* leave threshold and bandwidth out/,
    );
    expect(warnings[1]).toMatch(/"l1" changes nothing: its gradient is zero\. No code is active: lower the threshold/);
    model.dispose();
  });

  test("a penalty that reaches next to no threshold, as with those far smaller than pre-codes", async () => {
    const model = jump({ threshold: 0.01, bandwidth: 0.001 });
    const { warnings } = await trained({ model, dataset: vectors, steps: 100, extensions: [l0(0.1)] });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/"l0" changes next to nothing: its gradient reached \d\.\d % of what it should move/);
    model.dispose();
  });

  test("an error beyond all measure: where it has grown, training has diverged", async () => {
    const options = { dataset: vectors, steps: 6, optimizer: sgd(), learningRate: 2 };
    const model = saeMlp({ inputs: 24, concepts: 48, active: 4, activation: { kind: "relu" } });
    await expect(trained({ ...options, model })).rejects.toThrow(
      /(relative error is .* where it was|loss is|is not finite).*: training diverged\. Lower the learning rate \(now 2\)/s,
    );
    const same = saeMlp({ inputs: 24, concepts: 48, active: 4 });
    const loss: TrainOptions["loss"] = ({ input, output }) => mul(sum(square(sub(input, output))), 100) as Scalar;
    const { warnings } = await trained({ model: same, dataset: vectors, steps: 3, loss, learningRate: 1e-4 });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/The relative error is .* after the last step; that of no reconstruction at all is 1/);
    for (const each of [model, same]) each.dispose();
  });

  test("an outlier that float32 cannot square, with its size", async () => {
    const dataset = await mapped(vectors, (value, i) => (i === 5 ? 1e25 : value));
    const model = saeMlp({ inputs: 24, concepts: 48, active: 4 });
    await expect(trained({ model, dataset, batchSize: 8 })).rejects.toThrow(
      /of size .*e\+\d+; float32|the batch holds values up to 1\.00e\+25: is there an outlier/,
    );
    model.dispose();
  });
});

test("a training with measured thresholds continues as it would have gone on", async () => {
  await useBackend(cpuBackend);
  const make = () => saeMlp({ inputs: 24, concepts: 48, active: 4, activation: { kind: "jumprelu" } });
  const options = { dataset: await ofSize(vectors, 0.01), steps: 8, extensions: [l0(1e-5)] };
  const whole = make();
  const expected = (await trained({ ...options, model: whole })).records.map(({ loss }) => loss);
  const model = make();
  let saved: { state: TrainingState; bytes: Uint8Array } | undefined;
  await trained({
    ...options,
    model,
    async onStep({ step }, state) {
      if (step === 4) saved = { state: await state(), bytes: await encodeModel(model) };
    },
  });
  if (saved === undefined) throw new Error("Nothing was saved.");
  // Of the weights alone, as a model of the same description has them.
  const again = decodeModel(make().toConfig(), saved.bytes, "model.safetensors");
  const { records } = await trained({ ...options, model: again, from: saved.state });
  expect(records.map(({ loss }) => loss)).toEqual(expected.slice(4));
  expect(again.toConfig()).toEqual(whole.toConfig());
  for (const each of [whole, model, again]) each.dispose();
});
