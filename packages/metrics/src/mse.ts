import type { Tensor } from "@tensorflow/tfjs-core";
import { errorMetrics } from "./error-metrics.ts";

/**
 * Mean squared error: the mean of `(x - x_hat)^2` over all entries
 * (specification: Metrics). Tensors `[B, ...N, C]` or `[B, n]`.
 * Reads both synchronously; for many batches use `errorAccumulator`.
 *
 * @throws SaenoError as `errorMetrics`.
 */
export function mse(x: Tensor, reconstruction: Tensor): number {
  return errorMetrics(x, reconstruction).mse;
}
