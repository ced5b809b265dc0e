import type { Grid } from "@saeno/backend";
import { sizeOf } from "@saeno/backend";
import type { Dictionary } from "@saeno/core";

/** A function on a grid as it is drawn, `[...grid, channels]`. */
export interface DrawnFunction {
  readonly values: Float32Array;
  readonly grid: Grid;
  readonly channels: number;
}

/** Values as a function of some shape `[...N, C]`. */
export function drawn(values: Float32Array, shape: readonly number[]): DrawnFunction {
  return { values, grid: shape.slice(0, -1), channels: shape.at(-1) ?? 1 };
}

/** All atoms of a dictionary in host memory, `[K, ...N, C]`. */
export interface Atoms {
  readonly values: Float32Array;
  /** `[...N, C]` of one; of vectors the shape that they were flattened from. */
  readonly shape: readonly number[];
}

/** Numbers of all atoms together, at most. */
const mostEntries = 2 ** 26;

/**
 * Atoms with their origin in the center.
 *
 * @param grid for atoms that are functions on any; a coarser one is taken where all of them would not fit.
 * @param sampleShape `[...N, C]` that vectors were flattened from.
 */
export async function readAtoms(
  dictionary: Dictionary,
  grid: Grid | undefined,
  sampleShape: readonly number[],
): Promise<Atoms> {
  const isVector = dictionary.domain === "vectors";
  const isFree = !isVector && dictionary.bandLimit !== undefined;
  const atoms = dictionary.atoms(
    isFree && grid !== undefined && grid.length > 0 ? { grid: affordable(dictionary, grid) } : {},
  );
  const values = await atoms.data<"float32">();
  atoms.dispose();
  return { values, shape: isVector ? sampleShape : atoms.shape.slice(1) };
}

export function atomOf({ values, shape }: Atoms, concept: number): DrawnFunction {
  const size = sizeOf(shape);
  return drawn(values.slice(concept * size, (concept + 1) * size), shape);
}

function affordable({ conceptCount, channels }: Dictionary, grid: Grid): Grid {
  const share = mostEntries / (conceptCount * channels * sizeOf(grid));
  return share >= 1 ? grid : grid.map((points) => Math.max(4, Math.floor(points * share ** (1 / grid.length))));
}
