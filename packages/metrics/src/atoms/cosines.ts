import { matMul, type Tensor, type Tensor2D, tidy } from "@tensorflow/tfjs-core";
import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import { atomRows, checkSameAtoms, unitAtoms } from "./atom-rows.ts";

/**
 * `<a_k, b_l> / (||a_k|| ||b_l||)` of all pairs: atoms `[Ka, ...]` and `[Kb, ...]` to `[Ka, Kb]`. The caller disposes of it.
 *
 * @throws SaenoError `atoms.shape`.
 */
export function cosineMatrix(a: Tensor, b: Tensor): Tensor2D {
  checkSameAtoms(a, b);
  return tidy(() => matMul(unitAtoms(a), unitAtoms(b), false, true));
}

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

/** The entries k < l of a row-major K x K matrix, row by row. */
export function upperTriangle(matrix: ArrayLike<number>, size: number): number[] {
  const entries: number[] = [];
  for (let k = 0; k < size; k++) {
    for (let l = k + 1; l < size; l++) entries.push(matrix[k * size + l]);
  }
  return entries;
}

/**
 * Mutual coherence (specification: Metrics): `max_{k<l} |<d_k, d_l>| / (||d_k|| ||d_l||)` of atoms `[K, ...]`, in [0, 1]; 0 for one atom alone.
 * Reads synchronously.
 *
 * @throws SaenoError `atoms.shape`.
 */
export function mutualCoherence(atoms: Tensor): number {
  return largestMagnitude(pairwiseCosines(atoms));
}

/** `max |v_i|`; 0 of nothing. A NaN among the values is the result, unlike that of `max` of d3-array, which leaves it out. */
export function largestMagnitude(values: readonly number[]): number {
  return values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
}

/**
 * The condition number of the Gram matrix of the atoms scaled to norm 1 (specification: Metrics): largest over smallest eigenvalue of `G_kl = <d_k, d_l>`,
 * in float64. 1 for an orthonormal dictionary; Infinity if atoms are linearly dependent, so always if there are more of them than entries. Atoms
 * `[K, ...]`; `O(K^2 p + K^3)` on the host, read synchronously.
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
