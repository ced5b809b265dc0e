import { type Grid, sizeOf } from "@saeno/backend";
import type { ReportModel } from "./report-data.ts";

export interface ResolutionPoint {
  readonly grid: Grid;
  /** Points an axis: the geometric mean over axes. */
  readonly points: number;
  readonly relativeError: number;
}

/** The errors of a model by falling coarseness: those on other grids, and that of its evaluation. None when there are no others. */
export function resolutionPoints({
  evaluation,
  resolution = [],
}: Pick<ReportModel, "evaluation" | "resolution">): ResolutionPoint[] {
  if (resolution.length === 0) return [];
  const own = resolution.some(({ grid }) => grid.join() === evaluation.grid.join()) ? [] : [evaluation];
  return [...own, ...resolution]
    .filter(({ grid }) => grid.length > 0)
    .map(({ grid, relativeError }) => ({ grid, points: sizeOf(grid) ** (1 / grid.length), relativeError }))
    .sort((a, b) => a.points - b.points);
}
