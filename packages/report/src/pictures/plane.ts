import { type Grid, sizeOf } from "@saeno/backend";
import { max, min } from "d3-array";
import { colorMap } from "./color-map.ts";
import { blankPicture, type Picture } from "./picture.ts";

/** A function on a grid: values `[...N, C]`, row by row. */
export interface GridFunction {
  readonly values: Float32Array | readonly number[];
  readonly grid: Grid;
  readonly channels: number;
}

/** What a picture shows of a function: two axes, and either one channel or the three of a color picture. */
export interface Plane {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly values: Float32Array;
  /** The values are norms over channels, so never negative. */
  readonly norm: boolean;
}

/**
 * The plane of a function on two or three axes: of three, the middle slice of the first. One and three channels stay as they are, any
 * other number becomes its Euclidean norm. A function on one axis is a plane one pixel high.
 */
export function planeOf({ values, grid, channels }: GridFunction): Plane {
  const [height, width] = [grid.at(-2) ?? 1, grid.at(-1) ?? 1];
  const slices = sizeOf(grid.slice(0, -2));
  const size = width * height * channels;
  const start = Math.floor(slices / 2) * size;
  const slice = Float32Array.from({ length: size }, (_, i) => values[start + i]);
  if (channels === 1 || channels === 3) return { width, height, channels, values: slice, norm: false };
  const norms = Float32Array.from({ length: width * height }, (_, i) =>
    Math.hypot(...slice.subarray(i * channels, (i + 1) * channels)),
  );
  return { width, height, channels: 1, values: norms, norm: true };
}

/** How values become colors: `diverging` from -limit to limit, `sequential` from 0 to limit, `gray` from low to high. */
export type ColorRange =
  | { readonly kind: "diverging"; readonly limit: number }
  | { readonly kind: "sequential"; readonly limit: number }
  | { readonly kind: "gray"; readonly low: number; readonly high: number };

/** The range symmetric about zero that just holds the planes; norms, which have no sign, are sequential. */
export function symmetricRange(...planes: readonly Plane[]): Exclude<ColorRange, { readonly kind: "gray" }> {
  const limit = max(planes, ({ values }) => largestMagnitude(values)) || 1;
  return { kind: planes.some(({ norm }) => norm) ? "sequential" : "diverging", limit };
}

/** The range for data: gray from black to white where nothing is negative, as in pictures; otherwise symmetric about zero. */
export function dataRange(...planes: readonly Plane[]): ColorRange {
  const symmetric = symmetricRange(...planes);
  const low = min(planes, ({ values }) => min(values, finite)) ?? 0;
  if (symmetric.kind === "sequential" || low < 0) return symmetric;
  return { kind: "gray", low: 0, high: symmetric.limit };
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
  for (let i = 0; i < width * height; i++) {
    const pixel = values.subarray(i * channels, (i + 1) * channels);
    if (pixel.some(Number.isNaN)) continue;
    const levels = pixel.map((value) => scaled(value, range));
    const color =
      channels === 1
        ? colorMap(range.kind, levels[0])
        : levels.map((level) =>
            Math.min(255, Math.max(0, Math.round(255 * (range.kind === "diverging" ? (level + 1) / 2 : level)))),
          );
    picture.rgba.set([...color, 255], 4 * i);
  }
  return picture;
}

function scaled(value: number, range: ColorRange): number {
  return range.kind === "gray" ? (value - range.low) / (range.high - range.low || 1) : value / range.limit;
}
