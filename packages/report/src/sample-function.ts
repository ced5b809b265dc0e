import type { GridFunction } from "./grid-function.ts";
import type { ReportAtoms, ReportSample } from "./report-data.ts";

/** Values of a sample as they are drawn: a vector in the shape it was flattened from, or else as a function on a line. */
export function sampleFunction(
  values: ArrayLike<number>,
  { grid, channels }: Pick<ReportSample, "grid" | "channels">,
  { sampleShape }: Pick<ReportAtoms, "sampleShape">,
): GridFunction {
  if (grid.length > 0) return { values, grid, channels };
  const shape = sampleShape ?? [channels, 1];
  return { values, grid: shape.slice(0, -1), channels: shape.at(-1) ?? 1 };
}
