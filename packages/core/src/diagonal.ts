import { cast, equal, mul, range, reshape, type Tensor, type Tensor2D } from "@tensorflow/tfjs-core";

/** The matrix `[n, n]` with these values `[n]` on its diagonal. */
export function diagonal(values: Tensor): Tensor2D {
  const indices = range(0, values.size, 1, "int32");
  return mul(cast(equal(reshape(indices, [-1, 1]), indices), "float32"), values) as Tensor2D;
}
