import {
  createRandom,
  type Grid,
  hostValues,
  type Modes,
  type Random,
  SaenoError,
  sizeOf,
  spectrumShape,
} from "@saeno/backend";
import { allModes, analyze, synthesize } from "@saeno/fft";
import { dispose, tensor, tidy } from "@tensorflow/tfjs-core";
import { description, minValue, number, optional, pipe, strictObject } from "valibot";
import { type DatasetComponent, defineDataset } from "../components/define-dataset.ts";
import { count, gridOf } from "../components/option-schemas.ts";
import type { KnownDataset, KnownDictionary } from "../dataset.ts";
import { remembered } from "../transforms/remembered.ts";
import { split } from "../transforms/subset.ts";
import { drawnShapes } from "./drawn-shapes.ts";
import { seedOf } from "./sparse-functions.ts";

export interface ShapesOptions {
  readonly grid: Grid;
  readonly samples: number;
  /** Shapes in a sample. Default 4. */
  readonly perSample?: number;
  /** Standard deviation of band-limited noise; a shape has a mean square of 1. Default 0. */
  readonly noise?: number;
  /** Default 0. */
  readonly seed?: number;
}

/** Fourier modes of a shape on each axis: 21 points or more hold it. */
const modes: Modes = [11, 11];
const [rows, columns] = spectrumShape(modes);
/** Points on each axis that shapes are drawn on, so many that what is above their band does not alias into it. */
const canvas: Grid = [128, 128];
/** Width of the dark edge around the pen's stroke, as a standard deviation. */
const edge = 0.07;
/** Samples synthesized at a time, by their points. */
const chunkEntries = 2 ** 20;

/** Fourier coefficients `[n, 21, 11]`. */
interface Coefficients {
  readonly re: Float32Array;
  readonly im: Float32Array;
}

/**
 * Sums of a few shapes that a person can name (ring, disc, square, ..) on the periodic unit square: `x(u) = sum_i a_i d_{k_i}(u - p_i)`, each of a random
 * kind at a random place, also between the points of a grid, with an amplitude uniform in [0.5, 1.5]. Shapes `d_k` have zero mean, a mean square of 1 and
 * no frequency above 10, so that samples are the same functions on every grid; one of fewer than 21 points shows them without the frequencies that it does
 * not hold. Samples are computed when first read, from the seed and their index. Needs a backend in use.
 *
 * @throws SaenoError `shapes.options` for counts that are not positive whole numbers, negative noise, or a grid without two axes.
 */
export function shapes(options: ShapesOptions): KnownDataset {
  const { grid, samples, perSample = 4, noise = 0, seed = 0 } = options;
  for (const [name, value] of Object.entries({ samples, perSample })) {
    if (!Number.isInteger(value) || value < 1)
      throw optionsError(`${name} must be a whole number of at least 1; got ${value}`);
  }
  if (!(noise >= 0 && Number.isFinite(noise))) throw optionsError(`noise must be a number of at least 0; got ${noise}`);
  if (grid.length !== 2 || grid.some((points) => !Number.isInteger(points) || points < 1))
    throw optionsError(`the grid must have a positive number of points on each of two axes; got [${grid.join(", ")}]`);
  const dictionary = shapeSpectra();
  const samplesRandom = createRandom(seed).split("samples");

  function generate(index: number, re: Float32Array, im: Float32Array): void {
    const draw = samplesRandom.split(String(index));
    for (let i = 0; i < perSample; i++) {
      const kind = draw.integer(drawnShapes.length);
      addShifted(dictionary, kind, [draw.uniform(), draw.uniform()], 0.5 + draw.uniform(), { re, im });
    }
    if (noise > 0) addNoise(noise, draw, { re, im });
  }

  const onGrid = (points: Grid): KnownDataset =>
    remembered({
      name: "shapes",
      size: samples,
      grid: points,
      channels: 1,
      at: async (other) => onGrid(other),
      async read(indices) {
        const [size, entries] = [rows * columns, sizeOf(points)];
        const result = new Float32Array(indices.length * entries);
        const chunk = Math.max(1, Math.floor(chunkEntries / entries));
        for (let begin = 0; begin < indices.length; begin += chunk) {
          const taken = Math.min(chunk, indices.length - begin);
          const spectra = { re: new Float32Array(taken * size), im: new Float32Array(taken * size) };
          for (let i = 0; i < taken; i++) {
            const [from, to] = [i * size, (i + 1) * size];
            generate(indices[begin + i], spectra.re.subarray(from, to), spectra.im.subarray(from, to));
          }
          result.set(synthesized(spectra, points), begin * entries);
        }
        return result;
      },
      truth: truthOn(dictionary, points),
    });
  return onGrid(grid);
}

/** Coefficients of all shapes around the origin: without a mean, of mean square 1. */
function shapeSpectra(): Coefficients {
  const drawings = new Float32Array(drawnShapes.length * sizeOf(canvas));
  drawnShapes.forEach(({ ink }, k) => {
    for (let i = 0; i < sizeOf(canvas); i++) {
      const place = [Math.floor(i / canvas[1]) / canvas[0], (i % canvas[1]) / canvas[1]];
      // Drawn around the origin, so that half of a drawing wraps around.
      const [y, x] = place.map((u) => (u < 0.5 ? u : u - 1));
      drawings[k * sizeOf(canvas) + i] = ink(x, y);
    }
  });
  const spectrum = tidy(() => ({ ...analyze(tensor(drawings, [drawnShapes.length, ...canvas, 1]), { modes }) }));
  const [re, im] = [spectrum.re, spectrum.im].map((part) => part.dataSync<"float32">().slice());
  dispose(spectrum);
  const size = rows * columns;
  for (let k = 0; k < drawnShapes.length; k++) {
    let energy = 0;
    for (let i = 0; i < size; i++) {
      // Less a blurred copy of itself: that takes away the mean, and leaves the shape as local as it was.
      const kept = 1 - Math.exp(-2 * (Math.PI * edge) ** 2 * squaredFrequency(i));
      re[k * size + i] *= kept;
      im[k * size + i] *= kept;
      energy += (i % columns === 0 ? 1 : 2) * (re[k * size + i] ** 2 + im[k * size + i] ** 2);
    }
    for (let i = k * size; i < (k + 1) * size; i++) {
      re[i] /= Math.sqrt(energy);
      im[i] /= Math.sqrt(energy);
    }
  }
  return { re, im };
}

/** Adds `a d_k(u - p)` by its coefficients, `a d^(w) exp(-2 pi i <w, p>)`. */
function addShifted(
  { re, im }: Coefficients,
  kind: number,
  place: readonly [number, number],
  amplitude: number,
  to: Coefficients,
): void {
  const size = rows * columns;
  for (let i = 0; i < size; i++) {
    const phase = -2 * Math.PI * (rowFrequency(i) * place[0] + (i % columns) * place[1]);
    const [c, s] = [amplitude * Math.cos(phase), amplitude * Math.sin(phase)];
    const [p, q] = [re[kind * size + i], im[kind * size + i]];
    to.re[i] += c * p - s * q;
    to.im[i] += c * q + s * p;
  }
}

/** Adds Gaussian noise, of the same energy in every frequency of the band. */
function addNoise(deviation: number, draw: Random, to: Coefficients): void {
  const each = deviation / Math.sqrt(2 * rows * (2 * columns - 1));
  for (let i = 0; i < rows * columns; i++) {
    // Those of opposite frequencies are conjugate, as of any real function; both are stored on the first column, and drawn together.
    const stored = i % columns === 0;
    const share = stored ? each / Math.SQRT2 : each;
    const [p, q] = [share * draw.normal(), share * draw.normal()];
    to.re[i] += p;
    to.im[i] += q;
    if (!stored) continue;
    const opposite = (rows - 1) * columns - i;
    to.re[opposite] += p;
    to.im[opposite] -= q;
  }
}

/** Functions by their coefficients on a grid, `[n, ...grid]`, without the frequencies that it does not hold. */
function synthesized({ re, im }: Coefficients, grid: Grid): Float32Array {
  const held = allModes(grid).map((most, axis) => Math.min(most, modes[axis]));
  const shape = [re.length / (rows * columns), ...spectrumShape(held), 1];
  const inside = (values: Float32Array) =>
    tensor(
      values.filter((_, i) => Math.abs(rowFrequency(i % (rows * columns))) < held[0] && i % columns < held[1]),
      shape,
    );
  return hostValues(() => synthesize({ re: inside(re), im: inside(im) }, { grid }));
}

/** The shapes as kernels: on a grid, but for the row and the column farthest from their center where it has even sizes; there is next to nothing. */
function truthOn(spectra: Coefficients, grid: Grid): KnownDictionary {
  const functions = synthesized(spectra, grid);
  const size = grid.map((points) => points - 1 + (points % 2));
  const entries = sizeOf(size);
  const values = Float32Array.from({ length: drawnShapes.length * entries }, (_, flat) => {
    const [k, tap] = [Math.floor(flat / entries), flat % entries];
    const offsets = [Math.floor(tap / size[1]) - (size[0] - 1) / 2, (tap % size[1]) - (size[1] - 1) / 2];
    const [row, column] = offsets.map((offset, axis) => (offset + grid[axis]) % grid[axis]);
    return functions[(k * grid[0] + row) * grid[1] + column] / Math.sqrt(sizeOf(grid));
  });
  return { values, shape: [drawnShapes.length, ...size, 1], names: drawnShapes.map(({ name }) => name) };
}

/** The frequency on the first axis of an entry of a flat spectrum. */
function rowFrequency(entry: number): number {
  return Math.floor(entry / columns) - (modes[0] - 1);
}

function squaredFrequency(entry: number): number {
  return rowFrequency(entry) ** 2 + (entry % columns) ** 2;
}

function optionsError(problem: string): SaenoError {
  return new SaenoError("shapes.options", `Shapes: ${problem}.`);
}

export const shapesComponent: DatasetComponent = defineDataset({
  kind: "shapes",
  summary: "sums of rings, squares, bars and other named shapes at random places; exact on every grid",
  schema: strictObject({
    grid: optional(pipe(gridOf(2), description("points on each axis")), 32),
    perSample: optional(pipe(count, description("shapes in a sample")), 4),
    noise: optional(
      pipe(
        number("must be a number"),
        minValue(0, "must be at least 0"),
        description("standard deviation of band-limited noise; a shape has a mean square of 1"),
      ),
      0,
    ),
  }),
  shorthand: { option: "grid" },
  open(options, { limit = 5000, test = 500, seed }) {
    return split(shapes({ ...options, samples: limit + test, seed: seedOf("shapes", seed) }), { test });
  },
});
