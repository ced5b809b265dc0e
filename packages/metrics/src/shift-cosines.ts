import type { Tensor } from "@tensorflow/tfjs-core";
import { pairPeaks } from "./correlation-peaks.ts";

/**
 * The peak of the cross-correlation of all pairs k < l, row by row (specification: Metrics):
 * `max_r |sum_n sum_c d_k[n, c] d_l[n + r, c]| / (||d_k|| ||d_l||)` over the shifts r of the periodic grid.
 * Atoms `[K, ...N, C]` to K (K - 1) / 2 numbers in [0, 1]: 1 when one atom is a shifted (or negated) copy of the other.
 * `O(K^2)` Fourier transforms, a row at a time. Reads synchronously.
 *
 * @throws SaenoError `atoms.shape`, `atoms.grid` for atoms without a grid.
 */
export function shiftCosines(atoms: Tensor): number[] {
  const peaks = pairPeaks(atoms);
  const values = Array.from(peaks.dataSync());
  peaks.dispose();
  return values;
}
