import { sizeOf } from "@saeno/backend";
import type { GridFunction } from "./grid-function.ts";
import type { ReportAtoms } from "./report-data.ts";
import { rollOrigin } from "./roll-origin.ts";

/**
 * The atom of a concept as it is drawn: the origin in the middle, a vector in the shape it was flattened from, or else as a
 * function on a line.
 */
export function atomFunction(atoms: ReportAtoms, concept: number): GridFunction {
  const size = sizeOf(atoms.shape.slice(1));
  const values = atoms.values.subarray(concept * size, (concept + 1) * size);
  const shape = atoms.sampleShape ?? (atoms.shape.length === 2 ? [size, 1] : atoms.shape.slice(1));
  const atom = { values, grid: shape.slice(0, -1), channels: shape.at(-1) ?? 1 };
  return atoms.originAtZero === true ? rollOrigin(atom) : atom;
}
