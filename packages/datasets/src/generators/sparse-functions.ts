import { createRandom, type Grid, SaenoError, sizeOf } from "@saeno/backend";
import { description, number, optional, pipe, strictObject } from "valibot";
import { type DatasetComponent, defineDataset } from "../components/define-dataset.ts";
import { count, gridOf } from "../components/option-schemas.ts";
import type { KnownDataset } from "../dataset.ts";
import { remembered } from "../transforms/remembered.ts";
import { split } from "../transforms/subset.ts";

export interface SparseFunctionsOptions {
  readonly grid: Grid;
  readonly channels: number;
  readonly concepts: number;
  /** Points of a kernel on each axis, odd. */
  readonly kernel: number;
  /** Concepts in a sample. */
  readonly activeConcepts: number;
  /** Places of each. */
  readonly spikes: number;
  readonly samples: number;
  /** Default 15. */
  readonly amplitudeMean?: number;
  /** Default 1. */
  readonly amplitudeStd?: number;
  /** Default 0. */
  readonly seed?: number;
}

/**
 * The convolutional generative model of specification: Reproduction: `x[n] = sum_k sum_j d_k[j] z_k[n - j]`, circular; d Gaussian and normalized, of each
 * sample a few concepts, each at a few random places with amplitudes N(15, 1). Samples are computed when first read, from the seed and
 * their index.
 *
 * @throws SaenoError `sparse-functions.options` for counts that are not positive whole numbers or do not fit together.
 */
export function sparseFunctions(options: SparseFunctionsOptions): KnownDataset {
  const { grid, channels, concepts, kernel, activeConcepts, spikes, samples } = options;
  const { amplitudeMean = 15, amplitudeStd = 1, seed = 0 } = options;
  const counts = { channels, concepts, kernel, activeConcepts, spikes, samples };
  for (const [name, value] of Object.entries(counts)) {
    if (!Number.isInteger(value) || value < 1)
      throw optionsError(`${name} must be a whole number of at least 1; got ${value}`);
  }
  if (kernel % 2 === 0 || grid.some((points) => points < kernel))
    throw optionsError(`kernel must be odd and fit the grid ${grid.join(" x ")}; got ${kernel}`);
  if (activeConcepts > concepts || spikes > sizeOf(grid))
    throw optionsError(
      `activeConcepts must be at most ${concepts}, the number of concepts, and spikes at most ${sizeOf(grid)}, the points of the grid; got ${activeConcepts} and ${spikes}`,
    );
  const random = createRandom(seed);
  const size = grid.map(() => kernel);
  const kernels = unitRows(random.split("kernels").normals(concepts * sizeOf(size) * channels), concepts);
  const samplesRandom = random.split("samples");
  const points = sizeOf(grid);

  function generate(index: number, sample: Float32Array): void {
    const draw = samplesRandom.split(String(index));
    for (const concept of draw.permutation(concepts).subarray(0, activeConcepts)) {
      for (const place of draw.permutation(points).subarray(0, spikes)) {
        addKernel(sample, concept, place, amplitudeMean + amplitudeStd * draw.normal());
      }
    }
  }

  function addKernel(sample: Float32Array, concept: number, place: number, amplitude: number): void {
    for (let tap = 0; tap < sizeOf(size); tap++) {
      const target = shifted(place, tap);
      for (let c = 0; c < channels; c++) {
        const value = kernels[(concept * sizeOf(size) + tap) * channels + c];
        sample[target * channels + c] += amplitude * value;
      }
    }
  }

  function shifted(place: number, tap: number): number {
    let [flat, stride, restPlace, restTap] = [0, 1, place, tap];
    for (let axis = grid.length - 1; axis >= 0; axis--) {
      const n = grid[axis];
      const coordinate = ((restPlace % n) + (restTap % kernel) - (kernel - 1) / 2 + n) % n;
      flat += coordinate * stride;
      stride *= n;
      restPlace = Math.floor(restPlace / n);
      restTap = Math.floor(restTap / kernel);
    }
    return flat;
  }

  return remembered({
    name: "sparse-functions",
    size: samples,
    grid,
    channels,
    async read(indices) {
      const length = points * channels;
      const result = new Float32Array(indices.length * length);
      for (let i = 0; i < indices.length; i++) generate(indices[i], result.subarray(i * length, (i + 1) * length));
      return result;
    },
    truth: { values: kernels, shape: [concepts, ...size, channels] },
  });
}

/** Rows scaled to unit norm, in place. */
export function unitRows(values: Float32Array, rows: number): Float32Array {
  const length = values.length / rows;
  for (let row = 0; row < rows; row++) {
    const part = values.subarray(row * length, (row + 1) * length);
    const norm = normOf(part);
    for (let i = 0; i < length; i++) part[i] = part[i] / norm;
  }
  return values;
}

function normOf(values: Float32Array): number {
  // As it was always rounded; more arguments than this exhaust the stack.
  if (values.length < 2 ** 16) return Math.hypot(...values);
  let sum = 0;
  for (const value of values) sum += value * value;
  return Math.sqrt(sum);
}

function optionsError(problem: string): SaenoError {
  return new SaenoError("sparse-functions.options", `Sparse functions: ${problem}.`);
}

export const sparseFunctionsComponent: DatasetComponent = defineDataset({
  kind: "sparse-functions",
  summary: "sums of a few kernels at sparse places: a generative model whose dictionary is known",
  schema: strictObject({
    grid: optional(pipe(gridOf(2), description("points on each axis")), 16),
    channels: optional(pipe(count, description("channels of a function")), 8),
    concepts: optional(pipe(count, description("kernels in the dictionary")), 12),
    kernel: optional(pipe(count, description("points of a kernel on each axis, odd")), 5),
    active: optional(pipe(count, description("concepts in a sample")), 1),
    spikes: optional(pipe(count, description("places of each in a sample")), 3),
    amplitude: optional(pipe(number("must be a number"), description("mean amplitude of a concept")), 15),
    amplitudeStd: optional(pipe(number("must be a number"), description("standard deviation of amplitudes")), 1),
  }),
  shorthand: { option: "grid" },
  async open({ active, amplitude, amplitudeStd, ...options }, { limit = 5000, test = 500, seed }) {
    const dataset = sparseFunctions({
      ...options,
      activeConcepts: active,
      samples: limit + test,
      amplitudeMean: amplitude,
      amplitudeStd,
      seed: seedOf("sparse-functions", seed),
    });
    return split(dataset, { test });
  },
});

/** Generators that share a seed draw different numbers. */
export function seedOf(kind: string, seed: number): number {
  return createRandom(seed)
    .split(kind)
    .integer(2 ** 31);
}
