import { SaenoError } from "@saeno/backend";
import { conceptsForShare } from "@saeno/metrics";

/** What summary.json of a run folder says, as far as numbers are taken from it. */
export type RunSummary = Readonly<Record<string, unknown>>;

/**
 * The numbers of a run by name: every number of its summary.json (`relativeError`, `l0`, `recovery.error`, ..), `inUse` (concepts that are
 * not dead), `conceptsFor90Uses` (the fewest that make up 90 % of all uses), the relative error on each grid, `relativeError@112` or `relativeError@64x48`, and the rise of the squared error of rotated
 * samples, `rise@45`.
 */
export function runNumbers(summary: RunSummary): ReadonlyMap<string, number> {
  const numbers = new Map<string, number>();
  collect("", summary, numbers);
  const { utilisation, dead, resolution, rotation, grid, relativeError } = summary;
  if (Array.isArray(utilisation) && typeof dead === "number") {
    numbers.set("inUse", utilisation.length - dead);
    numbers.set("conceptsFor90Uses", conceptsForShare(utilisation, 0.9));
  }
  const own = Array.isArray(grid) && grid.length > 0 ? [{ grid, relativeError }] : [];
  for (const entry of [...own, ...(Array.isArray(resolution) ? resolution : [])])
    numbers.set(`relativeError@${gridLabel(entry.grid)}`, entry.relativeError);
  for (const { degrees, rise } of Array.isArray(rotation) ? rotation : []) numbers.set(`rise@${degrees}`, rise);
  return numbers;
}

/** @throws SaenoError `run.number` naming those there are. */
export function runNumber(summary: RunSummary, name: string): number {
  const numbers = runNumbers(summary);
  const found = numbers.get(name);
  if (found !== undefined) return found;
  throw new SaenoError("run.number", `A run has no number "${name}". It has ${[...numbers.keys()].join(", ")}.`);
}

function collect(prefix: string, part: object, numbers: Map<string, number>): void {
  for (const [key, value] of Object.entries(part)) {
    if (typeof value === "number") numbers.set(prefix + key, value);
    else if (typeof value === "object" && value !== null && !Array.isArray(value))
      collect(`${prefix}${key}.`, value, numbers);
  }
}

/** `28` for a grid of equal sides, else `28x42`. */
export function gridLabel(grid: readonly number[]): string {
  return grid.every((points) => points === grid[0]) ? String(grid[0]) : grid.join("x");
}
