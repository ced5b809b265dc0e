import { SaenoError } from "@saeno/backend";
import { conceptsForShare } from "./concepts-for-share.ts";

/**
 * How widely energy is spread: the smallest share of the entries that holds a share of it, in (0, 1]. Of an atom's energies by point it is
 * the atom's extent in the domain, of those by frequency its bandwidth: a single point has 1 / p, a constant magnitude the share itself,
 * Gaussian noise (energies of one degree of freedom) about 0.44 for a share of 0.9. NaN where there is no energy.
 *
 * @param energies none negative.
 * @param share of the energy, in (0, 1]. Default 0.9.
 * @throws SaenoError `extent.share`.
 */
export function energyExtent(energies: ArrayLike<number>, share = 0.9): number {
  if (!(share > 0 && share <= 1)) {
    throw new SaenoError("extent.share", `The share of the energy is a number in (0, 1]; got ${share}.`);
  }
  const count = conceptsForShare(energies, share);
  return count === 0 ? Number.NaN : count / energies.length;
}
