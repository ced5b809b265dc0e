import { type Grid, SaenoError, sizeOf } from "@saeno/backend";
import type { Dataset } from "../dataset.ts";
import { flatten } from "./flatten.ts";
import { resampleDataset } from "./resample.ts";

export interface RotateOptions {
  /** Counter-clockwise as a picture is shown, rows downwards. */
  readonly degrees: number;
  /** What stays where it is, in points from the first; default the center of the grid, `(n - 1) / 2` on each axis. */
  readonly center?: readonly [number, number];
  /** Keep only a window of this size about the center; default all of the grid. */
  readonly crop?: Grid;
}

/** Points of the grid each rotated point is made of, four each, and their weights. */
interface Corners {
  readonly points: Int32Array;
  readonly weights: Float64Array;
}

/** How far outside of the grid a point may fall by rounding, in points. */
const tolerance = 1e-9;

/**
 * The functions of two axes rotated about the center of their grid or another, all channels alike, computed when read in host memory.
 * A value between points is interpolated bilinearly, one outside of the grid is zero: as `scipy.ndimage.rotate(x, degrees, order=1, reshape=False)`.
 * Points rotate, distances on both axes counting alike. With `crop` the window about the center is kept afterwards (toward the first row and column by
 * half a point where it cannot be central), so that samples on a larger grid leave no empty corners. Turns by 90 degrees of a square grid are exact.
 *
 * @throws SaenoError `dataset.rotate` for samples without two axes, a window larger than the grid, or degrees that are not finite.
 */
export function rotateDataset(dataset: Dataset, options: RotateOptions): Dataset {
  const { degrees, crop = dataset.grid } = options;
  checkOptions(dataset, degrees, crop);
  if (degrees % 360 === 0 && crop.join() === dataset.grid.join()) return dataset;
  const [height, width] = dataset.grid;
  const { center = [(height - 1) / 2, (width - 1) / 2] } = options;
  const { points, weights } = cornersOf(dataset.grid, crop, degrees, center);
  const { channels } = dataset;
  const [from, to] = [sizeOf(dataset.grid) * channels, sizeOf(crop) * channels];
  const { at: _, truth: __, ...shared } = dataset;
  return {
    ...shared,
    grid: crop,
    async read(indices) {
      const values = await dataset.read(indices);
      const result = new Float32Array(indices.length * to);
      for (let i = 0; i < result.length; i++) {
        const entry = i % to;
        const [corner, channel] = [4 * Math.floor(entry / channels), entry % channels];
        const start = Math.floor(i / to) * from + channel;
        let sum = 0;
        for (let j = corner; j < corner + 4; j++) sum += weights[j] * values[start + points[j] * channels];
        result[i] = sum;
      }
      return result;
    },
  };
}

/** How much finer than the data's the grid is on which functions are turned. */
const turningGrid = 4;

/**
 * Functions of two axes turned counter-clockwise about the center of their grid, `(n - 1) / 2`: on a finer grid, where interpolating between points does not
 * blur them. Vectors turn as the functions they were. Needs a backend in use.
 *
 * @param sampleShape `[...N, C]` of a sample before it was flattened, if it was.
 * @throws SaenoError as {@link rotateDataset}.
 */
export function rotateFunctions(dataset: Dataset, degrees: number, sampleShape?: readonly number[]): Dataset {
  if (dataset.grid.length === 0 && sampleShape !== undefined && sampleShape.length > 1) {
    const functions = { ...dataset, grid: sampleShape.slice(0, -1), channels: sampleShape[sampleShape.length - 1] };
    return flatten(rotateFunctions(functions, degrees));
  }
  const { grid } = dataset;
  checkOptions(dataset, degrees, grid);
  const [height, width] = grid.map((points) => (turningGrid * (points - 1)) / 2);
  const fine = resampleDataset(
    dataset,
    grid.map((points) => turningGrid * points),
  );
  return resampleDataset(rotateDataset(fine, { degrees, center: [height, width] }), grid);
}

function checkOptions(dataset: Dataset, degrees: number, crop: Grid): void {
  const { name, grid } = dataset;
  if (grid.length !== 2) {
    throw new SaenoError(
      "dataset.rotate",
      `Only functions on two axes can be rotated; those of "${name}" are on the grid [${grid.join(", ")}].`,
    );
  }
  if (!Number.isFinite(degrees))
    throw new SaenoError("dataset.rotate", `degrees must be a finite number; got ${degrees}.`);
  if (crop.length !== 2 || crop.some((n, axis) => !Number.isInteger(n) || n < 1 || n > grid[axis])) {
    throw new SaenoError(
      "dataset.rotate",
      `crop must be a window of at most the grid [${grid.join(", ")}] of "${name}"; got [${crop.join(", ")}].`,
    );
  }
}

/** Where the points of the window come from: each is turned back about the center. */
function cornersOf(
  grid: Grid,
  crop: Grid,
  degrees: number,
  [centerRow, centerColumn]: readonly [number, number],
): Corners {
  const [height, width] = grid;
  const [rows, columns] = crop;
  const [cosine, sine] = cosineAndSine(degrees);
  const [top, left] = [Math.floor((height - rows) / 2), Math.floor((width - columns) / 2)];
  const points = new Int32Array(4 * rows * columns);
  const weights = new Float64Array(4 * rows * columns);
  for (let i = 0; i < rows * columns; i++) {
    const down = top + Math.floor(i / columns) - centerRow;
    const right = left + (i % columns) - centerColumn;
    const row = between(cosine * down + sine * right + centerRow, height);
    const column = between(cosine * right - sine * down + centerColumn, width);
    if (row === undefined || column === undefined) continue;
    for (const [corner, [r, rowWeight]] of row.entries()) {
      for (const [other, [c, columnWeight]] of column.entries()) {
        points[4 * i + 2 * corner + other] = r * width + c;
        weights[4 * i + 2 * corner + other] = rowWeight * columnWeight;
      }
    }
  }
  return { points, weights };
}

/** The two points of an axis that a place lies between, with their weights; nothing outside of `0 .. size - 1`. */
function between(place: number, size: number): readonly (readonly [number, number])[] | undefined {
  if (place < -tolerance || place > size - 1 + tolerance) return undefined;
  const inside = Math.min(Math.max(place, 0), size - 1);
  const first = Math.floor(inside);
  return [
    [first, 1 - (inside - first)],
    [Math.min(first + 1, size - 1), inside - first],
  ];
}

/** Exact at multiples of 90 degrees, where `Math.cos` leaves 6e-17. */
function cosineAndSine(degrees: number): readonly [number, number] {
  const turn = degrees % 360;
  const quarters = (turn / 90 + 4) % 4;
  if (Number.isInteger(quarters)) return [[1, 0, -1, 0][quarters], [0, 1, 0, -1][quarters]];
  const angle = (turn * Math.PI) / 180;
  return [Math.cos(angle), Math.sin(angle)];
}
