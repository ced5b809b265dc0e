import { concat, gather, reshape, sum, type Tensor, tensor1d, zeros } from "@tensorflow/tfjs-core";
import { type Contract, defineContract } from "../contract.ts";
import { type Grid, sizeOf } from "../spectrum.ts";

/** What a kernel sees beyond the border: the other side (functions are periodic), or zeros. */
export type Padding = "circular" | "zero";

export interface PatchAttributes {
  readonly grid: Grid;
  /** Points of a patch on each axis, odd; it is centered. */
  readonly size: Grid;
  readonly padding: Padding;
}

/** Every patch of a function: x `[B, |N|, C]` to patches `[B |N|, |s| C]`, `patches[n, (j, c)] = x[n + j, c]`. */
export const unfold: Contract<"x", "patches", PatchAttributes> = defineContract({
  name: "SaenoUnfold",
  inputs: ["x"],
  outputs: ["patches"],
  composite({ x }, { grid, size, padding }) {
    const channels = x.shape[2] as number;
    const patches = pick(x, unfoldIndices(grid, size, padding));
    return { patches: reshape(patches, [-1, sizeOf(size) * channels]) };
  },
  gradient: {
    saves: ["x"],
    backward(upstream, { x }, attributes) {
      return { x: () => fold({ patches: upstream.patches }, { ...attributes, channels: x.shape[2] as number }).x };
    },
  },
});

/** Its adjoint: patches `[B |N|, |s| C]` summed where they overlap to x `[B, |N|, C]`, `x[n] = sum_j patches[n - j, j]`. */
export const fold: Contract<"patches", "x", PatchAttributes & { readonly channels: number }> = defineContract({
  name: "SaenoFold",
  inputs: ["patches"],
  outputs: ["x"],
  composite({ patches }, { grid, size, padding, channels }) {
    const [points, taps] = [sizeOf(grid), sizeOf(size)];
    const arrived = pick(reshape(patches, [-1, points * taps, channels]), foldIndices(grid, size, padding));
    return { x: sum(reshape(arrived, [-1, points, taps, channels]), 2) };
  },
  gradient: {
    saves: [],
    backward(upstream, _, attributes) {
      return { patches: () => unfold({ x: upstream.x }, attributes).patches };
    },
  },
});

/** Rows of `[B, n, C]` by index; the index `n` stands for a row of zeros. */
function pick(x: Tensor, indices: Int32Array): Tensor {
  const [batch, rows, channels] = x.shape as [number, number, number];
  const padded = indices.includes(rows) ? concat([x, zeros([batch, 1, channels])], 1) : x;
  return gather(padded, tensor1d(indices, "int32"), 1);
}

const kept = new Map<string, Int32Array>();

/** For each point n and tap j the index of n + j, or |N| outside. */
export function unfoldIndices(grid: Grid, size: Grid, padding: Padding): Int32Array {
  return shiftIndices(grid, size, padding, 1, (point) => point, sizeOf(grid));
}

/** For each point n and tap j the index of (n - j, j), or one past all outside. */
function foldIndices(grid: Grid, size: Grid, padding: Padding): Int32Array {
  const taps = sizeOf(size);
  return shiftIndices(grid, size, padding, -1, (point, tap) => point * taps + tap, sizeOf(grid) * taps);
}

function shiftIndices(
  grid: Grid,
  size: Grid,
  padding: Padding,
  direction: 1 | -1,
  index: (point: number, tap: number) => number,
  outside: number,
): Int32Array {
  const key = `${grid} ${size} ${padding} ${direction}`;
  const found = kept.get(key);
  if (found !== undefined) return found;
  const taps = sizeOf(size);
  const indices = new Int32Array(sizeOf(grid) * taps);
  for (let point = 0; point < sizeOf(grid); point++) {
    for (let tap = 0; tap < taps; tap++) {
      const target = shiftedPoint(grid, size, padding, point, tap, direction);
      indices[point * taps + tap] = target < 0 ? outside : index(target, tap);
    }
  }
  kept.set(key, indices);
  return indices;
}

/** The flat index of point + direction * (tap - center), or -1 where that lies outside and nothing wraps. */
function shiftedPoint(grid: Grid, size: Grid, padding: Padding, point: number, tap: number, direction: number): number {
  let flat = 0;
  let stride = 1;
  let [remainingPoint, remainingTap] = [point, tap];
  for (let axis = grid.length - 1; axis >= 0; axis--) {
    const points = grid[axis];
    const taps = size[axis];
    const offset = (remainingTap % taps) - (taps - 1) / 2;
    let coordinate = (remainingPoint % points) + direction * offset;
    if (coordinate < 0 || coordinate >= points) {
      if (padding === "zero") return -1;
      coordinate = ((coordinate % points) + points) % points;
    }
    flat += coordinate * stride;
    stride *= points;
    remainingPoint = Math.floor(remainingPoint / points);
    remainingTap = Math.floor(remainingTap / taps);
  }
  return flat;
}
