import type { Tensor } from "@tensorflow/tfjs-core";
import { largestMagnitude } from "./largest-magnitude.ts";
import { pairwiseCosines } from "./pairwise-cosines.ts";

/**
 * Mutual coherence (specification: Metrics): `max_{k<l} |<d_k, d_l>| / (||d_k|| ||d_l||)` of atoms `[K, ...]`, in [0, 1]; 0 for one atom alone.
 * Reads synchronously.
 *
 * @throws SaenoError `atoms.shape`.
 */
export function mutualCoherence(atoms: Tensor): number {
  return largestMagnitude(pairwiseCosines(atoms));
}
