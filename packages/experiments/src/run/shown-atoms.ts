import type { Grid } from "@saeno/backend";
import type { SparseAutoencoder } from "@saeno/core";

/** Atoms as plain numbers, to be drawn. */
export interface ShownAtoms {
  /** Row by row. */
  readonly values: Float32Array;
  /** `[K, ...N, C]` for functions and kernels, `[K, n]` for vectors. */
  readonly shape: readonly number[];
  /** Concepts in the order they are shown. Default: the most used first. */
  readonly order?: readonly number[];
  /** The shape `[...N, C]` that vectors were flattened from, if they were. */
  readonly sampleShape?: readonly number[];
}

/** A model's atoms: spectral ones on the data's grid, vectors with the shape they were flattened from, kernels as they are. */
export async function shownAtoms(
  { dictionary }: SparseAutoencoder,
  { grid, sampleShape }: { readonly grid: Grid; readonly sampleShape?: readonly number[] | undefined },
): Promise<ShownAtoms> {
  const { kind } = dictionary;
  const atoms = dictionary.atoms(kind === "fourier" ? { grid } : {});
  const values = Float32Array.from(await atoms.data());
  const { shape } = atoms;
  atoms.dispose();
  return {
    values,
    shape,
    ...(kind === "dense" && sampleShape !== undefined ? { sampleShape } : {}),
  };
}
