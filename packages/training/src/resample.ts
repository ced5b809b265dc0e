import { type ParameterRole, type Random, sizeOf } from "@saeno/backend";
import type { SparseAutoencoder } from "@saeno/core";
import { sub, type Tensor, tensor, tidy } from "@tensorflow/tfjs-core";
import type { Optimizer } from "./optimizer.ts";
import { encoderBias, recallBias } from "./recall-bias.ts";

export interface ResampleOptions {
  /** Steps between two resamplings. Default 50. */
  readonly every?: number;
  /** The share of the run after which dead concepts stay as they are, so that revived ones have time to settle. Default 0.3. */
  readonly until?: number;
  /** The norm of a revived encoder row, relative to the norm that it had. Default 1. */
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
 * Gives concepts a new start from what the model does not explain (after Bricken et al. 2023): the atom becomes the error around a point,
 * drawn in proportion to its squared error from all points of the batch (vectors: the error of a sample), as far as the kind of dictionary
 * can express it, at unit norm; the row of an untied encoder becomes the same at the norm that it had; its bias the mean of others.
 * The optimizer forgets the concepts.
 *
 * The rows of those in use have grown with all that they explain, and their biases fallen: a new one at their norm, or at a bias of zero,
 * would be chosen everywhere at once.
 */
export function resampleConcepts(request: ResampleRequest): void {
  const { model, optimizer, concepts, encoderScale } = request;
  if (concepts.length === 0) return;
  const functions = newFunctions(request);
  model.dictionary.assign(functions, { concepts, localized: true });
  model.encoder.assign?.(functions, { concepts, localized: true, norm: { kept: encoderScale } });
  functions.dispose();
  const bias = encoderBias(model);
  if (bias !== undefined) recallBias(bias, concepts, 1);
  for (const { name, role } of model.parameters()) {
    if (rolesByConcept.includes(role)) optimizer.forgetRows?.(name, concepts);
  }
}

/** Parameters with a row for each concept. */
const rolesByConcept: readonly ParameterRole[] = ["atoms", "encoder atoms", "encoder bias"];

/** What new atoms become, one for each concept, their origin in the corner. */
function newFunctions({ model, concepts, x, random }: ResampleRequest): Tensor {
  return tidy(() => {
    const { input, output } = model.pass(x);
    const [batch, ...rest] = input.shape as [number, ...number[]];
    const channels = rest[rest.length - 1];
    const grid = rest.slice(0, -1);
    const errors = sub(input, output).dataSync() as Float32Array;
    const sampleSize = errors.length / batch;
    // Where there is no grid, a sample is one point.
    const pointSize = grid.length === 0 ? sampleSize : channels;
    const centered = new Float32Array(concepts.length * sampleSize);
    drawPoints(errors, pointSize, concepts.length, random).forEach((point, i) => {
      const sample = Math.floor((point * pointSize) / sampleSize);
      const error = errors.subarray(sample * sampleSize, (sample + 1) * sampleSize);
      centered.set(grid.length === 0 ? error : movedTo(point % sizeOf(grid), error, grid, channels), i * sampleSize);
    });
    return tensor(centered, [concepts.length, ...rest]);
  });
}

/** Different points of a batch, drawn in proportion to their squared norm; the last one again when there are no more. */
function drawPoints(values: Float32Array, pointSize: number, count: number, random: Random): number[] {
  const energies = new Float64Array(values.length / pointSize);
  values.forEach((value, i) => {
    const point = Math.floor(i / pointSize);
    energies[point] = energies[point] + value ** 2;
  });
  let total = energies.reduce((a, b) => a + b, 0);
  let drawn = 0;
  return Array.from({ length: count }, () => {
    let target = random.uniform() * total;
    for (let point = 0; point < energies.length; point++) {
      const energy = energies[point];
      if (energy === 0) continue;
      drawn = point;
      target -= energy;
      if (target < 0) break;
    }
    total -= energies[drawn];
    energies[drawn] = 0;
    return drawn;
  });
}

/** A function `[...N, C]`, flat, moved on its torus so that a point comes to index 0. */
function movedTo(point: number, values: Float32Array, grid: readonly number[], channels: number): Float32Array {
  const moved = new Float32Array(values.length);
  for (let n = 0; n < values.length / channels; n++) {
    let [from, stride, restN, restPoint] = [0, 1, n, point];
    for (let axis = grid.length - 1; axis >= 0; axis--) {
      const size = grid[axis];
      from += stride * (((restN % size) + (restPoint % size)) % size);
      restN = Math.floor(restN / size);
      restPoint = Math.floor(restPoint / size);
      stride *= size;
    }
    for (let c = 0; c < channels; c++) moved[n * channels + c] = values[from * channels + c];
  }
  return moved;
}
