/** Selection, gathering, scattering and map energies (specification: Activations) as plain loops. */
import type { EnergyKind } from "../contracts/spectral-energies.ts";
import { type Grid, sizeOf } from "../spectrum.ts";
import { type ReferenceArray, zeros } from "./reference-array.ts";

/** The indices of the k largest entries of each row, ascending; the first of equal ones: x `[R, n]` to `[R, k]`. */
export function topKReference(x: ReferenceArray, k: number): ReferenceArray {
  const [rows, size] = x.shape;
  const indices = zeros([rows, k], "int32");
  for (let row = 0; row < rows; row++) {
    const order = Array.from({ length: size }, (_, i) => i);
    const value = (i: number) => x.values[row * size + i];
    order.sort((i, j) => (value(i) === value(j) ? i - j : value(j) - value(i)));
    const chosen = order.slice(0, k).sort((i, j) => i - j);
    indices.values.set(chosen, row * k);
  }
  return indices;
}

/** x `[R, n]`, indices `[R, k]` to `[R, k]`. */
export function gatherReference(x: ReferenceArray, indices: ReferenceArray): ReferenceArray {
  const values = zeros(indices.shape);
  const [rows, k] = indices.shape;
  for (let row = 0; row < rows; row++) {
    for (let j = 0; j < k; j++) {
      values.values[row * k + j] = x.values[row * x.shape[1] + indices.values[row * k + j]];
    }
  }
  return values;
}

/** values, indices `[R, k]` to `[R, size]`, zero elsewhere; those at the same place add up. */
export function scatterReference(values: ReferenceArray, indices: ReferenceArray, size: number): ReferenceArray {
  const [rows, k] = indices.shape;
  const x = zeros([rows, size]);
  for (let row = 0; row < rows; row++) {
    for (let j = 0; j < k; j++) x.values[row * size + indices.values[row * k + j]] += values.values[row * k + j];
  }
  return x;
}

/** maps `[B, n, K]`, concepts `[B, k]` to `[B, k, n]`. */
export function gatherMapsReference(maps: ReferenceArray, concepts: ReferenceArray): ReferenceArray {
  const [batch, points, size] = maps.shape;
  const k = concepts.shape[1];
  const chosen = zeros([batch, k, points]);
  for (let b = 0; b < batch; b++) {
    for (let j = 0; j < k; j++) {
      for (let n = 0; n < points; n++) {
        chosen.values[(b * k + j) * points + n] = maps.values[(b * points + n) * size + concepts.values[b * k + j]];
      }
    }
  }
  return chosen;
}

/** chosen `[B, k, n]`, concepts `[B, k]` to `[B, n, conceptCount]`, zero elsewhere; those of the same concept add up. */
export function scatterMapsReference(
  chosen: ReferenceArray,
  concepts: ReferenceArray,
  conceptCount: number,
): ReferenceArray {
  const [batch, k, points] = chosen.shape;
  const maps = zeros([batch, points, conceptCount]);
  for (let b = 0; b < batch; b++) {
    for (let j = 0; j < k; j++) {
      for (let n = 0; n < points; n++) {
        const to = (b * points + n) * conceptCount + concepts.values[b * k + j];
        maps.values[to] += chosen.values[(b * k + j) * points + n];
      }
    }
  }
  return maps;
}

/** maps `[R, n]` to energies `[R]`. */
export function mapEnergiesReference(maps: ReferenceArray, kind: EnergyKind, count?: number): ReferenceArray {
  const [rows, points] = maps.shape;
  const energies = zeros([rows]);
  for (let row = 0; row < rows; row++) {
    const map = [...maps.values.subarray(row * points, (row + 1) * points)];
    const rectified = map.map((value) => Math.max(value, 0)).sort((a, b) => b - a);
    const counted = kind === "preactivation" ? map : kind === "kept" ? rectified.slice(0, count) : rectified;
    energies.values[row] = counted.reduce((sum, value) => sum + value * value, 0) / points;
  }
  return energies;
}

/** The points of maps `[R, |N|]` that are taken one after another, largest first, none near one before while there are others. */
export function separateReference(
  { values, shape }: ReferenceArray,
  { grid, count, separation }: { readonly grid: Grid; readonly count: number; readonly separation: readonly number[] },
): ReferenceArray {
  const [rows, points] = shape as [number, number];
  const placeOf = (point: number) => grid.map((size, axis) => Math.floor(point / sizeOf(grid.slice(axis + 1))) % size);
  const isNear = (a: number, b: number) => {
    const [p, q] = [placeOf(a), placeOf(b)];
    return grid.every((size, axis) => {
      const distance = Math.abs(p[axis] - q[axis]);
      return Math.min(distance, size - distance) <= separation[axis];
    });
  };
  const positions = Array.from({ length: rows }, (_, row) => {
    const sorted = Array.from({ length: points }, (_, point) => point).sort(
      (a, b) => values[row * points + b] - values[row * points + a] || a - b,
    );
    const apart: number[] = [];
    for (const point of sorted)
      if (apart.length < count && !apart.some((other) => isNear(point, other))) apart.push(point);
    const others = sorted.filter((point) => !apart.includes(point));
    return [...apart, ...others].slice(0, count).sort((a, b) => a - b);
  });
  return { values: Float64Array.from(positions.flat()), shape: [rows, count], dtype: "int32" };
}
