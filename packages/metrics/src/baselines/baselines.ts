import { sizeOf } from "@saeno/backend";
import { type Dataset, subset } from "@saeno/datasets";
import { add, matMul, sub, type Tensor1D, type Tensor2D, tensor1d, tensor2d, tidy } from "@tensorflow/tfjs-core";
import { codes } from "../codes/code-accumulator.ts";
import { errorAccumulator, errors } from "../errors/error-accumulator.ts";
import { evaluate } from "../evaluate.ts";
import type { EvaluatedModel } from "../metric.ts";
import { principalAxes } from "./principal-axes.ts";

/** Relative errors on held-out samples without a sparse autoencoder. */
export interface Baselines {
  /** The samples that the errors were measured on, spread evenly over those held out. */
  readonly samples: number;
  /** Of the model, on the same samples. */
  readonly model: number;
  /** Of the mean of training samples in place of each sample. */
  readonly mean: number;
  /** Of as many principal components of training samples as a code has entries, if there are as many. */
  readonly pca: number;
  readonly components: number;
  /** Entries of a code that are not zero, on average over these samples. */
  readonly codeEntries: number;
  /** The training samples that mean and components were computed from, spread evenly over all of them. */
  readonly trainingSamples: number;
}

/** Numbers taken from a set, at most. */
const mostEntries = 2 ** 22;
/** Samples of a set that are looked at, at most. */
const [mostTraining, mostHeldOut] = [2048, 256];

/**
 * Compares a model with the mean and with principal components, fitted to training samples and applied to held-out ones. It reads a limited number of
 * samples, and gives the same result for the same data.
 *
 * @throws SaenoError as `evaluate`.
 */
export async function baselines(
  model: EvaluatedModel,
  { train, test }: { readonly train: Dataset; readonly test: Dataset },
): Promise<Baselines> {
  const [fitted, held] = [evenSubset(train, mostTraining), evenSubset(test, mostHeldOut)];
  const { relativeError, codeEntries } = await evaluate(model, held, { metrics: [errors(), codes()] });
  const { components, ...errorsOf } = await fitAndApply(fitted, held, Math.round(codeEntries));
  return {
    samples: held.size,
    model: relativeError,
    ...errorsOf,
    components,
    codeEntries,
    trainingSamples: fitted.size,
  };
}

/** Stretches of samples that are read of a dataset in which not any order is cheap. */
const stretches = 32;

/** Samples spread evenly over a dataset, as many as are cheap to hold, in an order that is cheap to read. */
export function evenSubset(dataset: Dataset, most: number): Dataset {
  const indices = evenIndices(dataset, most);
  return indices.length === dataset.size ? dataset : subset(dataset, indices);
}

/** Which samples those are. */
export function evenIndices({ size, grid, channels, order }: Dataset, most: number): number[] {
  const count = Math.min(size, most, Math.max(2, Math.floor(mostEntries / (sizeOf(grid) * channels))));
  if (count === size) return Array.from({ length: size }, (_, i) => i);
  const length = order === undefined ? 1 : Math.ceil(count / stretches);
  const starts = Math.ceil(count / length);
  return Array.from({ length: count }, (_, i) => {
    const stretch = Math.floor(i / length);
    return Math.floor((stretch * size) / starts) + (i % length);
  });
}

async function fitAndApply(
  train: Dataset,
  test: Dataset,
  coefficients: number,
): Promise<Pick<Baselines, "mean" | "pca" | "components">> {
  const [values, held] = [await allOf(train), await allOf(test)];
  if (!values.every(Number.isFinite)) return { mean: Number.NaN, pca: Number.NaN, components: 0 };
  const mean = meanRow(values, train.size);
  const [x, center] = [matrix(values, train.size), tensor1d(mean)];
  const centered = tidy(() => sub<Tensor2D>(x, center));
  x.dispose();
  const axes = await principalAxes(centered, Math.min(coefficients, train.size - 1));
  centered.dispose();
  const projected = axes === undefined ? undefined : await projectedOn(held, test.size, axes, center);
  const constant = held.map((_, i) => mean[i % mean.length]);
  const found = {
    mean: relative(held, constant),
    pca: relative(held, projected ?? constant),
    components: axes?.shape[1] ?? 0,
  };
  axes?.dispose();
  center.dispose();
  return found;
}

/** The part of samples that lies along axes through the mean. */
async function projectedOn(
  values: Float32Array,
  count: number,
  axes: Tensor2D,
  center: Tensor1D,
): Promise<Float32Array> {
  const result = tidy(() => {
    const coordinates = matMul(sub<Tensor2D>(matrix(values, count), center), axes);
    return add(matMul(coordinates, axes, false, true), center);
  });
  const projected = await result.data<"float32">();
  result.dispose();
  return projected;
}

function relative(x: Float32Array, estimate: Float32Array): number {
  const accumulator = errorAccumulator(1);
  accumulator.add(x, estimate);
  return accumulator.result().relativeError;
}

function allOf(dataset: Dataset): Promise<Float32Array> {
  return dataset.read(Int32Array.from({ length: dataset.size }, (_, i) => i));
}

function matrix(values: Float32Array, rows: number): Tensor2D {
  return tensor2d(values, [rows, values.length / rows]);
}

function meanRow(values: Float32Array, rows: number): Float32Array {
  const length = values.length / rows;
  const sums = new Float64Array(length);
  for (let i = 0; i < values.length; i++) sums[i % length] = sums[i % length] + values[i];
  return Float32Array.from(sums, (sum) => sum / rows);
}
