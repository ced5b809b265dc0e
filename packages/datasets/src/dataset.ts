import type { Grid } from "@saeno/backend";

/** Samples of one shape, read by index. Host memory only; what goes on the device is up to the caller. */
export interface Dataset {
  readonly name: string;
  readonly size: number;
  /** `[]` for vectors. */
  readonly grid: Grid;
  /** For vectors their length. */
  readonly channels: number;
  /** Values `[indices.length, ...grid, channels]`, row-major. */
  read(indices: ArrayLike<number>): Float32Array;
}
