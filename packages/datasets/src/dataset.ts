import type { Grid } from "@saeno/backend";

/** The dictionary that data was made from, its atoms of unit norm: centered kernels `[K, ...s, C]` or vectors `[K, n]`. */
export interface KnownDictionary {
  readonly values: Float32Array;
  readonly shape: readonly number[];
}

/** Samples of one shape, read by index. Host memory only; what goes on the device is up to the caller. */
export interface Dataset {
  readonly name: string;
  readonly size: number;
  /** `[]` for vectors. */
  readonly grid: Grid;
  /** For vectors their length. */
  readonly channels: number;
  /** Values `[indices.length, ...grid, channels]`, row-major. */
  read(indices: ArrayLike<number>): Promise<Float32Array>;
  /** The same samples as they are on another grid. Absent where only interpolation could give them (`datasetOn`). */
  at?(grid: Grid): Promise<Dataset>;
  /** Absent where it is not known. */
  readonly truth?: KnownDictionary;
}

/** A dataset whose dictionary is known. */
export interface KnownDataset extends Dataset {
  readonly truth: KnownDictionary;
}
