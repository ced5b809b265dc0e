import type { Random } from "@saeno/backend";
import { type SparseAutoencoder, unitRows } from "@saeno/core";
import { sub, type Tensor, tensor, tidy, type Variable } from "@tensorflow/tfjs-core";
import type { Optimizer } from "./optimizer.ts";

export interface ResampleOptions {
  /** Steps between two resamplings. Default 100. */
  readonly every?: number;
  /** The share of the run after which dead concepts stay as they are, so that revived ones have time to settle. Default 0.7. */
  readonly until?: number;
  /** The norm of a revived encoder row, relative to the mean of those alive. Default 1. */
  readonly encoderScale?: number;
}

export interface ResampleRequest {
  readonly model: SparseAutoencoder;
  readonly optimizer: Optimizer;
  /** The concepts to revive. */
  readonly concepts: readonly number[];
  /** A batch `[B, ...N, C]`. */
  readonly x: Tensor;
  readonly random: Random;
  readonly encoderScale: number;
}

/**
 * Gives concepts a new start from what the model does not explain (after Bricken et al. 2023): the atom becomes the error of a sample
 * drawn in proportion to its squared error, moved so that the point of largest error is its centre, as far as the kind of dictionary can
 * express it, at unit norm; the row of an untied encoder becomes the same, scaled; its bias zero. The optimiser forgets the concepts.
 */
export function resampleConcepts(request: ResampleRequest): void {
  const { model, optimizer, concepts, encoderScale } = request;
  if (concepts.length === 0) return;
  const { dictionary } = model;
  const rows = newRows(request);
  const size = rows.length / concepts.length;
  replaceRows(dictionary.parameter, concepts, rows, size);
  const parameters = model.parameters();
  const encoder = parameters.find(({ name }) => name === `encoder.${dictionary.parameterName}`);
  if (encoder !== undefined) {
    const scale = encoderScale * meanNorm(encoder.variable, concepts, size);
    replaceRows(
      encoder.variable,
      concepts,
      rows.map((value) => value * scale),
      size,
    );
  }
  const bias = parameters.find(({ name }) => name === "encoder.bias");
  if (bias !== undefined) replaceRows(bias.variable, concepts, new Float32Array(concepts.length), 1);
  for (const parameter of parameters) {
    if (parameter.variable === dictionary.parameter || parameter === encoder || parameter === bias) {
      optimizer.forgetRows?.(parameter.name, concepts);
    }
  }
}

/** Unit rows of the dictionary's parameter, one for each concept, flat. */
function newRows({ model, concepts, x, random }: ResampleRequest): Float32Array {
  return tidy(() => {
    const { input, output } = model.pass(x);
    const shape = input.shape as [number, ...number[]];
    const errors = sub(input, output).dataSync() as Float32Array;
    const sampleSize = errors.length / shape[0];
    const samples = drawByEnergy(errors, shape[0], concepts.length, random);
    const centred = new Float32Array(concepts.length * sampleSize);
    samples.forEach((sample, i) => {
      const error = errors.subarray(sample * sampleSize, (sample + 1) * sampleSize);
      centred.set(aroundPeak(error, shape.slice(1, -1), shape[shape.length - 1] as number), i * sampleSize);
    });
    const rows = model.dictionary.rowsOf(tensor(centred, [concepts.length, ...shape.slice(1)]));
    return unitRows(rows).dataSync() as Float32Array;
  });
}

/** Samples drawn with replacement in proportion to their squared norm. */
function drawByEnergy(values: Float32Array, batch: number, count: number, random: Random): number[] {
  const size = values.length / batch;
  const cumulative: number[] = [];
  let total = 0;
  for (let b = 0; b < batch; b++) {
    for (let i = b * size; i < (b + 1) * size; i++) total += (values[i] as number) ** 2;
    cumulative.push(total);
  }
  return Array.from({ length: count }, () => {
    const target = random.uniform() * total;
    return Math.max(
      0,
      Math.min(
        batch - 1,
        cumulative.findIndex((sum) => sum >= target),
      ),
    );
  });
}

/** A function `[...N, C]`, flat, moved so that its largest point is at index 0; a vector stays as it is. */
function aroundPeak(values: Float32Array, grid: readonly number[], channels: number): Float32Array {
  const points = values.length / channels;
  let [peak, largest] = [0, -1];
  for (let n = 0; n < points; n++) {
    let energy = 0;
    for (let c = 0; c < channels; c++) energy += (values[n * channels + c] as number) ** 2;
    if (energy > largest) [peak, largest] = [n, energy];
  }
  const moved = new Float32Array(values.length);
  for (let n = 0; n < points; n++) {
    let [from, stride, restN, restPeak] = [0, 1, n, peak];
    for (let axis = grid.length - 1; axis >= 0; axis--) {
      const size = grid[axis] as number;
      from += stride * (((restN % size) + (restPeak % size)) % size);
      restN = Math.floor(restN / size);
      restPeak = Math.floor(restPeak / size);
      stride *= size;
    }
    for (let c = 0; c < channels; c++) moved[n * channels + c] = values[from * channels + c] as number;
  }
  return moved;
}

/** The mean norm of the rows of other concepts. */
function meanNorm(variable: Variable, without: readonly number[], size: number): number {
  const values = variable.dataSync();
  const left = new Set(without);
  let [total, count] = [0, 0];
  for (let k = 0; k < values.length / size; k++) {
    if (left.has(k)) continue;
    let square = 0;
    for (let i = k * size; i < (k + 1) * size; i++) square += (values[i] as number) ** 2;
    total += Math.sqrt(square);
    count++;
  }
  return count > 0 ? total / count : 1;
}

function replaceRows(variable: Variable, concepts: readonly number[], rows: Float32Array, size: number): void {
  const values = Float32Array.from(variable.dataSync());
  concepts.forEach((concept, i) => {
    values.set(rows.subarray(i * size, (i + 1) * size), concept * size);
  });
  tidy(() => variable.assign(tensor(values, variable.shape)));
}
