/** The entries k < l of a row-major K x K matrix, row by row. */
export function upperTriangle(matrix: ArrayLike<number>, size: number): number[] {
  const entries: number[] = [];
  for (let k = 0; k < size; k++) {
    for (let l = k + 1; l < size; l++) entries.push(matrix[k * size + l]);
  }
  return entries;
}
