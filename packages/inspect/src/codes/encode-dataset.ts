import { disposeCodes } from "@saeno/activations";
import { SaenoError, sizeOf } from "@saeno/backend";
import type { SparseAutoencoder } from "@saeno/core";
import { batches, type Dataset } from "@saeno/datasets";
import { tensor } from "@tensorflow/tfjs-core";
import { type CodeTable, codeTableWriter, readCodes } from "./code-table.ts";

/** Code entries `B |N| K` formed at once, at most. */
const batchEntries = 2 ** 24;

export interface EncodeOptions {
  /** Samples on the device at a time, at most. Default 64. */
  readonly batchSize?: number;
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * The nonzero codes of all samples of a dataset, in host memory.
 *
 * @throws SaenoError `inspect.options` for a batch size that is not a positive whole number, and the model's own errors about the shape.
 */
export async function encodeDataset(
  model: SparseAutoencoder,
  dataset: Dataset,
  { batchSize = 64, onProgress }: EncodeOptions = {},
): Promise<CodeTable> {
  const { conceptCount, codes } = model.dictionary;
  const writer = codeTableWriter(codes === "scalar" ? [] : dataset.grid, conceptCount);
  let done = 0;
  for await (const { values, shape } of batches(dataset, { batchSize: batchSizeOn(model, dataset, batchSize) })) {
    const x = tensor(values, [...shape]);
    try {
      const found = model.encode(x);
      writer.append(await readCodes(found).finally(() => disposeCodes(found)));
    } finally {
      x.dispose();
    }
    done += shape[0];
    onProgress?.(done, dataset.size);
  }
  return writer.table();
}

/** Samples of a batch: as many as asked for, or as their dense codes fit. @throws SaenoError `inspect.options`. */
export function batchSizeOn({ dictionary }: SparseAutoencoder, { grid, size }: Dataset, wanted: number): number {
  if (!Number.isInteger(wanted) || wanted < 1) {
    throw new SaenoError("inspect.options", `batchSize must be a positive whole number; got ${wanted}.`);
  }
  const most = Math.floor(batchEntries / (sizeOf(grid) * dictionary.conceptCount));
  return Math.max(1, Math.min(wanted, size, most));
}
