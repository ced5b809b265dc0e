/**
 * The layout of a truncated spectrum (specification: Fourier coefficients): on the last axis the frequencies 0 .. m - 1, on every other axis
 * -(m - 1) .. m - 1 ascending; real and imaginary parts are two real tensors.
 */

/** The number of non-negative frequencies kept on each axis. */
export type Modes = readonly number[];
/** The number of grid points on each axis; `[]` for a vector, which has no grid. */
export type Grid = readonly number[];

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}

/** `(2 m_1 - 1, .., m_d)`: the shape of the stored half-space. */
export function spectrumShape(modes: Modes): number[] {
  return modes.map((m, axis) => (axis === modes.length - 1 ? m : 2 * m - 1));
}

/** The frequencies stored on an axis, ascending. */
export function frequencies(modes: Modes, axis: number): number[] {
  const m = modes[axis];
  const lowest = axis === modes.length - 1 ? 0 : -(m - 1);
  return Array.from({ length: m - lowest }, (_, i) => lowest + i);
}

/**
 * `c(w)`, how many coefficients of the full spectrum a stored one stands for: 1 on the plane `w_d = 0`, else 2.
 * Constant over the other axes, so there is one value per frequency of the last axis.
 */
export function conjugateCounts(modes: Modes): Float32Array {
  const counts = new Float32Array(modes[modes.length - 1] ?? 1).fill(2);
  counts[0] = 1;
  return counts;
}

/** The index of the frequency 0 in a flat spectrum. */
export function zeroFrequency(modes: Modes): number {
  const shape = spectrumShape(modes);
  return shape.reduce((flat, size, axis) => flat * size + (axis === shape.length - 1 ? 0 : (size - 1) / 2), 0);
}
