import type { Tensor } from "@tensorflow/tfjs-core";
import { cosineMatrix } from "./cosine-matrix.ts";
import { upperTriangle } from "./upper-triangle.ts";

/**
 * The cosines `<d_k, d_l> / (||d_k|| ||d_l||)` of all pairs k < l, row by row (specification: Metrics): atoms `[K, ...]` to K (K - 1) / 2
 * numbers in [-1, 1]. Reads synchronously.
 *
 * @throws SaenoError `atoms.shape`.
 */
export function pairwiseCosines(atoms: Tensor): number[] {
  const matrix = cosineMatrix(atoms, atoms);
  const values = matrix.dataSync();
  matrix.dispose();
  return upperTriangle(values, atoms.shape[0]);
}
