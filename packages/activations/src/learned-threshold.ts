import { type Parameter, SaenoError, trainable } from "@saeno/backend";
import { fill, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { checkNumber } from "./checks.ts";

/** A threshold that is learned for each concept, by a rectangle kernel (specification: Activations). */
export interface ThresholdRule {
  /** What it starts at, above 0. */
  readonly threshold: number;
  /** `eps`, the width of the rectangle kernel. Default a tenth of the start. */
  readonly bandwidth?: number;
}

export interface LearnedThreshold {
  readonly parameter: Parameter;
  /** `[K]`. */
  readonly thresholds: Tensor;
  readonly bandwidth: number;
}

/** @throws SaenoError `activation.threshold`, `activation.bandwidth`, `activation.conceptCount` for values out of range. */
export function learnedThreshold(
  name: string,
  rule: ThresholdRule,
  conceptCount: number | undefined,
): LearnedThreshold {
  const { threshold, bandwidth = threshold / 10 } = rule;
  checkNumber("threshold", threshold, 0, true);
  checkNumber("bandwidth", bandwidth, 0, true);
  if (conceptCount === undefined || !Number.isInteger(conceptCount) || conceptCount < 1) {
    throw new SaenoError(
      "activation.conceptCount",
      `Learned thresholds need conceptCount, the number of concepts that each have one; got ${conceptCount}.`,
    );
  }
  const variable = tidy(() => trainable(fill([conceptCount], threshold)));
  return { parameter: { name, variable, role: "threshold" }, thresholds: variable, bandwidth };
}
