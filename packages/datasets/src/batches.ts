import { createRandom, type Random, SaenoError, sizeOf } from "@saeno/backend";
import type { Dataset } from "./dataset.ts";

export interface Batch {
  readonly values: Float32Array;
  /** `[B, ...grid, channels]`. */
  readonly shape: readonly number[];
  readonly indices: Int32Array;
}

export interface BatchOptions {
  readonly batchSize: number;
  /** Default false: in order. */
  readonly shuffle?: boolean;
  /** Seed of the order; default 0. */
  readonly seed?: number;
  /** How often each sample is used; default 1. */
  readonly epochs?: number;
  /** The batch to start with, to continue where another iteration ended. Default 0. */
  readonly start?: number;
  /** Leave out an epoch's last batch if it is smaller. Default false. */
  readonly dropLast?: boolean;
}

/** Of samples that are read from files: bytes that are read before they are needed, and batches at most. */
const [bytesAhead, batchesAhead] = [2 ** 24, 16];

/**
 * The samples of a dataset in batches. If they are shuffled, every epoch has an order of its own, from the seed and the epoch's number alone, so that a
 * batch depends only on its number: a permutation, or the dataset's cheap `order`. If samples are read from files, the next batches are read while one is
 * used.
 *
 * @throws SaenoError `dataset.batch` for a batch size that is not a positive whole number, or larger than the dataset while small batches are dropped.
 */
export async function* batches(dataset: Dataset, options: BatchOptions): AsyncGenerator<Batch, void, undefined> {
  const { batchSize, dropLast = false } = options;
  if (!Number.isInteger(batchSize) || batchSize < 1 || (dropLast && batchSize > dataset.size)) {
    throw new SaenoError(
      "dataset.batch",
      `A batch is 1 to ${dataset.size} samples of "${dataset.name}"; got ${batchSize}.`,
    );
  }
  const read = async (indices: Int32Array): Promise<Batch> => ({
    values: await dataset.read(indices),
    shape: [indices.length, ...dataset.grid, dataset.channels],
    indices,
  });
  const bytes = 4 * batchSize * sizeOf(dataset.grid) * dataset.channels;
  const ahead = dataset.close === undefined ? 0 : Math.max(1, Math.min(batchesAhead, Math.floor(bytesAhead / bytes)));
  const coming: Promise<Batch>[] = [];
  const order = orderOfBatches(dataset, options);
  for (;;) {
    while (coming.length <= ahead) {
      const { value, done } = order.next();
      if (done) break;
      const batch = read(value);
      // It is thrown when its turn comes, which may be never.
      batch.catch(() => {});
      coming.push(batch);
    }
    const next = coming.shift();
    if (next === undefined) return;
    yield await next;
  }
}

/** The indices of each batch. */
function* orderOfBatches(dataset: Dataset, options: BatchOptions): Generator<Int32Array, void, undefined> {
  const { batchSize, shuffle = false, seed = 0, epochs = 1, start = 0, dropLast = false } = options;
  const inEpoch = dropLast ? Math.floor(dataset.size / batchSize) : Math.ceil(dataset.size / batchSize);
  for (let epoch = Math.floor(start / inEpoch); epoch < epochs; epoch++) {
    const order = shuffle ? shuffled(dataset, createRandom(seed).split(`epoch ${epoch}`)) : undefined;
    const first = epoch === Math.floor(start / inEpoch) ? start % inEpoch : 0;
    for (let batch = first; batch < inEpoch; batch++) {
      const [from, to] = [batch * batchSize, Math.min(dataset.size, (batch + 1) * batchSize)];
      yield order?.slice(from, to) ?? Int32Array.from({ length: to - from }, (_, i) => from + i);
    }
  }
}

function shuffled(dataset: Dataset, random: Random): Int32Array {
  return dataset.order?.(random) ?? random.permutation(dataset.size);
}
