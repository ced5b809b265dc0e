import { type Codes, disposeCodes } from "@saeno/activations";
import { type Grid, SaenoError, sizeOf } from "@saeno/backend";
import type { SparseAutoencoder } from "@saeno/core";
import type { Dataset } from "@saeno/datasets";
import { type Tensor, tensor } from "@tensorflow/tfjs-core";
import { type CodeAccumulator, type CodeStatistics, codeAccumulator } from "./code-accumulator.ts";
import { type ErrorAccumulator, type ErrorMetrics, errorAccumulator } from "./error-accumulator.ts";

/** What evaluation asks of a model: a SparseAutoencoder, or one wrapped. */
export type EvaluatedModel = Pick<SparseAutoencoder, "dictionary" | "forward">;

export interface EvaluateOptions {
  /** Samples on the device at a time, at most: fewer are taken where their dense maps would not fit. Default 64. */
  readonly batchSize?: number;
  /** Told after every batch how many samples of how many are done. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Errors and code statistics over a whole dataset (specification: Metrics). */
export interface Evaluation extends ErrorMetrics, CodeStatistics {
  readonly grid: Grid;
}

/** Code entries `B |N| K` formed at once, at most. */
const batchEntries = 2 ** 24;

/**
 * Evaluates a model on a dataset, one batch on the device at a time; the event loop runs between batches.
 * Nothing stays on the device, whether it succeeds or not.
 *
 * @throws SaenoError `evaluate.batch-size`, `evaluate.empty` for a dataset without samples, and what the model says of its shape.
 */
export async function evaluate(
  model: EvaluatedModel,
  dataset: Dataset,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  const { batchSize = 64, onProgress } = options;
  const { size, grid, channels } = dataset;
  const { conceptCount } = model.dictionary;
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw new SaenoError("evaluate.batch-size", `batchSize is a whole number of at least 1; got ${batchSize}.`);
  }
  if (size === 0) {
    throw new SaenoError("evaluate.empty", `The dataset "${dataset.name}" has no samples to evaluate on.`, {
      kind: "data",
    });
  }
  const batch = Math.max(1, Math.min(batchSize, Math.floor(batchEntries / (sizeOf(grid) * conceptCount))));
  const errors = errorAccumulator(channels);
  const codes = codeAccumulator(conceptCount);
  for (let begin = 0; begin < size; begin += batch) {
    const count = Math.min(batch, size - begin);
    const values = await dataset.read(Int32Array.from({ length: count }, (_, i) => begin + i));
    await addBatch(model, { values, shape: [count, ...grid, channels] }, errors, codes);
    onProgress?.(begin + count, size);
    await nextTurn();
  }
  return { grid, ...errors.result(), ...codes.result() };
}

async function addBatch(
  model: EvaluatedModel,
  samples: { readonly values: Float32Array; readonly shape: number[] },
  errors: ErrorAccumulator,
  statistics: CodeAccumulator,
): Promise<void> {
  const x = tensor(samples.values, samples.shape);
  let result: { readonly codes: Codes; readonly reconstruction: Tensor };
  try {
    result = model.forward(x);
  } finally {
    x.dispose();
  }
  try {
    const [values] = await Promise.all([result.reconstruction.data(), statistics.add(result.codes)]);
    errors.add(samples.values, values);
  } finally {
    disposeCodes(result.codes);
    result.reconstruction.dispose();
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
