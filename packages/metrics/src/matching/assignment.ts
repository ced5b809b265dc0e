/**
 * The assignment problem: by row the column it is matched with, one-to-one so that the sum of the values is largest; -1 for rows left over. Shortest
 * augmenting paths (Jonker and Volgenant 1987; Crouse 2016), `O(n^2 m)` for n <= m.
 *
 * @param values `[rows][columns]`, finite.
 */
export function bestAssignment(values: readonly ArrayLike<number>[]): number[] {
  const [rows, columns] = [values.length, values[0]?.length ?? 0];
  if (rows > columns) return Array.from(assign(columns, rows, (i, j) => values[j][i]));
  const match = new Array<number>(rows).fill(-1);
  for (const [column, row] of assign(rows, columns, (i, j) => values[i][j]).entries())
    if (row >= 0) match[row] = column;
  return match;
}

/** For at most as many rows as columns: by column the row, -1 for one left over. */
function assign(rows: number, columns: number, value: (row: number, column: number) => number): Int32Array {
  const costs = Float64Array.from({ length: rows * columns }, (_, i) => -value(Math.floor(i / columns), i % columns));
  // Potentials: no cost less those of its row and column is negative, and of matched pairs it is zero.
  const [ofRow, ofColumn] = [new Float64Array(rows), new Float64Array(columns)];
  const rowOf = new Int32Array(columns).fill(-1);
  const [distances, before] = [new Float64Array(columns), new Int32Array(columns)];
  const isReached = new Uint8Array(columns);
  for (let start = 0; start < rows; start++) {
    distances.fill(Number.POSITIVE_INFINITY);
    isReached.fill(0);
    // The shortest path from this row to a free column, over matched pairs.
    let [row, column, length] = [start, -1, 0];
    do {
      const offset = row * columns;
      let nearest = -1;
      for (let j = 0; j < columns; j++) {
        if (isReached[j] === 1) continue;
        const distance = length + costs[offset + j] - ofRow[row] - ofColumn[j];
        if (distance < distances[j]) {
          distances[j] = distance;
          before[j] = column;
        }
        if (nearest < 0 || distances[j] < distances[nearest]) nearest = j;
      }
      column = nearest;
      length = distances[column];
      isReached[column] = 1;
      row = rowOf[column];
    } while (row >= 0);
    ofRow[start] += length;
    for (let j = 0; j < columns; j++) {
      if (isReached[j] === 0 || j === column) continue;
      ofRow[rowOf[j]] += length - distances[j];
      ofColumn[j] -= length - distances[j];
    }
    // Every pair of the path gives way to the next.
    for (let j = column; j >= 0; j = before[j]) rowOf[j] = before[j] < 0 ? start : rowOf[before[j]];
  }
  return rowOf;
}
