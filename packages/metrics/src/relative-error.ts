import type { Tensor } from "@tensorflow/tfjs-core";
import { errorMetrics } from "./error-metrics.ts";

/**
 * Relative error: `||x - x_hat|| / ||x||` over the whole batch
 * (specification: Metrics). Tensors `[B, ...N, C]` or `[B, n]`.
 * Reads both synchronously; for many batches use `errorAccumulator`.
 *
 * @throws SaenoError as `errorMetrics`.
 */
export function relativeError(x: Tensor, reconstruction: Tensor): number {
  return errorMetrics(x, reconstruction).relativeError;
}
