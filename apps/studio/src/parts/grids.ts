import type { Grid } from "@saeno/backend";

/** Points on an axis of a small picture, at most. */
const mostPoints = 48;

/** A grid for small pictures. */
export function smallGrid(grid: Grid): Grid {
  return grid.map((points) => Math.min(points, mostPoints));
}

/** A grid in proportion, with so many points on its first axis. */
export function gridWith(grid: Grid, points: number): Grid {
  return grid.map((own) => Math.round((own * points) / (grid[0] ?? 1)));
}
