import { SaenoError } from "@saeno/backend";
import { allModes, analyze } from "@saeno/fft";
import { add, reshape, square, sum, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { conceptsForShare } from "../codes/concepts-in-use.ts";
import { atomRows, taken, unitAtoms } from "./atom-rows.ts";

/**
 * How widely energy is spread: the smallest share of the entries that holds a share of it, in (0, 1]. For an atom's energies by point, it is the atom's
 * extent in the domain; for those by frequency, its bandwidth. A single point has 1 / p, a constant magnitude the share itself, Gaussian noise (energies of
 * one degree of freedom) about 0.44 for a share of 0.9. NaN if there is no energy.
 *
 * @param energies none negative.
 * @param share of the energy, in (0, 1]. Default 0.9.
 * @throws SaenoError `extent.share`.
 */
export function energyExtent(energies: ArrayLike<number>, share = 0.9): number {
  if (!(share > 0 && share <= 1)) {
    throw new SaenoError("extent.share", `The share of the energy must be above 0 and at most 1; got ${share}.`);
  }
  const count = conceptsForShare(energies, share);
  return count === 0 ? Number.NaN : count / energies.length;
}

/** Of each atom `[K, ...N, C]`: how widely its energy is spread over points, and over frequencies. */
export async function atomExtents(
  atoms: Tensor,
): Promise<{ readonly extents: readonly number[]; readonly bandwidths: readonly number[] }> {
  const count = atoms.shape[0];
  const [points, frequencies] = tidy(() => {
    const unit = reshape(unitAtoms(atoms), atoms.shape);
    const { re, im } = analyze(unit, { modes: allModes(atoms.shape.slice(1, -1)) });
    const rows = (energies: Tensor) => reshape(sum(energies, -1), [count, -1]);
    return [rows(square(unit)), rows(add(square(re), square(im)))];
  });
  const each = async (energies: Tensor) =>
    atomRows(await taken(energies), energies.shape).map((row) => energyExtent(row));
  return { extents: await each(points), bandwidths: await each(frequencies) };
}
