import { describe, expect, test } from "vitest";
import { arrayDataset, type Batch, type BatchOptions, batches, type Dataset } from "./index.ts";

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
