import { type Grid, sizeOf, useBackend } from "@saeno/backend";
import { wasmBackend } from "@saeno/backend-wasm";
import { resample } from "@saeno/fft";
import { memory, tensor, tidy } from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { openDataset, shapes } from "../index.ts";

beforeAll(async () => {
  await useBackend(wasmBackend);
});

const resampled = (values: Float32Array, from: Grid, to: Grid) =>
  tidy(() => resample(tensor(values, [values.length / sizeOf(from), ...from, 1]), { grid: to }).dataSync<"float32">());

const furthest = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);

test("every shape has a name, zero mean and unit norm", () => {
  for (const grid of [
    [32, 32],
    [45, 64],
  ]) {
    const { values, shape, names = [] } = shapes({ grid, samples: 1 }).truth;
    expect(new Set(names).size).toBe(shape[0]);
    for (let k = 0; k < shape[0]; k++) {
      const atom = values.subarray((k * values.length) / shape[0], ((k + 1) * values.length) / shape[0]);
      expect(Math.hypot(...atom)).toBeCloseTo(1, 3);
      expect(atom.reduce((sum, value) => sum + value, 0) / Math.sqrt(sizeOf(grid))).toBeCloseTo(0, 2);
    }
  }
});

test("samples are the same functions on every grid that holds their band, and those without the rest below it", async () => {
  const before = memory().numTensors;
  const coarse = shapes({ grid: [24, 21], samples: 4, noise: 0.3, seed: 3 });
  const [values, fine] = [await coarse.read([0, 3]), await (await coarse.at?.([40, 64]))?.read([0, 3])];
  expect(furthest(resampled(values, [24, 21], [40, 64]), fine ?? [])).toBeLessThan(1e-4);
  const below = (await (await coarse.at?.([11, 14]))?.read([0, 3])) ?? [];
  // Nothing at the Nyquist frequency: both know the same band.
  expect(furthest(resampled(values, [24, 21], [11, 14]), below)).toBeLessThan(1e-4);
  expect(memory().numTensors).toBe(before);
});

test("samples depend on the seed and their index alone", async () => {
  const options = { grid: [21, 21], samples: 9, noise: 0.1, seed: 5 };
  const both = await shapes(options).read([2, 7]);
  expect(Array.from(both.subarray(0, 441))).toEqual(Array.from(await shapes(options).read([2])));
  expect(furthest(both, await shapes({ ...options, seed: 6 }).read([2, 7]))).toBeGreaterThan(0.1);
});

test("noise has the deviation that was asked for", async () => {
  const options = { grid: [21, 21], samples: 40 };
  const indices = Array.from({ length: 40 }, (_, i) => i);
  const [quiet, loud] = [await shapes(options).read(indices), await shapes({ ...options, noise: 2 }).read(indices)];
  const variance = loud.reduce((sum, value, i) => sum + (value - quiet[i]) ** 2, 0) / loud.length;
  expect(Math.sqrt(variance)).toBeCloseTo(2, 1);
});

test("a sample of one shape is that shape at a place, times an amplitude between 0.5 and 1.5", async () => {
  const dataset = shapes({ grid: [32, 32], samples: 20, perSample: 1 });
  for (let i = 0; i < 20; i++) {
    const values = await dataset.read([i]);
    const amplitude = Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / values.length);
    expect(Math.abs(amplitude - 1)).toBeLessThan(0.501);
  }
});

test("options that cannot be are refused by name, and data opens by its shorthand", async () => {
  expect(() => shapes({ grid: [32, 32], samples: 0 })).toThrow(/samples must be a whole number of at least 1; got 0/);
  expect(() => shapes({ grid: [32], samples: 1 })).toThrow(/on each of two axes; got \[32\]/);
  expect(() => shapes({ grid: [32, 32], samples: 1, noise: -1 })).toThrow(/noise must be .* at least 0; got -1/);
  const { train, test } = await openDataset({ kind: "shapes", grid: 24, perSample: 2, limit: 6, test: 2 });
  expect([train.size, test.size, train.grid, train.truth?.names?.[0]]).toEqual([6, 2, [24, 24], "ring"]);
});
