import { meanSquaredDifference } from "@saeno/backend";
import type { Scalar, Tensor } from "@tensorflow/tfjs-core";

/** The loss of training (SPEC 7): the mean of `(x - x_hat)^2` over all entries, differentiable. */
export function meanSquaredError(x: Tensor, reconstruction: Tensor): Scalar {
  return meanSquaredDifference({ x, y: reconstruction }, {}).mean as Scalar;
}
