/**
 * The matrices of the separable transforms. Angles are reduced to `(w n mod N) / N` before the cosine is taken,
 * in float64, and cast to float32 last. They are small, so they are cached by size, as arrays, so that no tensor outlives a call.
 */

/** A matrix in row-major order. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array;
}

const kept = new Map<string, Matrix>();

function remember(key: string, make: () => Matrix): Matrix {
  let matrix = kept.get(key);
  if (matrix === undefined) {
    matrix = make();
    kept.set(key, matrix);
  }
  return matrix;
}

function angle(frequency: number, point: number, points: number): number {
  const turns = (((frequency * point) % points) + points) % points;
  return (2 * Math.PI * turns) / points;
}

function fill(rows: number, columns: number, value: (row: number, column: number) => number): Matrix {
  const values = new Float32Array(rows * columns);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) values[i * columns + j] = value(i, j);
  return { rows, columns, values };
}

/** Analysis of a real axis: `[N, 2 m]`, columns `cos / N` for the real parts, then `-sin / N` for the imaginary ones. */
export function realAnalysisBasis(points: number, modes: number): Matrix {
  return remember(`real analysis ${points} ${modes}`, () =>
    fill(points, 2 * modes, (n, j) =>
      j < modes ? Math.cos(angle(j, n, points)) / points : -Math.sin(angle(j - modes, n, points)) / points,
    ),
  );
}

/** Synthesis of a real axis: `[2 m, N]`, rows `c(w) cos` for the real parts, then `-c(w) sin` for the imaginary ones. */
export function realSynthesisBasis(points: number, modes: number): Matrix {
  return remember(`real synthesis ${points} ${modes}`, () =>
    fill(2 * modes, points, (i, n) => {
      const frequency = i % modes;
      const count = frequency === 0 ? 1 : 2;
      const phase = angle(frequency, n, points);
      return i < modes ? count * Math.cos(phase) : -count * Math.sin(phase);
    }),
  );
}

/** Analysis of a complex axis to both signs: `[2 N, 2 (2m - 1)]`, rows and columns in the order real parts, imaginary parts. */
export function complexAnalysisBasis(points: number, modes: number): Matrix {
  return remember(`complex analysis ${points} ${modes}`, () =>
    complexBasis(points, 2 * modes - 1, (n, j) => -angle(j - modes + 1, n, points), 1 / points),
  );
}

/** Synthesis of a complex axis from both signs: `[2 (2m - 1), 2 N]`. */
export function complexSynthesisBasis(points: number, modes: number): Matrix {
  return remember(`complex synthesis ${points} ${modes}`, () =>
    complexBasis(2 * modes - 1, points, (j, n) => angle(j - modes + 1, n, points), 1),
  );
}

/** Right multiplication by `scale exp(i phase)`, as a real matrix of four blocks. */
function complexBasis(
  rows: number,
  columns: number,
  phase: (row: number, column: number) => number,
  scale: number,
): Matrix {
  return fill(2 * rows, 2 * columns, (i, j) => {
    const value = phase(i % rows, j % columns);
    if (i < rows === j < columns) return scale * Math.cos(value);
    return (i < rows ? 1 : -1) * scale * Math.sin(value);
  });
}
