import type { Grid } from "@saeno/backend";

/** `28 × 28`; a vector has no grid. */
export function formatGrid(grid: Grid): string {
  return grid.length === 0 ? "vectors" : grid.join(" × ");
}
