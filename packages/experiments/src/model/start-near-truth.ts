import { type Grid, type Random, SaenoError } from "@saeno/backend";
import type { SparseAutoencoder } from "@saeno/core";
import type { Dataset, KnownDictionary } from "@saeno/datasets";
import { knownAtoms } from "@saeno/metrics";
import { add, mul, tensor, tidy } from "@tensorflow/tfjs-core";

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
    const near = { values: add(atoms, disturbance).dataSync<"float32">(), shape };
    const functions = knownAtoms(near, {}, grid);
    dictionary.assign(functions);
    encoder.assign?.(functions, {});
  });
}

function startError(problem: string): SaenoError {
  return new SaenoError("config.value", `--start-noise ${problem}.`);
}
