import { disposeCodes } from "@saeno/activations";
import { createRandom, type Grid, register, SaenoError, sizeOf, useBackend } from "@saeno/backend";
import { wasmBackend } from "@saeno/backend-wasm";
import { saeCnn, saeFno, saeMlp } from "@saeno/core";
import { type Dataset, resampleDataset } from "@saeno/datasets";
import { memory, type Tensor, tensor } from "@tensorflow/tfjs-core";
import { number, optional, strictObject } from "valibot";
import { beforeAll, describe, expect, it } from "vitest";
import {
  atomStatistics,
  codeStatistics,
  defineMetric,
  type EvaluatedModel,
  errorMetrics,
  errors,
  evaluate,
  interpolatedError,
  lowPassFloor,
  metricComponents,
  metricFromConfig,
  pairwiseCosines,
  resolutionSweep,
  statisticsOf,
} from "./index.ts";
import { testMetric } from "./testing.ts";

beforeAll(async () => {
  await useBackend(wasmBackend);
});

function noiseDataset(size: number, grid: Grid, channels: number): Dataset {
  const entries = sizeOf(grid) * channels;
  const values = createRandom(7).normals(size * entries);
  return {
    name: "noise",
    size,
    grid,
    channels,
    read: async (indices) =>
      Float32Array.from({ length: indices.length * entries }, (_, i) => {
        const sample = indices[Math.floor(i / entries)];
        return values[sample * entries + (i % entries)];
      }),
  };
}

/** Samples `cos(2 pi (u - phase_s))` on a grid of one axis. */
function waves(size: number, points: number): Dataset {
  const wave = (sample: number, n: number) => Math.cos(2 * Math.PI * (n / points - sample / 10));
  return {
    name: "waves",
    size,
    grid: [points],
    channels: 1,
    read: async (indices) =>
      Float32Array.from({ length: indices.length * points }, (_, i) =>
        wave(indices[Math.floor(i / points)], i % points),
      ),
  };
}

const fno = () => saeFno({ channels: 2, concepts: 12, active: 3, modes: [3, 3], domain: { density: 0.2 } });

describe("evaluate", () => {
  it("gives what one batch of everything gives, however it is cut", async () => {
    const model = fno();
    const dataset = noiseDataset(10, [6, 7], 2);
    const values = await dataset.read([...Array(10).keys()]);
    const x = tensor(values, [10, 6, 7, 2]);
    const { codes, reconstruction } = model.forward(x);
    const errors = errorMetrics(x, reconstruction);
    const statistics = await codeStatistics(codes);
    disposeCodes(codes);
    for (const batchSize of [1, 3, 64]) {
      const found = await evaluate(model, dataset, { batchSize });
      expect(found).toMatchObject({ samples: 10, grid: [6, 7], l0: statistics.l0, dead: statistics.dead });
      expect(found.mse).toBeCloseTo(errors.mse, 6);
      expect(found.relativeError).toBeCloseTo(errors.relativeError, 6);
      expect(found.r2).toBeCloseTo(errors.r2, 6);
      expect(found.density).toBeCloseTo(statistics.density, 6);
      expect(found.utilization).toEqual(statistics.utilization);
      expect(found.budget).toBeCloseTo(statistics.codeEntries / (6 * 7 * 2), 10);
    }
    model.dispose();
  });

  it("evaluates vectors as it does functions", async () => {
    const model = saeMlp({ inputs: 9, concepts: 20, active: 4 });
    const found = await evaluate(model, noiseDataset(25, [], 9), { batchSize: 10 });
    expect(found).toMatchObject({ samples: 25, grid: [], density: 1 });
    expect(found.utilization.length).toBe(20);
    expect(found.budget).toBeCloseTo(found.l0 / 9, 10);
    expect(found.l0).toBeCloseTo(
      found.utilization.reduce((sum, value) => sum + value, 0),
      10,
    );
    model.dispose();
  });

  it("tells its progress, and lets timers run between batches", async () => {
    const model = saeMlp({ inputs: 3, concepts: 4, active: 2 });
    const progress: [number, number][] = [];
    let ticks = 0;
    const timer = setInterval(() => ticks++, 0);
    await evaluate(model, noiseDataset(5, [], 3), {
      batchSize: 2,
      onProgress: (done, total) => {
        progress.push([done, total]);
        const until = performance.now() + 5;
        while (performance.now() < until);
      },
    });
    clearInterval(timer);
    expect(progress).toEqual([
      [2, 5],
      [4, 5],
      [5, 5],
    ]);
    expect(ticks).toBeGreaterThan(0);
    model.dispose();
  });

  it("takes fewer samples at a time where maps are large", async () => {
    const model = saeFno({ channels: 1, concepts: 2048, active: 1, modes: [2, 2], domain: { count: 1 } });
    const sizes: number[] = [];
    const counted: EvaluatedModel = {
      dictionary: model.dictionary,
      forward(x) {
        sizes.push(x.shape[0]);
        return model.forward(x);
      },
    };
    await evaluate(counted, noiseDataset(5, [64, 64], 1));
    expect(sizes).toEqual([2, 2, 1]);
    model.dispose();
  });

  it("leaves no tensor behind, also when the model refuses the data", async () => {
    const model = fno();
    const before = memory().numTensors;
    await evaluate(model, noiseDataset(4, [5, 5], 2), { batchSize: 3 });
    await expect(evaluate(model, noiseDataset(4, [20], 2))).rejects.toThrow(/one number per axis of the grid/);
    await expect(evaluate(model, noiseDataset(4, [5, 5], 1))).rejects.toThrow(SaenoError);
    expect(memory().numTensors).toBe(before);
    model.dispose();
  });

  it("refuses an empty dataset and a batch of none", async () => {
    const model = fno();
    await expect(evaluate(model, noiseDataset(0, [5, 5], 2))).rejects.toThrow(/"noise" has no samples/);
    await expect(evaluate(model, noiseDataset(1, [5, 5], 2), { batchSize: 0 })).rejects.toThrow(/got 0/);
    model.dispose();
  });
});

describe("metrics", () => {
  it.each(metricComponents.map(({ kind }) => kind))("%s passes the suite", async (kind) => {
    await testMetric({ metric: () => metricFromConfig({ kind }) });
  });

  it("of a stranger are asked for by kind, their results stand beside those of others", async () => {
    register(
      defineMetric({
        kind: "largest-error",
        summary: "the largest error of any entry",
        schema: strictObject({ power: optional(number(), 1) }),
        create: ({ power }) => ({
          name: "largest error",
          start() {
            let largest = 0;
            return {
              async add({ values, reconstructed }) {
                const found = await reconstructed();
                values.forEach((value, i) => {
                  largest = Math.max(largest, Math.abs(value - found[i]));
                });
              },
              result: () => ({ largestError: largest ** power }),
            };
          },
        }),
      }),
    );
    const model = fno();
    const metrics = [errors(), metricFromConfig({ kind: "largest-error", power: 2 })];
    const found = await evaluate(model, noiseDataset(4, [6, 7], 2), { metrics });
    expect(Object.keys(found)).toEqual(["grid", "samples", "mse", "relativeError", "r2", "largestError"]);
    await testMetric({ metric: () => metricFromConfig({ kind: "largest-error" }) });
    expect(() => metricFromConfig({ kind: "largest-errors" })).toThrow(/no metric "largest-errors". Did you mean/);
    model.dispose();
  });

  it("that keep tensors, depend on how the set is cut or give what JSON cannot hold do not pass the suite", async () => {
    let kept: Tensor | undefined;
    const metric =
      (result: (batches: number) => object, leak = false) =>
      () => ({
        name: "bad",
        start() {
          let batches = 0;
          return {
            add({ x }: { x: Tensor }) {
              batches++;
              if (leak) kept = x.clone();
            },
            result: () => result(batches),
          };
        },
      });
    await expect(testMetric({ metric: metric((batches) => ({ batches })) })).rejects.toThrow(/batches.*batches of 1/);
    await expect(testMetric({ metric: metric(() => ({ of: new Map() })) })).rejects.toThrow(/"of" .*JSON/);
    await expect(testMetric({ metric: metric(() => ({}), true) })).rejects.toThrow(/left on the device/);
    kept?.dispose();
  });

  it("of one name, and a floor where there is none, are told", async () => {
    const [limited, mlp] = [fno(), saeMlp({ inputs: 3, concepts: 4, active: 2 })];
    const twice = { metrics: [errors(), errors()] };
    await expect(evaluate(limited, noiseDataset(4, [6, 7], 2), twice)).rejects.toThrow(/two metrics "errors"/);
    const { lowPassError } = await evaluate(limited, noiseDataset(4, [6, 7], 2), { metrics: [lowPassFloor()] });
    expect(lowPassError).toBeGreaterThan(0.5);
    expect(await evaluate(mlp, noiseDataset(4, [], 3), { metrics: [lowPassFloor()] })).toEqual({
      grid: [],
      samples: 4,
    });
    limited.dispose();
    mlp.dispose();
  });
});

describe("interpolatedError", () => {
  it("is the error on the own grid where the truth is interpolated too, however the set is cut", async () => {
    const model = saeCnn({ channels: 2, concepts: 6, active: 2, kernel: [3, 3], domain: { density: 0.2 } });
    // Odd grids hold all their frequencies, so that interpolation keeps inner products.
    const own = noiseDataset(7, [9, 5], 2);
    const before = memory().numTensors;
    const { relativeError } = await evaluate(model, own);
    for (const batchSize of [1, 3, 64]) {
      const metrics = [interpolatedError(resampleDataset(own, [27, 15]))] as const;
      expect((await evaluate(model, own, { metrics, batchSize })).interpolatedError).toBeCloseTo(relativeError, 5);
    }
    expect(memory().numTensors).toBe(before);
    model.dispose();
  });

  it("counts what the truth has beyond the grid of the data in full", async () => {
    const model = saeCnn({ channels: 1, concepts: 4, active: 2, kernel: [3], domain: { density: 0.5 } });
    const own = waves(4, 9);
    const read = async (indices: ArrayLike<number>) =>
      (await waves(4, 27).read(indices)).map((value, i) => value + Math.cos((2 * Math.PI * 8 * (i % 27)) / 27));
    const { relativeError } = await evaluate(model, own);
    const found = await evaluate(model, own, { metrics: [interpolatedError({ ...waves(4, 27), read })] });
    expect(found.interpolatedError).toBeCloseTo(Math.sqrt((relativeError ** 2 + 1) / 2), 5);
    model.dispose();
  });
});

describe("resolutionSweep", () => {
  it("measures each grid against the truth on it, as evaluate does", async () => {
    const model = saeFno({ channels: 1, concepts: 6, active: 2, modes: [3], domain: { density: 0.5 } });
    const grids = [[8], [16], [32]];
    const progress: string[] = [];
    const before = memory().numTensors;
    const found = await resolutionSweep(model, ([points]) => waves(4, points), grids, {
      onProgress: (done, total) => progress.push(`${done}/${total}`),
    });
    expect(memory().numTensors).toBe(before);
    expect(found.map(({ grid }) => grid)).toEqual(grids);
    expect(progress).toEqual(["4/12", "8/12", "12/12"]);
    const { mse, relativeError } = await evaluate(model, waves(4, 16));
    expect(found[1]).toEqual({ grid: [16], mse, relativeError });
    model.dispose();
  });

  it("refuses no grids, and a truth on another grid or of another size", async () => {
    const model = saeFno({ channels: 1, concepts: 2, active: 1, modes: [2] });
    await expect(resolutionSweep(model, () => waves(2, 8), [])).rejects.toThrow(/at least one grid/);
    await expect(resolutionSweep(model, () => waves(2, 8), [[9]])).rejects.toThrow(/got 2 on \[8\]/);
    const shrinking = ([points]: Grid) => waves(points === 8 ? 2 : 1, points);
    await expect(resolutionSweep(model, shrinking, [[8], [9]])).rejects.toThrow(/2 samples on that grid; got 1/);
    model.dispose();
  });
});

describe("atomStatistics", () => {
  it("finds an untrained spectral dictionary at the score of noise", async () => {
    const model = saeFno({ channels: 1, concepts: 32, active: 1, modes: [8, 8], start: "global" });
    const { hoyer, hoyerBaseline, cosines, shiftCosines, coherence } = await atomStatistics(model, { grid: [15, 15] });
    const mean = hoyer.reduce((sum, score) => sum + score, 0) / hoyer.length;
    expect(mean).toBeCloseTo(hoyerBaseline, 2);
    expect(cosines.length).toBe((32 * 31) / 2);
    expect(shiftCosines?.length).toBe(cosines.length);
    expect(coherence).toBe(Math.max(...cosines.map(Math.abs)));
    model.dispose();
  });

  it("has the cosines of the atoms themselves, on every grid that holds them", async () => {
    const model = saeFno({ channels: 2, concepts: 5, active: 1, modes: [3, 2] });
    const natural = await atomStatistics(model, { shifts: false });
    const fine = await atomStatistics(model, { grid: [12, 9], shifts: false });
    const atoms = model.dictionary.atoms();
    expect(natural.cosines).toEqual(pairwiseCosines(atoms));
    natural.cosines.forEach((cosine, i) => {
      expect(fine.cosines[i]).toBeCloseTo(cosine, 5);
    });
    expect(natural.shiftCosines).toBeUndefined();
    atoms.dispose();
    model.dispose();
  });

  it("is that of some concepts where they are named: their scores, and the cosines between them", async () => {
    const model = saeFno({ channels: 1, concepts: 5, active: 1, modes: [3, 3] });
    const all = await atomStatistics(model);
    const some = statisticsOf(all, [1, 2, 4]);
    // Pairs 01 02 03 04 12 13 14 23 24 34.
    expect(some.cosines).toEqual([4, 6, 8].map((pair) => all.cosines[pair]));
    expect(some.shiftCosines).toEqual([4, 6, 8].map((pair) => all.shiftCosines?.[pair]));
    expect(some.hoyer).toEqual([1, 2, 4].map((k) => all.hoyer[k]));
    expect(some.coherence).toBe(Math.max(...some.cosines.map(Math.abs)));
    expect(statisticsOf(all, [])).toMatchObject({ hoyer: [], cosines: [], coherence: 0 });
    model.dispose();
  });

  it("shifts kernels without wrapping them around their own edge", async () => {
    const model = saeCnn({ channels: 1, concepts: 2, active: 1, kernel: [3] });
    model.dictionary.parameters[0].variable.assign(tensor([1, 1, 0, 1, 0, 1], [2, 3, 1]));
    const { shiftCosines } = await atomStatistics(model);
    expect(shiftCosines?.[0]).toBeCloseTo(0.5, 6);
    model.dispose();
  });

  it("has no shifts for vectors, refuses a grid for them, and leaves no tensor behind", async () => {
    const mlp = saeMlp({ inputs: 6, concepts: 4, active: 1 });
    const function2d = fno();
    const before = memory().numTensors;
    expect((await atomStatistics(mlp)).shiftCosines).toBeUndefined();
    await expect(atomStatistics(mlp, { grid: [3] })).rejects.toThrow(/no grid/);
    await atomStatistics(function2d);
    await expect(atomStatistics(function2d, { grid: [4] })).rejects.toThrow(/one number per axis of the grid/);
    expect(memory().numTensors).toBe(before);
    mlp.dispose();
    function2d.dispose();
  });
});
