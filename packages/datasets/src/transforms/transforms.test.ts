import { cpuBackend, createRandom, useBackend } from "@saeno/backend";
import { beforeAll, describe, expect, test } from "vitest";
import {
  arrayDataset,
  checkFinite,
  concatenate,
  type Dataset,
  flatten,
  remembered,
  resampleDataset,
  split,
  subset,
} from "../index.ts";

beforeAll(async () => {
  await useBackend(cpuBackend);
});

/** Samples whose only value is their index. */
function numbered(size: number): Dataset {
  return arrayDataset({ name: "numbered", values: Float32Array.from({ length: size }, (_, i) => i), shape: [size, 1] });
}

const read = async (dataset: Dataset) =>
  Array.from(await dataset.read(Int32Array.from({ length: dataset.size }, (_, i) => i)));

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

describe("remembered", () => {
  const asked: number[] = [];
  const source: Dataset = {
    ...numbered(6),
    read: async (indices) => {
      asked.push(...Array.from(indices));
      return Float32Array.from(indices);
    },
  };

  test("a sample is computed once, and the same as by the dataset itself", async () => {
    asked.length = 0;
    const dataset = remembered(source);
    expect(Array.from(await dataset.read([4, 1, 4]))).toEqual([4, 1, 4]);
    const mine = await dataset.read([1, 2]);
    expect(Array.from(mine)).toEqual([1, 2]);
    mine.fill(0);
    expect(await read(dataset)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(asked).toEqual([4, 1, 2, 0, 3, 5]);
  });

  test("those that do not fit are computed again", async () => {
    asked.length = 0;
    const dataset = remembered(source, (2 * 4) / 2 ** 20);
    expect(await read(dataset)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(await read(dataset)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(asked).toEqual([0, 1, 2, 3, 4, 5, 2, 3, 4, 5]);
  });
});
