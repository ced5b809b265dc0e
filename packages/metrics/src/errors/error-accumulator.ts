import { isConstant, rangeOf, relativeNorm, SaenoError } from "@saeno/backend";
import type { Metric } from "../metric.ts";

export interface ErrorMetrics {
  /** Mean of `(x - x_hat)^2` over all entries. */
  readonly mse: number;
  /** `||x - x_hat|| / ||x||` over the whole set. For a set of zeros, 0 if its reconstruction is zero, else 1. */
  readonly relativeError: number;
  /**
   * `1 - SSE / SST`, SST about the mean of each channel over the set: 1 is perfect, 0 no better than that mean. If no channel changes, up to rounding in
   * float32, there is nothing to explain: then 1 if the set is reconstructed up to rounding, else 0, as in scikit-learn.
   */
  readonly r2: number;
}

export interface ErrorAccumulator {
  /**
   * Adds a batch: x and its reconstruction, row-major `[B, ...N, C]`. Neither is kept.
   *
   * @throws SaenoError `metrics.shape` when the lengths differ or do not divide into channels.
   */
  add(x: ArrayLike<number>, reconstruction: ArrayLike<number>): void;
  /** @throws SaenoError `metrics.empty` before anything was added, `metrics.finite` if x or its reconstruction holds values that are not numbers. */
  result(): ErrorMetrics;
}

/**
 * The errors of a reconstruction over a set of any size, batch by batch (specification: Metrics), in float64.
 * The channels' means and squared deviations are formed within a batch and merged as in Chan, Golub and LeVeque (1983),
 * which loses nothing to cancellation when means are large; how the set is cut into batches does not matter.
 *
 * @param channels `C`; for vectors, which have no grid, their length: each coordinate has its own mean.
 * @throws SaenoError `metrics.channels` unless a whole number of at least 1.
 */
export function errorAccumulator(channels: number): ErrorAccumulator {
  if (!Number.isInteger(channels) || channels < 1) {
    throw new SaenoError("metrics.channels", `channels must be a positive integer; got ${channels}.`);
  }
  let rows = 0;
  let squaredError = 0;
  let squaredNorm = 0;
  const means = new Float64Array(channels);
  const deviations = new Float64Array(channels);
  const lows = new Float64Array(channels).fill(Number.POSITIVE_INFINITY);
  const highs = new Float64Array(channels).fill(Number.NEGATIVE_INFINITY);

  function mergeChannel(x: ArrayLike<number>, channel: number): void {
    const count = x.length / channels;
    let sum = 0;
    let [low, high] = [lows[channel], highs[channel]];
    for (let i = channel; i < x.length; i += channels) {
      const value = x[i];
      sum += value;
      if (value < low) low = value;
      if (value > high) high = value;
    }
    lows[channel] = low;
    highs[channel] = high;
    const mean = sum / count;
    let deviation = 0;
    for (let i = channel; i < x.length; i += channels) deviation += (x[i] - mean) ** 2;
    const difference = mean - means[channel];
    const total = rows + count;
    means[channel] = means[channel] + (difference * count) / total;
    deviations[channel] = deviations[channel] + deviation + (difference ** 2 * rows * count) / total;
  }

  return {
    add(x, reconstruction) {
      if (x.length !== reconstruction.length || x.length % channels !== 0) {
        throw new SaenoError(
          "metrics.shape",
          `x and its reconstruction must have one length, a multiple of ${channels} channels; got ${x.length} and ${reconstruction.length} entries.`,
        );
      }
      if (x.length === 0) return;
      for (let i = 0; i < x.length; i++) {
        const value = x[i];
        squaredError += (value - reconstruction[i]) ** 2;
        squaredNorm += value ** 2;
      }
      for (let channel = 0; channel < channels; channel++) mergeChannel(x, channel);
      rows += x.length / channels;
    },
    result() {
      if (rows === 0) throw new SaenoError("metrics.empty", "No samples were added, so there is no error.");
      if (!Number.isFinite(squaredError)) {
        throw new SaenoError(
          "metrics.finite",
          "The reconstruction holds NaN or infinite values: the model has diverged, or the samples are far larger than those it was trained on.",
          { kind: "data" },
        );
      }
      const mse = squaredError / (rows * channels);
      const total = deviations.reduce((sum, deviation) => sum + deviation, 0);
      const magnitudes = highs.map((high, channel) => Math.max(Math.abs(high), Math.abs(lows[channel])));
      const nothingChanges = highs.every((high, channel) => isConstant(high - lows[channel], magnitudes[channel]));
      const isPerfect = isConstant(Math.sqrt(mse), rangeOf(magnitudes).magnitude);
      return {
        mse,
        relativeError: relativeNorm(squaredError, squaredNorm),
        r2: nothingChanges ? Number(isPerfect) : 1 - squaredError / total,
      };
    },
  };
}

/** The errors of the reconstruction of a whole dataset (specification: Metrics). */
export function errors(): Metric<ErrorMetrics> {
  return {
    name: "errors",
    start(_, { channels }) {
      const accumulator = errorAccumulator(channels);
      return {
        add: async (batch) => accumulator.add(batch.values, await batch.reconstructed()),
        result: accumulator.result,
      };
    },
  };
}
