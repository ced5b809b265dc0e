import {
  concat,
  gather,
  matMul,
  reshape,
  sum,
  type Tensor,
  type Tensor2D,
  tensor1d,
  transpose,
  zeros,
} from "@tensorflow/tfjs-core";
import { type Contract, defineContract } from "../contract.ts";
import { type Grid, sizeOf } from "../spectrum.ts";

/** What a kernel finds beyond the border: the other side (functions are periodic), or nothing. */
export type Padding = "circular" | "zero";

/**
 * The adjoint of a conv dictionary (SPEC 3), kernels centred: x `[B, ...N, C]`, kernels `[K, ...s, C]` to a `[B, ...N, K]`,
 * `a_k[n] = sum_c sum_j d_k[j, c] x[n + j, c]`. Cost: 2 B |N| K |s| C operations.
 */
export const convCorrelate: Contract<"x" | "kernels", "a", { readonly padding: Padding }> = defineContract({
  name: "SaenoConvCorrelate",
  inputs: ["x", "kernels"],
  outputs: ["a"],
  composite({ x, kernels }, { padding }) {
    const concepts = kernels.shape[0] as number;
    const patches = unfold(x, kernels.shape.slice(1, -1), padding);
    const product = matMul(patches, transpose(reshape(kernels, [concepts, -1])));
    return { a: reshape(product, [...x.shape.slice(0, -1), concepts]) };
  },
  gradient: {
    saves: ["x", "kernels"],
    backward({ a }, { x, kernels }, { padding }) {
      return {
        x: () => convSynthesize({ z: a, kernels }, { padding }).x,
        kernels: () => convKernelGradient({ x, a }, { size: kernels.shape.slice(1, -1), padding }).kernels,
      };
    },
  },
});

/**
 * Synthesis of a conv dictionary: z `[B, ...N, K]`, kernels `[K, ...s, C]` to x `[B, ...N, C]`,
 * `x[n] = sum_k sum_j d_k[j] z_k[n - j]`. Adjoint of {@link convCorrelate}.
 */
export const convSynthesize: Contract<"z" | "kernels", "x", { readonly padding: Padding }> = defineContract({
  name: "SaenoConvSynthesize",
  inputs: ["z", "kernels"],
  outputs: ["x"],
  composite({ z, kernels }, { padding }) {
    const grid = z.shape.slice(1, -1);
    const size = kernels.shape.slice(1, -1);
    const channels = kernels.shape[kernels.rank - 1] as number;
    const [batch, taps] = [z.shape[0] as number, sizeOf(size)];
    const concepts = kernels.shape[0] as number;
    const spread = matMul(reshape(z, [-1, concepts]), reshape(kernels, [concepts, -1]));
    const arrived = pick(reshape(spread, [batch, sizeOf(grid) * taps, channels]), foldIndices(grid, size, padding));
    return { x: reshape(sum(reshape(arrived, [batch, sizeOf(grid), taps, channels]), 2), [batch, ...grid, channels]) };
  },
  gradient: {
    saves: ["z", "kernels"],
    backward({ x }, { z, kernels }, { padding }) {
      return {
        z: () => convCorrelate({ x, kernels }, { padding }).a,
        kernels: () => convKernelGradient({ x, a: z }, { size: kernels.shape.slice(1, -1), padding }).kernels,
      };
    },
  },
});

/**
 * The gradient of both by the kernels: x `[B, ...N, C]`, a `[B, ...N, K]` to kernels `[K, ...size, C]`,
 * `sum_b sum_n a_k[n] x[n + j, c]`.
 */
export const convKernelGradient: Contract<"x" | "a", "kernels", { readonly size: Grid; readonly padding: Padding }> =
  defineContract({
    name: "SaenoConvKernelGradient",
    inputs: ["x", "a"],
    outputs: ["kernels"],
    composite({ x, a }, { size, padding }) {
      const concepts = a.shape[a.rank - 1] as number;
      const patches = unfold(x, size, padding);
      const product = matMul(transpose(reshape(a, [-1, concepts])), patches);
      return { kernels: reshape(product, [concepts, ...size, x.shape[x.rank - 1] as number]) };
    },
  });

/** Every patch under a centred kernel as a row: `[B |N|, |s| C]`. */
function unfold(x: Tensor, size: Grid, padding: Padding): Tensor2D {
  const grid = x.shape.slice(1, -1);
  const channels = x.shape[x.rank - 1] as number;
  const patches = pick(reshape(x, [x.shape[0] as number, sizeOf(grid), channels]), unfoldIndices(grid, size, padding));
  return reshape(patches, [-1, sizeOf(size) * channels]) as Tensor2D;
}

/** Rows of `[B, n, C]` by index; the index `n` stands for a row of zeros. */
function pick(x: Tensor, indices: Int32Array): Tensor {
  const [batch, rows, channels] = x.shape as [number, number, number];
  const padded = indices.includes(rows) ? concat([x, zeros([batch, 1, channels])], 1) : x;
  return gather(padded, tensor1d(indices, "int32"), 1);
}

const kept = new Map<string, Int32Array>();

/** For each point n and tap j the index of n + j, or |N| outside. */
function unfoldIndices(grid: Grid, size: Grid, padding: Padding): Int32Array {
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

/** The flat index of point + direction * (tap - centre), or -1 where that lies outside and nothing wraps. */
function shiftedPoint(grid: Grid, size: Grid, padding: Padding, point: number, tap: number, direction: number): number {
  let flat = 0;
  let stride = 1;
  let [remainingPoint, remainingTap] = [point, tap];
  for (let axis = grid.length - 1; axis >= 0; axis--) {
    const points = grid[axis] as number;
    const taps = size[axis] as number;
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
