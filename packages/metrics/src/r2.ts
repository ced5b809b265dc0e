import type { Tensor } from "@tensorflow/tfjs-core";
import { errorMetrics } from "./error-metrics.ts";

/**
 * Share of the variance explained: `1 - sum (x - x_hat)^2 / sum (x - mean_c)^2`, with the mean of each channel (vectors: coordinate)
 * (specification: Metrics). Tensors `[B, ...N, C]` or `[B, n]`.
 * Reads both synchronously; for many batches use `errorAccumulator`.
 *
 * @throws SaenoError as `errorMetrics`.
 */
export function r2(x: Tensor, reconstruction: Tensor): number {
  return errorMetrics(x, reconstruction).r2;
}
