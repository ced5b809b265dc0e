import { type Grid, SaenoError } from "@saeno/backend";

/**
 * One number for all axes, or one for each, as a grid.
 *
 * @param what the setting, for the error.
 * @throws SaenoError `data.grid`.
 */
export function gridOf(what: string, given: number | readonly number[], axes: number): Grid {
  const sizes = typeof given === "number" ? [given] : given;
  const grid = sizes.length === 1 ? Array<number>(axes).fill(sizes[0]) : [...sizes];
  if (grid.length !== axes || grid.some((n) => !Number.isInteger(n) || n < 1)) {
    throw new SaenoError(
      "data.grid",
      `${what}: "${sizes.join("x")}" is not a grid with ${axes} ${axes === 1 ? "axis" : "axes"}; write sizes such as 64 or 64x48.`,
    );
  }
  return grid;
}

/** `28 x 42`, for people. */
export function gridName(grid: Grid): string {
  return grid.length === 0 ? "vectors" : grid.join(" x ");
}
