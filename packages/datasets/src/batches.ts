import { createRandom, SaenoError } from "@saeno/backend";
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
  /** Of the order; default 0. */
  readonly seed?: number;
  /** How often every sample comes; default 1. */
  readonly epochs?: number;
  /** The batch to begin with, to continue where another iteration ended. Default 0. */
  readonly start?: number;
  /** Leave out an epoch's last batch if it is smaller. Default false. */
  readonly dropLast?: boolean;
}

/**
 * The samples of a dataset in batches. Shuffled, every epoch has a permutation of its own, from the seed and the epoch's number
 * alone, so that a batch depends on nothing but its number.
 *
 * @throws SaenoError `dataset.batch` for a batch size that is not a positive whole number, or larger than the dataset while small batches are dropped.
 */
export async function* batches(dataset: Dataset, options: BatchOptions): AsyncGenerator<Batch, void, undefined> {
  const { batchSize, shuffle = false, seed = 0, epochs = 1, start = 0, dropLast = false } = options;
  if (!Number.isInteger(batchSize) || batchSize < 1 || (dropLast && batchSize > dataset.size)) {
    throw new SaenoError(
      "dataset.batch",
      `A batch is 1 to ${dataset.size} samples of "${dataset.name}"; got ${batchSize}.`,
    );
  }
  const inEpoch = dropLast ? Math.floor(dataset.size / batchSize) : Math.ceil(dataset.size / batchSize);
  for (let epoch = Math.floor(start / inEpoch); epoch < epochs; epoch++) {
    const order = shuffle
      ? createRandom(seed).split(`epoch ${epoch}`).permutation(dataset.size)
      : Int32Array.from({ length: dataset.size }, (_, i) => i);
    const first = epoch === Math.floor(start / inEpoch) ? start % inEpoch : 0;
    for (let batch = first; batch < inEpoch; batch++) {
      const indices = order.slice(batch * batchSize, (batch + 1) * batchSize);
      yield {
        values: await dataset.read(indices),
        shape: [indices.length, ...dataset.grid, dataset.channels],
        indices,
      };
    }
  }
}
