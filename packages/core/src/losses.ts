import { mean, type Scalar, squaredDifference, type Tensor, tidy } from "@tensorflow/tfjs-core";

/** The loss of training (SPEC 7): the mean of `(x - x_hat)^2` over all entries, differentiable. */
export function meanSquaredError(x: Tensor, reconstruction: Tensor): Scalar {
  return tidy(() => mean(squaredDifference(x, reconstruction)) as Scalar);
}
