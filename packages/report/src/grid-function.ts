import type { Grid } from "@saeno/backend";

/** A function on a grid: values `[...N, C]`, row by row. */
export interface GridFunction {
  readonly values: ArrayLike<number>;
  readonly grid: Grid;
  readonly channels: number;
}
