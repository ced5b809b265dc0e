import { matMul, reshape, type Tensor, type Tensor2D, transpose } from "@tensorflow/tfjs-core";
import { type Contract, defineContract } from "../contract.ts";
import { type Grid, sizeOf } from "../spectrum.ts";
import { fold, type Padding, unfold } from "./patches.ts";

/**
 * The adjoint of a conv dictionary (specification: Dictionaries), kernels centered: x `[B, ...N, C]`, kernels `[K, ...s, C]` to a `[B, ...N, K]`,
 * `a_k[n] = sum_c sum_j d_k[j, c] x[n + j, c]`. Cost: 2 B |N| K |s| C operations.
 */
export const convCorrelate: Contract<"x" | "kernels", "a", { readonly padding: Padding }> = defineContract({
  name: "SaenoConvCorrelate",
  inputs: ["x", "kernels"],
  outputs: ["a"],
  composite({ x, kernels }, { padding }) {
    const concepts = kernels.shape[0];
    const patches = patchesOf(x, kernels.shape.slice(1, -1), padding);
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
    const channels = kernels.shape[kernels.rank - 1];
    const concepts = kernels.shape[0];
    const patches = matMul(reshape(z, [-1, concepts]), reshape(kernels, [concepts, -1]));
    const { x } = fold({ patches }, { grid, size, padding, channels });
    return { x: reshape(x, [z.shape[0], ...grid, channels]) };
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
 * The gradient of both with respect to the kernels: x `[B, ...N, C]`, a `[B, ...N, K]` to kernels `[K, ...size, C]`,
 * `sum_b sum_n a_k[n] x[n + j, c]`.
 */
export const convKernelGradient: Contract<"x" | "a", "kernels", { readonly size: Grid; readonly padding: Padding }> =
  defineContract({
    name: "SaenoConvKernelGradient",
    inputs: ["x", "a"],
    outputs: ["kernels"],
    composite({ x, a }, { size, padding }) {
      const concepts = a.shape[a.rank - 1];
      const patches = patchesOf(x, size, padding);
      const product = matMul(transpose(reshape(a, [-1, concepts])), patches);
      return { kernels: reshape(product, [concepts, ...size, x.shape[x.rank - 1]]) };
    },
  });

/** Every patch of x `[B, ...N, C]` under a centered kernel as a row: `[B |N|, |s| C]`. */
export function patchesOf(x: Tensor, size: Grid, padding: Padding): Tensor2D {
  const grid = x.shape.slice(1, -1);
  const flat = reshape(x, [x.shape[0], sizeOf(grid), x.shape[x.rank - 1]]);
  return unfold({ x: flat }, { grid, size, padding }).patches as Tensor2D;
}
