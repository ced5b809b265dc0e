import { orthonormalColumns } from "@saeno/lifting";
import { tensor2d } from "@tensorflow/tfjs-core";

/** The two-scale relation of linear splines: a hat is the sum of these shares of hats of half the width. */
const refinement = [0.5, 1, 0.5];

/**
 * What some coefficients on each scale are at the points of the finest: scale l has hats `2^l` points apart. One matrix `[points, size]`
 * for each scale, all with as many rows as the coarsest needs, centered, the columns orthonormal: a kernel of coefficients and what it
 * becomes have the same norm.
 */
export function scaleBases(size, scales) {
  const matrices = [identity(size)];
  while (matrices.length < scales) matrices.push(refined(matrices.at(-1)));
  const points = matrices.at(-1).length;
  return matrices.map((matrix) => {
    const margin = (points - matrix.length) / 2;
    const values = new Float64Array(points * size);
    for (const [i, row] of matrix.entries()) values.set(row, (i + margin) * size);
    return tensor2d(orthonormalColumns(values, points, size), [points, size]);
  });
}

function identity(size) {
  return Array.from({ length: size }, (_, i) => Array.from({ length: size }, (_, j) => (i === j ? 1 : 0)));
}

/** Rows at twice as many points: zeros between them, then the filter. */
function refined(rows) {
  const columns = rows[0].length;
  const result = Array.from({ length: 2 * rows.length + 1 }, () => Array(columns).fill(0));
  rows.forEach((row, i) => {
    refinement.forEach((share, tap) => {
      for (let j = 0; j < columns; j++) result[2 * i + tap][j] += share * row[j];
    });
  });
  return result;
}
