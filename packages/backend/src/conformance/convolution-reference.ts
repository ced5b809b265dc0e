/** A conv dictionary (specification: Dictionaries) as sums over the coordinates of points and kernel taps. */
import type { Padding } from "../contracts/patches.ts";
import { type Grid, sizeOf } from "../spectrum.ts";
import { type ReferenceArray, zeros } from "./reference-array.ts";

/** `a_k[n] = sum_c sum_j d_k[j, c] x[n + j, c]`. */
export function convCorrelateReference(x: ReferenceArray, kernels: ReferenceArray, padding: Padding): ReferenceArray {
  const a = zeros([...x.shape.slice(0, -1), kernels.shape[0]]);
  forTaps(x.shape, kernels.shape, padding, (from, to, tap) => {
    a.values[to] += kernels.values[tap] * x.values[from];
  });
  return a;
}

/** `x[n] = sum_k sum_j d_k[j] z_k[n - j]`. */
export function convSynthesizeReference(z: ReferenceArray, kernels: ReferenceArray, padding: Padding): ReferenceArray {
  const x = zeros([...z.shape.slice(0, -1), kernels.shape.at(-1) ?? 0]);
  forTaps(x.shape, kernels.shape, padding, (to, from, tap) => {
    x.values[to] += kernels.values[tap] * z.values[from];
  });
  return x;
}

/** `sum_b sum_n a_k[n] x[n + j, c]`. */
export function convKernelGradientReference(
  x: ReferenceArray,
  a: ReferenceArray,
  size: Grid,
  padding: Padding,
): ReferenceArray {
  const kernels = zeros([a.shape.at(-1) ?? 0, ...size, x.shape.at(-1) ?? 0]);
  forTaps(x.shape, kernels.shape, padding, (from, to, tap) => {
    kernels.values[tap] += a.values[to] * x.values[from];
  });
  return kernels;
}

/** Visits every (x[b, n + j, c], a[b, n, k], d[k, j, c]) that meet, as flat indices. */
function forTaps(
  shape: readonly number[],
  kernelShape: readonly number[],
  padding: Padding,
  visit: (x: number, a: number, kernel: number) => void,
): void {
  const [grid, size] = [shape.slice(1, -1), kernelShape.slice(1, -1)];
  const [channels, concepts] = [shape.at(-1) ?? 0, kernelShape[0]];
  const [points, taps] = [sizeOf(grid), sizeOf(size)];
  for (let b = 0; b < shape[0]; b++) {
    for (let n = 0; n < points; n++) {
      for (let j = 0; j < taps; j++) {
        const [point, tap] = [coordinates(n, grid), coordinates(j, size)];
        let moved = point.map((coordinate, axis) => coordinate + tap[axis] - (size[axis] - 1) / 2);
        const inside = moved.every((coordinate, axis) => coordinate >= 0 && coordinate < grid[axis]);
        if (!inside && padding === "zero") continue;
        moved = moved.map((coordinate, axis) => coordinate - Math.floor(coordinate / grid[axis]) * grid[axis]);
        const target = moved.reduce((flat, coordinate, axis) => flat * grid[axis] + coordinate, 0);
        for (let c = 0; c < channels; c++) {
          for (let k = 0; k < concepts; k++) {
            visit((b * points + target) * channels + c, (b * points + n) * concepts + k, (k * taps + j) * channels + c);
          }
        }
      }
    }
  }
}

function coordinates(flat: number, shape: Grid): number[] {
  const result: number[] = [];
  let rest = flat;
  for (const size of shape.toReversed()) {
    result.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return result;
}
