/**
 * Kernels written as plain loops over the values in host memory. Backends whose tensors live there (cpu, wasm) register
 * them: selection and scattering are loops without arithmetic, for which tfjs's general operations are slow.
 */
import { type KernelBackend, type TensorInfo, tensor } from "@tensorflow/tfjs-core";
import { registerKernel } from "./contract.ts";
import { mapEnergies } from "./contracts/map-energies.ts";
import { gatherMaps, scatterMaps } from "./contracts/maps.ts";
import { gatherRows, scatterRows } from "./contracts/rows.ts";
import { separatePoints } from "./contracts/separate-points.ts";
import { nanError, topKRows } from "./contracts/top-k-rows.ts";
import { registerHostSpectralKernels } from "./host-spectral-kernels.ts";
import type { Grid } from "./spectrum.ts";

type Values = Float32Array | Int32Array;
/** The values of a tensor, without a copy if possible. They are read, never written. */
export type ReadValues<Backend> = (tensor: TensorInfo, backend: Backend) => unknown;

export function registerHostKernels<Backend extends KernelBackend>(name: string, read: ReadValues<Backend>): void {
  const values = (x: TensorInfo, backend: KernelBackend) => read(x, backend as Backend) as Values;

  registerHostSpectralKernels(name, values);

  registerKernel(topKRows, name, ({ x }, { k }, backend) => {
    const [rows, size] = x.shape as [number, number];
    const indices = new Int32Array(rows * k);
    const source = values(x, backend);
    for (let row = 0; row < rows; row++) {
      selectLargest(source.subarray(row * size, (row + 1) * size), k, indices.subarray(row * k, (row + 1) * k));
    }
    return { indices: tensor(indices, [rows, k], "int32") };
  });

  registerKernel(separatePoints, name, ({ maps }, { grid, count, separation }, backend) => {
    const [rows, points] = maps.shape as [number, number];
    const positions = new Int32Array(rows * count);
    const source = values(maps, backend);
    for (let row = 0; row < rows; row++) {
      const map = source.subarray(row * points, (row + 1) * points);
      selectSeparate(map, grid, separation, positions.subarray(row * count, (row + 1) * count));
    }
    return { positions: tensor(positions, [rows, count], "int32") };
  });

  registerKernel(gatherRows, name, ({ x, indices }, _, backend) => {
    const size = x.shape[1];
    const [rows, k] = indices.shape as [number, number];
    const [source, at] = [values(x, backend), values(indices, backend)];
    const result = new Float32Array(rows * k);
    for (let i = 0; i < result.length; i++) result[i] = source[Math.floor(i / k) * size + at[i]];
    return { values: tensor(result, [rows, k]) };
  });

  registerKernel(scatterRows, name, ({ values: given, indices }, { size }, backend) => {
    const [rows, k] = indices.shape as [number, number];
    const [source, at] = [values(given, backend), values(indices, backend)];
    const result = new Float32Array(rows * size);
    for (let i = 0; i < rows * k; i++) {
      const target = Math.floor(i / k) * size + at[i];
      result[target] = result[target] + source[i];
    }
    return { x: tensor(result, [rows, size]) };
  });

  registerKernel(gatherMaps, name, ({ maps, concepts }, _, backend) => {
    const [batch, points, size] = maps.shape as [number, number, number];
    const chosen = concepts.shape[1];
    const [source, at] = [values(maps, backend), values(concepts, backend)];
    const result = new Float32Array(batch * chosen * points);
    for (let row = 0; row < batch * chosen; row++) {
      let from = Math.floor(row / chosen) * points * size + at[row];
      for (let n = 0; n < points; n++, from += size) result[row * points + n] = source[from];
    }
    return { chosen: tensor(result, [batch, chosen, points]) };
  });

  registerKernel(scatterMaps, name, ({ chosen: given, concepts }, { conceptCount }, backend) => {
    const [batch, chosen, points] = given.shape as [number, number, number];
    const [source, at] = [values(given, backend), values(concepts, backend)];
    const result = new Float32Array(batch * points * conceptCount);
    for (let row = 0; row < batch * chosen; row++) {
      let to = Math.floor(row / chosen) * points * conceptCount + at[row];
      for (let n = 0; n < points; n++, to += conceptCount) {
        result[to] = result[to] + source[row * points + n];
      }
    }
    return { maps: tensor(result, [batch, points, conceptCount]) };
  });

  registerKernel(mapEnergies, name, ({ maps }, { kind, count }, backend) => {
    const [rows, points] = maps.shape as [number, number];
    const source = values(maps, backend);
    const result = new Float32Array(rows);
    const keptPoints = Math.min(count ?? points, points);
    const indices = new Int32Array(keptPoints);
    for (let row = 0; row < rows; row++) {
      const map = source.subarray(row * points, (row + 1) * points);
      let energy = 0;
      if (kind === "kept") {
        selectLargest(map, keptPoints, indices);
        for (const n of indices) energy += Math.max(map[n], 0) ** 2;
      } else {
        for (let n = 0; n < points; n++) {
          const value = map[n];
          if (kind === "preactivation" || value > 0) energy += value * value;
          else if (Number.isNaN(value)) energy = Number.NaN;
        }
      }
      result[row] = energy / points;
    }
    return { energies: tensor(result, [rows]) };
  });
}

/** Writes the indices of the k largest values, ascending; the first of equal values. */
export function selectLargest(row: Values, k: number, indices: Int32Array): void {
  const threshold = kthLargest(row, k);
  let above = 0;
  for (let i = 0; i < row.length; i++) if (row[i] > threshold) above++;
  let ties = k - above;
  let next = 0;
  for (let i = 0; i < row.length && next < k; i++) {
    const value = row[i];
    if (value > threshold || (value === threshold && ties-- > 0)) indices[next++] = i;
  }
}

let scratch = new Float32Array(0);

/** The k-th largest value, by quickselect on a copy. */
function kthLargest(row: Values, k: number): number {
  if (scratch.length < row.length) scratch = new Float32Array(row.length);
  let sum = 0;
  for (let i = 0; i < row.length; i++) {
    const value = row[i];
    sum += value - value;
    scratch[i] = value;
  }
  // x - x is 0 unless x is NaN or infinite; only then is a closer look needed.
  if (sum !== 0) for (let i = 0; i < row.length; i++) if (Number.isNaN(row[i])) throw nanError();
  let low = 0;
  let high = row.length - 1;
  const target = k - 1;
  while (low < high) {
    const pivot = scratch[(low + high) >> 1];
    let i = low;
    let j = high;
    while (i <= j) {
      while (scratch[i] > pivot) i++;
      while (scratch[j] < pivot) j--;
      if (i <= j) {
        const swapped = scratch[i];
        scratch[i++] = scratch[j];
        scratch[j--] = swapped;
      }
    }
    if (target <= j) high = j;
    else if (target >= i) low = i;
    else break;
  }
  return scratch[target];
}

/** Fills `positions` with the largest points of a map that are apart (`separatePoints`). */
function selectSeparate(map: Values, grid: Grid, separation: readonly number[], positions: Int32Array): void {
  if (map.some(Number.isNaN)) throw nanError();
  const [taken, near] = [new Uint8Array(map.length), new Uint8Array(map.length)];
  for (let i = 0; i < positions.length; i++) {
    let best = -1;
    const excluded = near.includes(0) ? near : taken;
    map.forEach((value, point) => {
      if (excluded[point] === 0 && (best < 0 || value > map[best])) best = point;
    });
    positions[i] = best;
    taken[best] = 1;
    markNear(near, best, grid, separation);
  }
  positions.sort();
}

/** Marks the points of a periodic grid that are within a separation of one, on all axes. */
function markNear(near: Uint8Array, point: number, grid: Grid, separation: readonly number[]): void {
  let [rest, stride] = [point, 1];
  let marked = [0];
  for (let axis = grid.length - 1; axis >= 0; axis--) {
    const [size, place] = [grid[axis], rest % grid[axis]];
    const reach = Math.min(separation[axis], Math.floor(size / 2));
    const offsets = Array.from({ length: 2 * reach + 1 }, (_, i) => ((place + i - reach + size) % size) * stride);
    marked = marked.flatMap((flat) => offsets.map((offset) => flat + offset));
    rest = Math.floor(rest / size);
    stride *= size;
  }
  for (const flat of marked) near[flat] = 1;
}
