import type { Tensor } from "@tensorflow/tfjs-core";
import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import { atomRows } from "./atom-rows.ts";

/**
 * The condition number of the Gram matrix of the atoms scaled to norm 1 (specification: Metrics): largest over smallest eigenvalue of
 * `G_kl = <d_k, d_l>`, in float64. 1 for an orthonormal dictionary; Infinity where atoms are linearly dependent, so always
 * when there are more of them than entries. Atoms `[K, ...]`; `O(K^2 p + K^3)` on the host, read synchronously.
 *
 * @throws SaenoError `atoms.shape`.
 */
export function gramConditionNumber(atoms: Tensor): number {
  const rows = atomRows(atoms.dataSync(), atoms.shape).map(unit);
  const count = rows.length;
  if (count > (rows[0]?.length ?? 0)) return Number.POSITIVE_INFINITY;
  const matrix = new Matrix(rows);
  const { realEigenvalues } = new EigenvalueDecomposition(matrix.mmul(matrix.transpose()), { assumeSymmetric: true });
  const largest = Math.max(...realEigenvalues);
  const smallest = Math.min(...realEigenvalues);
  return smallest <= count * Number.EPSILON * largest ? Number.POSITIVE_INFINITY : largest / smallest;
}

function unit(row: ArrayLike<number>): Float64Array {
  const values = Float64Array.from(row);
  const norm = Math.sqrt(values.reduce((total, value) => total + value * value, 0)) || 1;
  return values.map((value) => value / norm);
}
