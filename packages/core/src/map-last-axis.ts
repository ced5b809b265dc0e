import { matMul, reshape, type Tensor, type Tensor2D } from "@tensorflow/tfjs-core";

/** `A v` for every vector v along the last axis: x `[..., n]`, A `[m, n]` to `[..., m]`. */
export function mapLastAxis(x: Tensor, matrix: Tensor2D): Tensor {
  const rows = reshape(x, [-1, x.shape[x.rank - 1]]) as Tensor2D;
  return reshape(matMul(rows, matrix, false, true), [...x.shape.slice(0, -1), matrix.shape[0]]);
}
