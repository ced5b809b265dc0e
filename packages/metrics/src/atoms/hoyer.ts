import { createRandom, SaenoError } from "@saeno/backend";
import type { Tensor } from "@tensorflow/tfjs-core";
import { atomRows } from "./atom-rows.ts";

/**
 * The Hoyer score of a vector v with p entries (specification: Metrics; Hoyer 2004): `(sqrt(p) - |v|_1 / |v|_2) / (sqrt(p) - 1)`. 1: one entry is not zero;
 * 0: all are equal in magnitude, as in a vector of zeros. It means something only compared with the score of noise of the same p: see `hoyerNoiseBaseline`.
 *
 * @throws SaenoError `hoyer.size` for fewer than two entries, where it is not defined.
 */
export function hoyer(vector: ArrayLike<number>): number {
  const p = vector.length;
  if (p < 2) {
    throw new SaenoError("hoyer.size", `A Hoyer score needs a vector of at least 2 entries; got ${p}.`);
  }
  let [absolute, squares] = [0, 0];
  for (let i = 0; i < p; i++) {
    const value = vector[i];
    absolute += Math.abs(value);
    squares += value * value;
  }
  if (squares === 0) return 0;
  // Rounding may take equal magnitudes below 0.
  return Math.max(0, (Math.sqrt(p) - absolute / Math.sqrt(squares)) / (Math.sqrt(p) - 1));
}

/**
 * The Hoyer score of each atom, flattened: atoms `[K, ...]` to K numbers (specification: Metrics). Reads the tensor synchronously.
 *
 * @throws SaenoError `atoms.shape`, and `hoyer.size` for atoms of one entry.
 */
export function hoyerScores(atoms: Tensor): number[] {
  return atomRows(atoms.dataSync(), atoms.shape).map(hoyer);
}

export interface HoyerNoiseBaselineOptions {
  /** Vectors drawn. Default: enough for a million entries in all, at least 16. */
  readonly draws?: number;
  /** Default 0. */
  readonly seed?: number;
}

/**
 * The mean Hoyer score of Gaussian noise with p entries (specification: Metrics): about 0.215 for p = 256. An untrained spectral dictionary has exactly
 * that, so only the distance from it means structure.
 *
 * @throws SaenoError `hoyer.size` unless p is an integer of at least 2, `hoyer.draws` unless draws is a positive integer.
 */
export function hoyerNoiseBaseline(p: number, options: HoyerNoiseBaselineOptions = {}): number {
  if (!Number.isInteger(p) || p < 2) {
    throw new SaenoError("hoyer.size", `Noise must have at least 2 entries; got ${p}.`);
  }
  const { draws = Math.max(16, Math.ceil(2 ** 20 / p)), seed = 0 } = options;
  if (!Number.isInteger(draws) || draws < 1) {
    throw new SaenoError("hoyer.draws", `draws must be a positive integer; got ${draws}.`);
  }
  const random = createRandom(seed).split("hoyer");
  let total = 0;
  for (let draw = 0; draw < draws; draw++) total += hoyer(random.normals(p));
  return total / draws;
}
