import { createRandom } from "@saeno/backend";
import { abs, div, matMul, max, mul, type Tensor2D, tensor1d, tensor2d, tidy } from "@tensorflow/tfjs-core";
import { CholeskyDecomposition, EigenvalueDecomposition, Matrix } from "ml-matrix";

/** Axes found, at most: the eigenvectors of a matrix of so many rows take half a second. */
export const mostAxes = 384;
/** Directions beside those that are asked for, which make them accurate (Halko, Martinsson and Tropp 2011). */
const oversampling = 16;
const powerIterations = 2;
/** Axes along which the spread is a smaller share of the largest are rounding errors. */
const smallestSpread = 2e-3;

/**
 * The directions in which rows spread most, orthonormal: x `[n, p]`, its mean taken off, to `[p, count]`, or fewer columns where the rows
 * spread in fewer directions, at most {@link mostAxes}. Exact where n or p is small, else by randomized subspace iteration (Halko, Martinsson
 * and Tropp 2011, algorithm 4.4), always with the same draws. The caller disposes of it; nothing where the rows do not spread.
 */
export async function principalAxes(x: Tensor2D, count: number): Promise<Tensor2D | undefined> {
  const largest = tidy(() => max(abs(x)));
  const [scale] = await largest.data();
  largest.dispose();
  const wanted = Math.min(count, mostAxes, ...x.shape);
  if (wanted < 1 || !(scale > 0 && Number.isFinite(scale))) return undefined;
  // Squares of data of any size are within float32 then.
  const scaled = tidy(() => div<Tensor2D>(x, scale));
  const found = await axesOf(scaled, wanted);
  scaled.dispose();
  return found;
}

async function axesOf(x: Tensor2D, wanted: number): Promise<Tensor2D | undefined> {
  const [n, p] = x.shape;
  if (Math.min(n, p) <= mostAxes + oversampling) return ritzAxes(x, undefined, wanted);
  const size = Math.min(wanted + oversampling, n, p);
  let directions = tensor2d(
    createRandom(0)
      .split("principal axes")
      .normals(p * size),
    [p, size],
  );
  // Only what the rows span is spread at all.
  for (let i = 0; i <= powerIterations; i++) {
    const images = await orthonormal(replaced(directions, (v) => matMul(x, v)));
    directions = await orthonormal(replaced(images, (u) => matMul(x, u, true)));
  }
  const found = await ritzAxes(x, directions, wanted);
  directions.dispose();
  return found;
}

/** The axes of largest spread within orthonormal directions `[p, s]`, or within all. */
async function ritzAxes(x: Tensor2D, directions: Tensor2D | undefined, count: number): Promise<Tensor2D | undefined> {
  const rows: Tensor2D = directions === undefined ? x : tidy(() => matMul(x, directions));
  // The Gram matrix of the shorter side.
  const byRow = rows.shape[0] < rows.shape[1];
  const gram = await gramOf(tidy(() => matMul(rows, rows, !byRow, byRow)));
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(gram, { assumeSymmetric: true });
  // They rise.
  const falling = [...realEigenvalues.keys()].reverse();
  const least = smallestSpread ** 2 * Math.max(0, ...realEigenvalues);
  const kept = falling.slice(0, count).filter((i) => realEigenvalues[i] > least);
  const vectors = new Float32Array(gram.rows * kept.length);
  for (let row = 0; row < gram.rows; row++) {
    for (const [column, i] of kept.entries()) vectors[row * kept.length + column] = eigenvectorMatrix.get(row, i);
  }
  const axes = tidy(() => {
    if (kept.length === 0) return undefined;
    const coefficients = tensor2d(vectors, [gram.rows, kept.length]);
    const scales = tensor1d(kept.map((i) => 1 / Math.sqrt(realEigenvalues[i])));
    const within = byRow ? mul<Tensor2D>(matMul(rows, coefficients, true), scales) : coefficients;
    return directions === undefined ? within : matMul<Tensor2D>(directions, within);
  });
  if (directions !== undefined) rows.dispose();
  return axes;
}

/** Columns made orthonormal, twice by the Cholesky factor of their Gram matrix; disposes of what it is given. */
async function orthonormal(columns: Tensor2D): Promise<Tensor2D> {
  let current = columns;
  for (let pass = 0; pass < 2; pass++) {
    const gram = await gramOf(tidy(() => matMul(current, current, true)));
    const inverse = tensor2d(Float32Array.from(inverseOfLower(choleskyFactor(gram)).to1DArray()), [
      gram.rows,
      gram.rows,
    ]);
    current = replaced(current, (v) => matMul(v, inverse, false, true));
    inverse.dispose();
  }
  return current;
}

/** The Cholesky factor of a Gram matrix, which rounding in float32 may leave short of positive definite: then of that and a little of the identity. */
function choleskyFactor(gram: Matrix): Matrix {
  for (let shift = (1e-7 * gram.trace()) / gram.rows || 1; ; shift *= 10) {
    const found = new CholeskyDecomposition(Matrix.add(gram, Matrix.eye(gram.rows).mul(shift)));
    if (found.isPositiveDefinite()) return found.lowerTriangularMatrix;
  }
}

/** The inverse of a lower triangular matrix, by forward substitution. */
function inverseOfLower(lower: Matrix): Matrix {
  const size = lower.rows;
  const rows = Array.from({ length: size }, (_, i) => Float64Array.from(lower.getRow(i)));
  const inverse = Array.from({ length: size }, () => new Float64Array(size));
  for (const [i, row] of rows.entries()) {
    const target = inverse[i];
    for (let k = 0; k < i; k++) {
      const [factor, source] = [row[k], inverse[k]];
      for (let j = 0; j <= k; j++) target[j] = target[j] - factor * source[j];
    }
    target[i] = 1;
    for (let j = 0; j <= i; j++) target[j] = target[j] / row[i];
  }
  return new Matrix(inverse);
}

/** A Gram matrix in float64, symmetric to the last digit; its tensor is disposed. */
async function gramOf(tensor: Tensor2D): Promise<Matrix> {
  const [size] = tensor.shape;
  const values = await tensor.data();
  tensor.dispose();
  const gram = Matrix.zeros(size, size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) gram.set(i, j, (values[i * size + j] + values[j * size + i]) / 2);
  }
  return gram;
}

/** What is made of a tensor, which is disposed. */
function replaced(tensor: Tensor2D, make: (tensor: Tensor2D) => Tensor2D): Tensor2D {
  const made = tidy(() => make(tensor));
  tensor.dispose();
  return made;
}
