import { type Grid, type Modes, sizeOf, spectrumShape } from "@saeno/backend";

/**
 * Operations of a truncated transform of one real function, either way: the last axis first, then the others on the
 * frequencies that are left, each by whichever takes fewer, a matrix product or an FFT. The product folds its lines over
 * `n, N - n, N/2 - n, N/2 + n`, which leaves a quarter of the multiplications: `N m + 2N` for a real line of N points and
 * m frequencies, `2 N m + 4N` for a complex one. The FFT takes `2.5 N log2 N` and `5 N log2 N`.
 */
export function transformOperations(grid: Grid, modes: Modes): number {
  return axisOperations(grid, modes).reduce((sum, operations) => sum + operations, 0);
}

/**
 * The same for a function that is zero except at a number of points: the last axis costs at most `4 m` a point, and the
 * sum over points of whole spectra `4 |M|` a point. Also what it takes to evaluate a spectrum at that many points.
 */
export function pointTransformOperations(grid: Grid, modes: Modes, points: number): number {
  const axes = axisOperations(grid, modes);
  const last = axes.pop() ?? 0;
  const rowByRow =
    Math.min(last, 4 * points * (modes.at(-1) as number)) + axes.reduce((sum, operations) => sum + operations, 0);
  return Math.min(rowByRow, 4 * points * sizeOf(spectrumShape(modes)));
}

function axisOperations(grid: Grid, modes: Modes): number[] {
  const frequencies = spectrumShape(modes);
  return grid.map((points, axis) => {
    const lines = sizeOf(grid.slice(0, axis)) * sizeOf(frequencies.slice(axis + 1));
    const parts = axis === grid.length - 1 ? 1 : 2;
    const product = points * modes[axis] + 2 * points;
    const fft = 2.5 * points * Math.log2(points);
    return lines * parts * Math.min(product, fft);
  });
}
