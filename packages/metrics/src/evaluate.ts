import { disposeCodes } from "@saeno/activations";
import { breathe, type Grid, SaenoError, sizeOf } from "@saeno/backend";
import type { Dataset } from "@saeno/datasets";
import { tensor } from "@tensorflow/tfjs-core";
import { codes, type DatasetCodes, mapSums } from "./codes/code-accumulator.ts";
import { type ErrorMetrics, errors } from "./errors/error-accumulator.ts";
import type { EvaluatedBatch, EvaluatedModel, MapSums, Measurement, Metric } from "./metric.ts";

type Usual = readonly [Metric<ErrorMetrics>, Metric<DatasetCodes>];

export interface EvaluateOptions<Metrics extends readonly Metric[] = Usual> {
  /** What is measured. Default `errors()` and `codes()`. */
  readonly metrics?: Metrics;
  /** Samples on the device at a time, at most: fewer if their dense maps would not fit. Default 64. */
  readonly batchSize?: number;
  /** Called after every batch with the number of samples done, and of all samples. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Errors and code statistics over a whole dataset (specification: Metrics). */
export type Evaluation = Evaluated & ErrorMetrics & DatasetCodes;

/** What every evaluation says. */
export interface Evaluated {
  readonly grid: Grid;
  readonly samples: number;
}

type ResultsOf<Each> = Each extends Metric<infer Results> ? (results: Results) => void : never;
/** The results of all of them. */
type AllResults<Metrics extends readonly Metric[]> =
  ResultsOf<Metrics[number]> extends (results: infer Results) => void ? Results : never;

/** Code entries `B |N| K` formed at once, at most. */
const batchEntries = 2 ** 24;

/**
 * Evaluates a model on a dataset, one batch on the device at a time, from which every metric takes what it needs; the event loop runs between batches.
 * Nothing stays on the device, whether it succeeds or not.
 *
 * @throws SaenoError `evaluate.batch-size`, `evaluate.empty` for a dataset without samples, `evaluate.metrics` for two metrics of one name or with results
 *   of one name, and the model's own errors about the shape.
 */
export async function evaluate<const Metrics extends readonly Metric[] = Usual>(
  model: EvaluatedModel,
  dataset: Dataset,
  options: EvaluateOptions<Metrics> = {},
): Promise<Evaluated & AllResults<Metrics>> {
  const { batchSize = 64, onProgress } = options;
  const metrics: readonly Metric[] = options.metrics ?? [errors(), codes()];
  const { size, grid, channels } = dataset;
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw new SaenoError("evaluate.batch-size", `batchSize must be a positive integer; got ${batchSize}.`);
  }
  if (size === 0) {
    throw new SaenoError("evaluate.empty", `The dataset "${dataset.name}" has no samples to evaluate on.`, {
      kind: "data",
    });
  }
  const names = metrics.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw clash(`There are two metrics "${twice}"`);
  const entries = sizeOf(grid) * model.dictionary.conceptCount;
  const batch = Math.max(1, Math.min(batchSize, Math.floor(batchEntries / entries)));
  const measurements = metrics.flatMap((metric) => metric.start(model, dataset) ?? []);
  for (let begin = 0; begin < size; begin += batch) {
    const count = Math.min(batch, size - begin);
    const values = await dataset.read(Int32Array.from({ length: count }, (_, i) => begin + i));
    await addBatch(model, values, [count, ...grid, channels], measurements);
    onProgress?.(begin + count, size);
    await breathe();
  }
  const results: Record<string, unknown> = { grid, samples: size };
  for (const measurement of measurements) {
    for (const [name, value] of Object.entries(await measurement.result())) {
      if (name in results && results[name] !== value) throw clash(`Two metrics have a result "${name}"`);
      results[name] = value;
    }
  }
  return results as unknown as Evaluated & AllResults<Metrics>;
}

function clash(problem: string): SaenoError {
  return new SaenoError("evaluate.metrics", `${problem}: ask for one of them.`);
}

async function addBatch(
  model: EvaluatedModel,
  values: Float32Array,
  shape: number[],
  measurements: readonly Measurement[],
): Promise<void> {
  const x = tensor(values, shape);
  try {
    const { codes: found, reconstruction } = model.forward(x);
    try {
      let read: Promise<Float32Array> | undefined;
      let sums: Promise<MapSums> | undefined;
      const batch: EvaluatedBatch = {
        size: shape[0],
        values,
        x,
        codes: found,
        reconstruction,
        reconstructed: () => (read ??= reconstruction.data<"float32">()),
        mapSums: () => (sums ??= mapSums(found)),
      };
      await settled(measurements.map(async (measurement) => measurement.add?.(batch)));
    } finally {
      disposeCodes(found);
      reconstruction.dispose();
    }
  } finally {
    x.dispose();
  }
}

/** Waits for all, then throws what one has thrown: nothing may still need tensors that are disposed. */
async function settled(work: readonly Promise<void>[]): Promise<void> {
  await Promise.allSettled(work);
  await Promise.all(work);
}
