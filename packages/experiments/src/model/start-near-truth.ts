import { type Grid, type Random, SaenoError } from "@saeno/backend";
import { convDictionary, type SparseAutoencoder } from "@saeno/core";
import type { Dataset, KnownDictionary } from "@saeno/datasets";
import { add, mul, type Tensor, tensor, tidy } from "@tensorflow/tfjs-core";

/**
 * The dictionary that data was made from, for a model that starts near it.
 *
 * @throws SaenoError `config.value` where it is not known.
 */
export function knownStart({ name, truth }: Dataset): KnownDictionary {
  if (truth !== undefined) return truth;
  throw startError(`needs data whose dictionary is known, as the model sees it; that of ${name} is not`);
}

/**
 * Moves a model's dictionary to a known one plus Gaussian noise of a share of each atom's norm, of unit norm again; an encoder with
 * atoms of its own starts there too. Atoms of a lifted model are those lifted. Next to those of kernels, codes of spectra are
 * `sqrt(|N|)` times as large (specification: Propositions, 3), and a step of gradient descent is the same at the same rate.
 */
export function startNearTruth(
  { dictionary, encoder }: SparseAutoencoder,
  { values, shape }: KnownDictionary,
  { grid, noise, random }: { readonly grid: Grid; readonly noise: number; readonly random: Random },
): void {
  if (dictionary.conceptCount !== shape[0])
    throw startError(`starts at all ${shape[0]} concepts of the data; got --concepts ${dictionary.conceptCount}`);
  const normals = random.normals(values.length);
  tidy(() => {
    const atoms = tensor(values, [...shape]);
    const disturbance = mul(tensor(normals, atoms.shape), noise / Math.sqrt(atoms.size / shape[0]));
    const functions = onGrid(add(atoms, disturbance), grid);
    dictionary.assign(functions);
    encoder.assign?.(functions, {});
  });
}

/** Known atoms, centered kernels `[K, ...s, C]` or vectors, as functions on a grid `[K, ...N, C]`, their center at index 0. */
export function onGrid(atoms: Tensor, grid: Grid): Tensor {
  if (grid.length === 0) return atoms;
  const [concepts, ...rest] = atoms.shape;
  const dictionary = convDictionary({ concepts, channels: rest[rest.length - 1], kernel: rest.slice(0, -1) }, atoms);
  try {
    return dictionary.atoms({ grid, origin: "corner" });
  } finally {
    dictionary.dispose();
  }
}

function startError(problem: string): SaenoError {
  return new SaenoError("config.value", `--start-noise ${problem}.`);
}
