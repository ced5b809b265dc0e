import { SaenoError } from "@saeno/backend";
import { conceptsForShare } from "@saeno/metrics";
import { gridLabel } from "../data/grids.ts";

/** What summary.json of a run folder says, as far as numbers are taken from it. */
export type RunSummary = Readonly<Record<string, unknown>>;

/**
 * The numbers of a run by name: every number of its summary.json (`relativeError`, `l0`, `recovery.error`, ..); `inUse` (concepts that are
 * not dead) and `conceptsFor90Uses` (the fewest that make up 90 % of all uses); on each grid `relativeError@112` or `relativeError@64x48`,
 * of spectral concepts `lowPassError@112` (what the dropped modes alone cost) and `keptError@112` (the error within the kept ones, whose square
 * is the rest); of rotated samples `relativeError@45deg` and `rise@45deg`, the relative rise of the squared error.
 */
export function runNumbers(summary: RunSummary): ReadonlyMap<string, number> {
  const numbers = new Map<string, number>();
  collect("", summary, numbers);
  const { utilization, dead, resolution, rotation, grid } = summary;
  if (Array.isArray(utilization) && typeof dead === "number") {
    numbers.set("inUse", utilization.length - dead);
    numbers.set("conceptsFor90Uses", conceptsForShare(utilization, 0.9));
  }
  const own = Array.isArray(grid) && grid.length > 0 ? [summary] : [];
  for (const entry of [...own, ...(Array.isArray(resolution) ? resolution : [])]) {
    const { relativeError, lowPassError } = entry;
    const at = gridLabel(entry.grid);
    numbers.set(`relativeError@${at}`, relativeError);
    if (lowPassError === undefined) continue;
    numbers.set(`lowPassError@${at}`, lowPassError);
    numbers.set(`keptError@${at}`, Math.sqrt(Math.max(0, relativeError ** 2 - lowPassError ** 2)));
  }
  for (const { degrees, relativeError, rise } of Array.isArray(rotation) ? rotation : []) {
    numbers.set(`relativeError@${degrees}deg`, relativeError);
    numbers.set(`rise@${degrees}deg`, rise);
  }
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
