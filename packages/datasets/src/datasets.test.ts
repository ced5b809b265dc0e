import { cpuBackend, createRandom, useBackend } from "@saeno/backend";
import { beforeAll, describe, expect, test } from "vitest";
import {
  arrayDataset,
  type Batch,
  type BatchOptions,
  batches,
  checkFinite,
  concatenate,
  type Dataset,
  flatten,
  resampleDataset,
  sparseFunctions,
  sparseVectors,
  split,
  subset,
} from "./index.ts";

beforeAll(async () => {
  await useBackend(cpuBackend);
});

/** Samples whose only value is their index. */
function numbered(size: number): Dataset {
  return arrayDataset({ name: "numbered", values: Float32Array.from({ length: size }, (_, i) => i), shape: [size, 1] });
}

const read = async (dataset: Dataset) =>
  Array.from(await dataset.read(Int32Array.from({ length: dataset.size }, (_, i) => i)));

async function all(dataset: Dataset, options: BatchOptions): Promise<Batch[]> {
  const found: Batch[] = [];
  for await (const batch of batches(dataset, options)) found.push(batch);
  return found;
}

describe("batches", () => {
  test("every sample comes once an epoch, in another order each epoch", async () => {
    const values = (await all(numbered(10), { batchSize: 4, shuffle: true, epochs: 2, seed: 3 })).map((batch) =>
      Array.from(batch.values),
    );
    const [first, second] = [values.slice(0, 3).flat(), values.slice(3).flat()];
    expect([...first].sort((a, b) => a - b)).toEqual(await read(numbered(10)));
    expect([...second].sort((a, b) => a - b)).toEqual(await read(numbered(10)));
    expect(first).not.toEqual(second);
  });

  test("the same seed gives the same batches, another seed others, and any batch can be the first", async () => {
    const take = async (options: { seed: number; start?: number }) =>
      (await all(numbered(10), { batchSize: 3, shuffle: true, epochs: 3, ...options })).map((batch) =>
        Array.from(batch.indices),
      );
    expect(await take({ seed: 1 })).toEqual(await take({ seed: 1 }));
    expect(await take({ seed: 1 })).not.toEqual(await take({ seed: 2 }));
    expect(await take({ seed: 1, start: 5 })).toEqual((await take({ seed: 1 })).slice(5));
  });

  test("small last batches come, or are left out on demand", async () => {
    const sizes = async (dropLast: boolean) =>
      (await all(numbered(7), { batchSize: 3, dropLast })).map((batch) => batch.shape[0]);
    expect(await sizes(false)).toEqual([3, 3, 1]);
    expect(await sizes(true)).toEqual([3, 3]);
    await expect(all(numbered(2), { batchSize: 3, dropLast: true })).rejects.toThrow(
      /1 to 2 samples of "numbered"; got 3/,
    );
  });
});

describe("parts of datasets", () => {
  test("split holds out the last samples, or random ones by seed, and loses none", async () => {
    const { train, test: held } = split(numbered(10), { test: 3 });
    expect(await read(train)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(await read(held)).toEqual([7, 8, 9]);
    const random = split(numbered(10), { test: 3, seed: 1 });
    expect([...(await read(random.train)), ...(await read(random.test))].sort((a, b) => a - b)).toEqual(
      await read(numbered(10)),
    );
    expect(() => split(numbered(3), { test: 3 })).toThrow(/1 to 2 can be held out; got 3/);
  });

  test("subsets and concatenations read what they name", async () => {
    expect(await read(subset(numbered(9), [4, 1]))).toEqual([4, 1]);
    expect(() => subset(numbered(3), [3])).toThrow(/0 .. 2; 3 was asked for/);
    const both = concatenate(subset(numbered(9), { start: 0, end: 2 }), subset(numbered(9), { start: 6, end: 9 }));
    expect(await read(both)).toEqual([0, 1, 6, 7, 8]);
    expect(Array.from(await both.read([4, 0, 2]))).toEqual([8, 0, 6]);
  });

  test("flattened functions are vectors of the same values", async () => {
    const dataset = arrayDataset({ name: "x", values: createRandom(1).normals(24), shape: [2, 3, 2, 2] });
    const vectors = flatten(dataset);
    expect([vectors.grid, vectors.channels]).toEqual([[], 12]);
    expect(await read(vectors)).toEqual(await read(dataset));
  });

  test("values that do not fit the shape, NaN and infinity are refused with their place", () => {
    expect(() => arrayDataset({ name: "x", values: new Float32Array(5), shape: [2, 3] })).toThrow(
      /5 values do not fit the shape \[2, 3\]/,
    );
    expect(() => checkFinite("data.npy", [0, 1, 2, Number.NaN], 2)).toThrow(
      /data.npy: sample 1 holds NaN at its entry 1/,
    );
  });
});

test("resampled samples are the same cosine on a finer grid", async () => {
  const wave = (points: number) =>
    Float32Array.from({ length: points }, (_, n) => Math.cos((4 * Math.PI * n) / points) + 0.5);
  const fine = resampleDataset(arrayDataset({ name: "wave", values: wave(7), shape: [1, 7, 1] }), [12]);
  expect(fine.grid).toEqual([12]);
  const expected = wave(12);
  for (const [i, value] of (await read(fine)).entries()) expect(value).toBeCloseTo(expected[i], 5);
});

describe("generative models with a known dictionary", () => {
  const options = {
    grid: [8, 6],
    channels: 2,
    concepts: 4,
    kernel: 3,
    activeConcepts: 1,
    spikes: 2,
    samples: 20,
    seed: 5,
  };

  test("samples depend on the seed and their index alone", async () => {
    const dataset = sparseFunctions(options);
    expect(Array.from(await dataset.read([3, 7]))).toEqual([
      ...(await sparseFunctions(options).read([3])),
      ...(await dataset.read([7])),
    ]);
    expect(Array.from(await dataset.read([3]))).not.toEqual(
      Array.from(await sparseFunctions({ ...options, seed: 6 }).read([3])),
    );
  });

  test("a function of one spike is one kernel of unit norm times its amplitude", async () => {
    const dataset = sparseFunctions({ ...options, spikes: 1, amplitudeStd: 0 });
    const length = 18;
    for (let k = 0; k < 4; k++) {
      expect(Math.hypot(...dataset.truth.values.subarray(k * length, (k + 1) * length))).toBeCloseTo(1, 5);
    }
    for (let i = 0; i < 5; i++) expect(Math.hypot(...(await dataset.read([i])))).toBeCloseTo(15, 3);
  });

  test("vectors are sums of as many atoms as are active", async () => {
    const dataset = sparseVectors({ n: 40, concepts: 6, active: 1, samples: 10, amplitudeStd: 0 });
    const rows = Array.from({ length: 6 }, (_, k) => dataset.truth.values.subarray(k * 40, (k + 1) * 40));
    for (let i = 0; i < 10; i++) {
      const x = await dataset.read([i]);
      const products = rows.map((row) => row.reduce((sum, value, j) => sum + value * x[j], 0));
      expect(Math.max(...products)).toBeCloseTo(15, 3);
    }
  });

  test("options that cannot be are refused by name", () => {
    expect(() => sparseFunctions({ ...options, kernel: 4 })).toThrow(/kernel is odd/);
    expect(() => sparseFunctions({ ...options, activeConcepts: 5 })).toThrow(/activeConcepts/);
    expect(() => sparseVectors({ n: 4, concepts: 2, active: 3, samples: 1 })).toThrow(
      /active is a whole number of at least 1 and at most the concepts; got 3/,
    );
  });
});
