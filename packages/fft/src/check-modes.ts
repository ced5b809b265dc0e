import { type Grid, type Modes, SaenoError } from "@saeno/backend";

/**
 * Checks that modes are whole numbers of at least 1, one for each axis of the grid, and that the grid holds them.
 *
 * @throws SaenoError `fft.modes` for modes that are no modes or of the wrong number, `fft.grid` for a grid too small:
 *   the message names the axis, its size and the smallest that works.
 */
export function checkModes(modes: Modes, grid: Grid): void {
  if (modes.length < 1 || modes.length > 3 || modes.some((m) => !Number.isInteger(m) || m < 1)) {
    throw new SaenoError("fft.modes", `Modes are one to three whole numbers of at least 1; got [${modes.join(", ")}].`);
  }
  if (modes.length !== grid.length) {
    throw new SaenoError(
      "fft.modes",
      `${modes.length} modes for a grid of ${grid.length} axes: [${modes.join(", ")}] and ${describe(grid)}. Give one number for each axis.`,
    );
  }
  modes.forEach((m, axis) => {
    const smallest = 2 * m - 1;
    const points = grid[axis];
    if (points < smallest) {
      throw new SaenoError(
        "fft.grid",
        `Axis ${axis + 1} has ${points} points, too few for ${m} modes: at least ${smallest} are needed. ` +
          `Use a finer grid or at most ${Math.floor((points + 1) / 2)} modes there.`,
      );
    }
  });
}

/** The most modes that a grid holds: every frequency below Nyquist. */
export function allModes(grid: Grid): number[] {
  return grid.map((points) => Math.floor((points + 1) / 2));
}

function describe(grid: Grid): string {
  return grid.length === 0 ? "no grid" : grid.join(" x ");
}
