import { gather, reshape, type Tensor1D, type Tensor2D, zeros } from "@tensorflow/tfjs-core";

/** The biases `[K]` of chosen concepts `[B, k]` (int32), `[B, k]`, differentiable. */
export function biasAt(bias: Tensor1D, concepts: Tensor2D): Tensor2D {
  // tfjs cannot gather nothing.
  if (concepts.size === 0) return zeros(concepts.shape);
  return reshape(gather(bias, reshape(concepts, [-1])), concepts.shape);
}
