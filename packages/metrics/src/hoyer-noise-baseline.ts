import { createRandom, SaenoError } from "@saeno/backend";
import { hoyer } from "./hoyer.ts";

export interface HoyerNoiseBaselineOptions {
  /** Vectors drawn. Default: enough for a million entries in all, at least 16. */
  readonly draws?: number;
  /** Default 0. */
  readonly seed?: number;
}

/**
 * The mean Hoyer score of Gaussian noise with p entries (specification: Metrics): about 0.215 for p = 256. An untrained spectral dictionary
 * sits exactly there, so a score means structure only as far as it lies away from this.
 *
 * @throws SaenoError `hoyer.size` unless p is a whole number of at least 2, `hoyer.draws` unless draws is one of at least 1.
 */
export function hoyerNoiseBaseline(p: number, options: HoyerNoiseBaselineOptions = {}): number {
  if (!Number.isInteger(p) || p < 2) {
    throw new SaenoError("hoyer.size", `The noise has a whole number of entries, at least 2; got ${p}.`);
  }
  const { draws = Math.max(16, Math.ceil(2 ** 20 / p)), seed = 0 } = options;
  if (!Number.isInteger(draws) || draws < 1) {
    throw new SaenoError("hoyer.draws", `draws is a whole number of at least 1; got ${draws}.`);
  }
  const random = createRandom(seed).split("hoyer");
  let total = 0;
  for (let draw = 0; draw < draws; draw++) total += hoyer(random.normals(p));
  return total / draws;
}
