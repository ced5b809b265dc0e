import { cpuBackend, createRandom, useBackend } from "@saeno/backend";
import { beforeAll, describe, expect, test } from "vitest";
import { batches } from "../batches.ts";
import { memoryBytes } from "../bytes/byte-source.ts";
import { pageFiles } from "../bytes/page-files.ts";
import { encodeNpy } from "../formats/npy.ts";
import { testDataset } from "../testing/test-dataset.ts";
import { subset } from "../transforms/subset.ts";
import { arrayComponents } from "./array-components.ts";
import { functionsOf } from "./array-functions.ts";
import { type ArraySource, contiguousArray } from "./array-source.ts";

/** An array of 0, 1, 2, .. in the order of its axes; `read` counts. */
function counting(shape: readonly number[], chunks?: readonly number[]) {
  const size = shape.reduce((a, b) => a * b, 1);
  const bytes = new Uint8Array(Float32Array.from({ length: size }, (_, i) => i).buffer);
  const array = contiguousArray({ name: "x", shape, type: "float32", bytes: memoryBytes(bytes, "x"), offset: 0 });
  let reads = 0;
  const source: ArraySource = {
    ...array,
    ...(chunks === undefined ? {} : { chunks }),
    read(from, to) {
      reads++;
      return array.read(from, to);
    },
    close: async () => {},
  };
  return { source, reads: () => reads };
}

/** Above what the memory holds, so that samples are read as they are needed. */
const little = { memory: 1 };

test("axes in any order give the same functions", async () => {
  const { source } = counting([3, 2, 5, 6]);
  const first = await functionsOf(source, { layout: "channels-first" });
  expect([first.size, first.grid, first.channels]).toEqual([3, [5, 6], 2]);
  // Sample 1, at (2, 3): channel 0 and channel 1.
  const values = await first.read([1]);
  expect(Array.from(values.subarray(2 * (2 * 6 + 3), 2 * (2 * 6 + 3) + 2))).toEqual([60 + 15, 60 + 30 + 15]);
  const other = await functionsOf(counting([5, 6, 2, 3]).source, { axes: "y,x,channel,sample" });
  expect(Array.from((await other.read([2])).subarray(0, 4))).toEqual([2, 5, 8, 11]);
  const merged = await functionsOf(counting([2, 3, 5, 6]).source, { axes: "sample,sample,y,x" });
  expect([merged.size, (await merged.read([4]))[0]]).toEqual([6, 120]);
  const fixed = await functionsOf(counting([2, 3, 5, 6]).source, { axes: "sample,t=1,y,x" });
  expect([fixed.size, (await fixed.read([1]))[0]]).toEqual([2, 120]);
});

beforeAll(async () => {
  await useBackend(cpuBackend);
});

describe("what does not fit in memory", () => {
  const large = [600, 32, 32] as const;

  test("is the same as what does", async () => {
    for (const [shape, chunks, axes] of [
      [large, undefined, "sample,y,x"],
      [large, [7, 32, 32], "sample,y,x"],
      [large, [100, 16, 8], "sample,y,x"],
      [[32, 32, 600], undefined, "y,x,sample"],
      [[20, 30, 32, 32], [3, 7, 32, 32], "sample,sample,y,x"],
      [[20, 32, 32, 30], [3, 32, 32, 7], "sample,y,x,sample"],
    ] as const) {
      const all = await functionsOf(counting(shape).source, { axes });
      const some = await functionsOf(counting(shape, chunks).source, { axes, ...little });
      expect(some.size).toBe(600);
      expect(some.close).toBeDefined();
      for (const asked of [[0], [599, 3, 3, 250], [100, 101, 102, 7]]) {
        expect(Array.from(await some.read(asked))).toEqual(Array.from(await all.read(asked)));
      }
      await testDataset({ dataset: some });
    }
  });

  test("is shuffled so that a chunk is read once an epoch", async () => {
    const { source, reads } = counting(large, [10, 32, 32]);
    const dataset = await functionsOf(source, little);
    const before = reads();
    const seen: number[] = [];
    for await (const { indices } of batches(dataset, { batchSize: 16, shuffle: true })) seen.push(...indices);
    expect(reads() - before).toBe(60);
    expect(seen.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 600 }, (_, i) => i));
    // Random also within what is read together: neighbors in a batch are rarely neighbors in the file.
    const neighbors = seen.filter((index, i) => index === seen[i - 1] + 1).length;
    expect(neighbors).toBeLessThan(60);
    const part = subset(dataset, { start: 100, end: 300 });
    const order = part.order?.(createRandom(0));
    expect(Array.from(order ?? []).sort((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, i) => i));
    expect(dataset.reading?.text).toMatch(
      /^read 600 functions on 32 x 32 \(no channel axis\) from x, float32, 0 \.\. 614000; read as needed \(2\.34 MB as float32\); shuffled within 30 samples at a time$/,
    );
  });

  test("is read ahead, and only as far", async () => {
    const { source, reads } = counting(large);
    const dataset = await functionsOf(source, little);
    const before = reads();
    const order = batches(dataset, { batchSize: 4 });
    await order.next();
    expect(reads() - before).toBe(4 * 17);
    await order.return();
  });
});

test("files of a page and of a server are read in pieces", async () => {
  const bytes = encodeNpy({ shape: [4, 6, 6], values: createRandom(1).normals(144) });
  const [npy] = arrayComponents(pageFiles([new File([new Uint8Array(bytes)], "a.npy")]));
  const context = { seed: 0, reporter: { say() {}, progress: () => ({ update() {}, stop() {} }) } };
  const opened = await npy.open({ file: "a.npy" }, context);
  expect("read" in opened && [opened.size, opened.grid]).toEqual([4, [6, 6]]);
  await expect(npy.open({ file: "b.npy" }, context)).rejects.toThrow("There is no file b.npy here; there are: a.npy.");
});

describe("numbers", () => {
  const of = (
    numbers: readonly number[],
    type: "float64" | "int64" | "float32" = "float64",
    shape = [2, numbers.length / 2],
  ) => {
    const array =
      type === "float32"
        ? Float32Array.from(numbers)
        : type === "float64"
          ? Float64Array.from(numbers)
          : BigInt64Array.from(numbers.map(BigInt));
    const bytes = memoryBytes(new Uint8Array(array.buffer), "x");
    return contiguousArray({ name: "x", shape, type, bytes, offset: 0 });
  };

  test("that float32 does not have are said to be that", async () => {
    await expect(functionsOf(of([1, 2, 3, 1e300]))).rejects.toThrow(
      /x: sample 1 holds 1e\+300, beyond the largest number of float32/,
    );
    await expect(functionsOf(of([1, 2, Number.POSITIVE_INFINITY, 3]))).rejects.toThrow(
      /sample 1 holds Infinity at its entry 0/,
    );
    await expect(functionsOf(of([1, Number.NaN, 3, 4]))).rejects.toThrow(
      /sample 0 holds NaN at its entry 1.*missing=0/,
    );
    const filled = await functionsOf(of([1, Number.NaN, 3, 4]), { missing: -1 });
    expect(Array.from(await filled.read([0, 1]))).toEqual([1, -1, 3, 4]);
    expect(filled.reading?.notes).toEqual(["1 missing value replaced by -1"]);
  });

  test("whose changes float32 would lose are refused", async () => {
    await expect(functionsOf(of([1e12, 1e12 + 1, 1e12 + 2, 1e12 + 3]))).rejects.toThrow(
      /varies by 1\.12 .* around 1e\+12.*Subtract an offset/,
    );
    await expect(functionsOf(of([2 ** 40, 2 ** 40 + 1, 2 ** 40 + 3, 2 ** 40 + 5], "int64"))).rejects.toThrow(
      /varies by/,
    );
    await expect(functionsOf(of([1e-310, 3e-310, 2e-310, 0]))).rejects.toThrow(/nothing larger than 3e-310/);
    const wide = await functionsOf(of([2 ** 40, -(2 ** 40) - 1, 3, 5], "int64"));
    expect(Array.from(await wide.read([0]))).toEqual([2 ** 40, -(2 ** 40)]);
    const huge = await functionsOf(of([1e30, -1e30, 1e29, 0]));
    expect((await huge.read([0]))[0]).toBe(Math.fround(1e30));
  });

  test("the reading says type, range, and constant channels", async () => {
    const { reading } = await functionsOf(of([1, 5, 2, 5, 3, 5, 4, 5], "float32", [2, 2, 2]), {
      layout: "channels-last",
    });
    expect(reading).toMatchObject({
      text: "read 2 functions on 2 points with 2 channels (channels last) from x, float32, 1 .. 5",
      type: "float32",
      range: [1, 5],
      warnings: ["1 channel of 2 is constant: 1 (5)."],
    });
  });
});
