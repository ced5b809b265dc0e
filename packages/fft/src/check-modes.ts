import { type Grid, type Modes, SaenoError } from "@saeno/backend";

/**
 * Checks that modes are positive integers, one per axis of the grid, and that the grid holds them.
 *
 * @throws SaenoError `fft.modes` for modes that are not positive integers or of the wrong number, `fft.grid` for a grid that is too small:
 *   the message names the axis, its size and the smallest size that works.
 */
export function checkModes(modes: Modes, grid: Grid): void {
  if (modes.length < 1 || modes.length > 3 || modes.some((m) => !Number.isInteger(m) || m < 1)) {
    throw new SaenoError("fft.modes", `Modes must be one to three positive integers; got [${modes.join(", ")}].`);
  }
  if (modes.length !== grid.length) {
    throw new SaenoError(
      "fft.modes",
      `Modes must have one number per axis of the grid; got [${modes.join(", ")}] for ${describe(grid)}.`,
    );
  }
  modes.forEach((m, axis) => {
    const smallest = 2 * m - 1;
    const points = grid[axis];
    if (points < smallest) {
      throw new SaenoError(
        "fft.grid",
        `Axis ${axis + 1} has ${points} points, too few for ${m} modes: at least ${smallest} are needed. ` +
          `Use a finer grid, or at most ${Math.floor((points + 1) / 2)} modes on that axis.`,
      );
    }
  });
}

/** The most modes that a grid holds: every frequency below Nyquist. */
export function allModes(grid: Grid): number[] {
  return grid.map((points) => Math.floor((points + 1) / 2));
}

function describe(grid: Grid): string {
  return grid.length === 0 ? "vectors, which have no grid" : `a grid of ${grid.join(" x ")}`;
}
