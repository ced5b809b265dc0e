/**
 * The Q of the QR decomposition of a matrix `[rows, columns]` (row-major, rows >= columns, of full rank): orthonormal columns,
 * by modified Gram-Schmidt in float64. For a Gaussian matrix it is uniformly distributed over all such matrices.
 */
export function orthonormalColumns(matrix: ArrayLike<number>, rows: number, columns: number): Float32Array {
  const basis: Float64Array[] = [];
  const result = new Float32Array(rows * columns);
  for (let j = 0; j < columns; j++) {
    const column = Float64Array.from({ length: rows }, (_, i) => matrix[i * columns + j]);
    for (const other of basis) subtract(column, other, dot(column, other));
    const norm = Math.sqrt(dot(column, column));
    for (let i = 0; i < rows; i++) {
      column[i] = column[i] / norm;
      result[i * columns + j] = column[i];
    }
    basis.push(column);
  }
  return result;
}

function dot(a: Float64Array, b: Float64Array): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i] * b[i];
  return total;
}

function subtract(a: Float64Array, b: Float64Array, factor: number): void {
  for (let i = 0; i < a.length; i++) a[i] = a[i] - factor * b[i];
}
