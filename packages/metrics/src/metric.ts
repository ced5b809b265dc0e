import type { Codes } from "@saeno/activations";
import { type Component, defineComponent, type OptionsSchema } from "@saeno/backend";
import type { SparseAutoencoder } from "@saeno/core";
import type { Dataset } from "@saeno/datasets";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { InferOutput } from "valibot";

/** What evaluation asks of a model: a SparseAutoencoder, or one wrapped. */
export type EvaluatedModel = Pick<SparseAutoencoder, "dictionary" | "forward">;

/** For each map of a batch, the count of its nonzero entries and the sum of their squares. */
export interface MapSums {
  readonly counts: ArrayLike<number>;
  readonly squares: ArrayLike<number>;
  /** The concept of each; absent for dense codes, whose maps are all there in order. */
  readonly concepts?: ArrayLike<number>;
  readonly conceptCount: number;
  /** How many samples. */
  readonly batch: number;
  /** Entries of a map. */
  readonly points: number;
}

/** A batch that a model was applied to. Tensors are on the device until every metric has added it, and stay the evaluation's. */
export interface EvaluatedBatch {
  readonly size: number;
  /** The samples in host memory, row-major `[B, ...N, C]`. */
  readonly values: Float32Array;
  readonly x: Tensor;
  readonly codes: Codes;
  readonly reconstruction: Tensor;
  /** The values of the reconstruction: read once, for all metrics. */
  reconstructed(): Promise<Float32Array>;
  /** For each map of the codes, the count of its nonzero entries and the sum of their squares: read once, for all metrics. */
  mapSums(): Promise<MapSums>;
}

/** One model being measured on one dataset, batch by batch. */
export interface Measurement<Results extends object = object> {
  /** Adds a batch; nothing may be left on the device. Absent if only the model is measured. */
  add?(batch: EvaluatedBatch): void | Promise<void>;
  /** By name, as JSON can hold it: an evaluation, and so a summary.json, has the results under these names. */
  result(): Results | Promise<Results>;
}

/** Something that can be measured of a model on a dataset. */
export interface Metric<Results extends object = object> {
  readonly name: string;
  /** Begins to measure; nothing if it does not apply, such as the floor of a band limit to a model without one. */
  start(model: EvaluatedModel, dataset: Dataset): Measurement<Results> | undefined;
}

export interface MetricComponent<Schema extends OptionsSchema = OptionsSchema> extends Component<Schema> {
  readonly type: "metric";
  create(options: InferOutput<Schema>): Metric;
}

/** Describes a metric, so that a configuration can name it; `register` makes it known. */
export function defineMetric<Schema extends OptionsSchema>(
  definition: Omit<MetricComponent<Schema>, "type">,
): MetricComponent<Schema> {
  return defineComponent("metric", definition);
}
