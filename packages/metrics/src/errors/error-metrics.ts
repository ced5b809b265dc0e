import { SaenoError } from "@saeno/backend";
import type { Tensor } from "@tensorflow/tfjs-core";
import { type ErrorMetrics, errorAccumulator } from "./error-accumulator.ts";

/**
 * `mse`, `relativeError` and `r2` of one batch at once (specification: Metrics): x and its reconstruction `[B, ...N, C]`, or vectors `[B, n]`.
 * Sums in float64. Reads both tensors synchronously and makes none.
 *
 * @throws SaenoError `metrics.shape` when the shapes differ or have no batch axis, `metrics.empty` for tensors without entries.
 */
export function errorMetrics(x: Tensor, reconstruction: Tensor): ErrorMetrics {
  if (x.rank < 2 || x.shape.join() !== reconstruction.shape.join()) {
    throw new SaenoError(
      "metrics.shape",
      `x and its reconstruction must be tensors [B, ...N, C] of one shape; got [${x.shape.join(", ")}] and [${reconstruction.shape.join(", ")}].`,
    );
  }
  const accumulator = errorAccumulator(x.shape[x.rank - 1]);
  accumulator.add(x.dataSync(), reconstruction.dataSync());
  return accumulator.result();
}

/** {@link ErrorMetrics.mse} of one batch. */
export const mse = (x: Tensor, reconstruction: Tensor): number => errorMetrics(x, reconstruction).mse;

/** {@link ErrorMetrics.relativeError} of one batch. */
export const relativeError = (x: Tensor, reconstruction: Tensor): number =>
  errorMetrics(x, reconstruction).relativeError;

/** {@link ErrorMetrics.r2} of one batch. */
export const r2 = (x: Tensor, reconstruction: Tensor): number => errorMetrics(x, reconstruction).r2;
