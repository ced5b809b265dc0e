import { type Grid, sizeOf } from "@saeno/backend";
import { descending, max, min, range, sum } from "d3-array";
import { colorMap, vectorColor } from "./color-map.ts";
import { blankPicture, type Picture } from "./picture.ts";

/** A function on a grid: values `[...N, C]`, row by row. */
export interface GridFunction {
  readonly values: Float32Array | readonly number[];
  readonly grid: Grid;
  readonly channels: number;
}

/** What a picture shows of a function: two axes, and one channel, the two of a vector, or the three of a color. NaN is left blank. */
export interface Plane {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 2 | 3;
  readonly values: Float32Array;
}

/** Channels drawn of a function that has more than a color, at most. */
export const mostChannels = 4;

/** The channels that a picture shows: all up to three, of more the four that are strongest in these functions. */
export function shownChannels(channels: number, ...functions: readonly GridFunction[]): number[] {
  if (channels <= 3) return range(channels);
  const energy = range(channels).map((channel) =>
    sum(functions, (each) => sum(channelOf(each, channel), (value) => finite(value) ** 2)),
  );
  return range(channels)
    .sort((a, b) => descending(energy[a], energy[b]) || a - b)
    .slice(0, mostChannels);
}

/** One channel of a function. */
export function channelOf({ values, channels }: GridFunction, channel: number): Float32Array {
  return Float32Array.from({ length: values.length / channels }, (_, n) => values[n * channels + channel]);
}

/**
 * The plane of a function on two or three axes: a volume becomes its views along each axis; more than three channels become tiles, those that are
 * named or else the strongest, row by row. A function on one axis is a plane one pixel high.
 */
export function planeOf(field: GridFunction, shown: readonly number[] = shownChannels(field.channels, field)): Plane {
  const { channels } = field;
  if (channels === 1 || channels === 2 || channels === 3) return { ...flat(field), channels };
  const tiles = shown.map((channel) => flat({ grid: field.grid, values: channelOf(field, channel), channels: 1 }));
  const columns = Math.ceil(Math.sqrt(tiles.length));
  const [width, height] = [tiles[0]?.width ?? 1, tiles[0]?.height ?? 1];
  const gap = gapOf(width, height);
  const sheet = sheetOf(columns * (width + gap) - gap, Math.ceil(tiles.length / columns) * (height + gap) - gap, 1);
  for (const [i, tile] of tiles.entries()) {
    place(sheet, tile, (i % columns) * (width + gap), Math.floor(i / columns) * (height + gap));
  }
  return { ...sheet, channels: 1 };
}

/** The lengths of a function's values over its channels, as a plane: what lies faintly beneath a map. */
export function lengthPlane({ values, grid, channels }: GridFunction): Plane {
  const lengths = Float32Array.from({ length: values.length / channels }, (_, n) => lengthAt(values, n, channels));
  return { ...flat({ grid, values: lengths, channels: 1 }), channels: 1 };
}

interface Sheet {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly values: Float32Array;
}

/** A function on up to two axes as it is, a volume as its three views: along the first axis, below it along the second, beside it along the third. */
function flat(field: GridFunction): Sheet {
  const { grid, channels } = field;
  if (grid.length < 3) {
    const [height, width] = [grid.at(-2) ?? 1, grid.at(-1) ?? 1];
    return { width, height, channels, values: Float32Array.from(field.values) };
  }
  const [depth, height, width] = grid;
  const gap = gapOf(width, height);
  const sheet = sheetOf(width + gap + depth, height + gap + depth, channels);
  place(sheet, view(field, [1, 2], 0), 0, 0);
  place(sheet, view(field, [0, 2], 1), 0, height + gap);
  place(sheet, view(field, [1, 0], 2), width + gap, 0);
  return sheet;
}

/** A volume seen along an axis: of each line of sight the value of largest magnitude. */
function view(
  { values, grid, channels }: GridFunction,
  [rows, columns]: readonly [number, number],
  along: number,
): Sheet {
  const steps = grid.map((_, axis) => sizeOf(grid.slice(axis + 1)));
  const [height, width] = [grid[rows], grid[columns]];
  const seen = new Float32Array(width * height * channels);
  for (let i = 0; i < width * height; i++) {
    const start = Math.floor(i / width) * steps[rows] + (i % width) * steps[columns];
    const points = range(grid[along]).map((n) => start + n * steps[along]);
    const strongest = points.reduce((a, b) => (lengthAt(values, b, channels) > lengthAt(values, a, channels) ? b : a));
    for (let c = 0; c < channels; c++) seen[i * channels + c] = values[strongest * channels + c];
  }
  return { width, height, channels, values: seen };
}

function lengthAt(values: GridFunction["values"], point: number, channels: number): number {
  let squares = 0;
  for (let c = point * channels; c < (point + 1) * channels; c++) squares += values[c] ** 2;
  return Math.sqrt(squares);
}

function sheetOf(width: number, height: number, channels: number): Sheet {
  return { width, height, channels, values: new Float32Array(width * height * channels).fill(Number.NaN) };
}

/** Points between parts of a picture. */
function gapOf(width: number, height: number): number {
  return Math.max(1, Math.round(Math.max(width, height) / 16));
}

function place(sheet: Sheet, part: Sheet, left: number, top: number): void {
  const row = part.width * part.channels;
  for (let y = 0; y < part.height; y++) {
    sheet.values.set(part.values.subarray(y * row, (y + 1) * row), ((top + y) * sheet.width + left) * sheet.channels);
  }
}

/**
 * How values become colors: `diverging` from -limit to limit, `gray` from low to high, `vectors` their direction as hue, of depth up to a length of
 * limit.
 */
export type ColorRange =
  | { readonly kind: "diverging" | "vectors"; readonly limit: number }
  | { readonly kind: "gray"; readonly low: number; readonly high: number };

/** The range symmetric about zero that just holds the planes. */
export function symmetricRange(...planes: readonly Plane[]): Exclude<ColorRange, { readonly kind: "gray" }> {
  if (planes[0]?.channels === 2) {
    const longest = ({ values }: Plane) => max(range(values.length / 2), (n) => finite(lengthAt(values, n, 2)));
    return { kind: "vectors", limit: max(planes, longest) || 1 };
  }
  return { kind: "diverging", limit: max(planes, ({ values }) => largestMagnitude(values)) || 1 };
}

/** The range for data: gray from black to white where nothing is negative in the whole of it, as in pictures; otherwise symmetric about zero. */
export function dataRange(plane: Plane, signed: boolean = hasNegative(plane.values)): ColorRange {
  const symmetric = symmetricRange(plane);
  if (symmetric.kind === "vectors" || signed) return symmetric;
  return { kind: "gray", low: 0, high: symmetric.limit };
}

export function hasNegative(values: Iterable<number>): boolean {
  return (min(values, finite) ?? 0) < 0;
}

/** The largest magnitude among the finite values; 0 where there is none. */
export function largestMagnitude(values: Iterable<number>): number {
  return max(values, (value) => Math.abs(finite(value))) ?? 0;
}

function finite(value: number): number {
  return Number.isFinite(value) ? value : Number.NaN;
}

/**
 * A plane in color, one pixel per grid point. Three channels become red, green and blue; under a diverging range zero is mid-gray.
 * What is not a number is transparent.
 */
export function planePicture({ width, height, channels, values }: Plane, range: ColorRange): Picture {
  const picture = blankPicture(width, height);
  const { rgba } = picture;
  const { kind } = range;
  for (let i = 0; i < width * height; i++) {
    const at = i * channels;
    if (isMissing(values, at, channels)) continue;
    rgba[4 * i + 3] = 255;
    if (kind !== "vectors" && channels > 1) {
      for (let c = 0; c < channels; c++) rgba[4 * i + c] = byteOf(values[at + c], range);
      continue;
    }
    const color =
      kind === "vectors"
        ? vectorColor(values[at] / range.limit, values[at + 1] / range.limit)
        : colorMap(kind, level(values[at], range));
    for (let c = 0; c < 3; c++) rgba[4 * i + c] = color[c];
  }
  return picture;
}

function isMissing(values: Float32Array, at: number, channels: number): boolean {
  for (let i = at; i < at + channels; i++) if (Number.isNaN(values[i])) return true;
  return false;
}

function level(value: number, range: ColorRange): number {
  return range.kind === "gray" ? (value - range.low) / (range.high - range.low || 1) : value / range.limit;
}

/** A value as red, green or blue. */
function byteOf(value: number, range: ColorRange): number {
  const share = range.kind === "diverging" ? (level(value, range) + 1) / 2 : level(value, range);
  return Math.min(255, Math.max(0, Math.round(255 * share)));
}
