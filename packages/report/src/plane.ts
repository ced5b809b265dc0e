import { sizeOf } from "@saeno/backend";
import type { GridFunction } from "./grid-function.ts";

/** What a picture shows of a function: two axes, and one channel or the three of a color picture. */
export interface Plane {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly values: Float32Array;
  /** The values are norms over channels, so never negative. */
  readonly norm: boolean;
}

/**
 * The plane of a function on two or three axes: of three, the middle slice of the first. One and three channels stay what they
 * are, any other number becomes its Euclidean norm. A function on one axis is a plane one pixel high.
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
