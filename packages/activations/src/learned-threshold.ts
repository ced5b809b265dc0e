import { type Parameter, SaenoError, trainable } from "@saeno/backend";
import { fill, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { type DataThreshold, dataThreshold, type LearnedScale, type Measurement } from "./scale.ts";

/** A threshold that is learned for each concept, by a rectangle kernel (specification: Activations). */
export interface ThresholdRule {
  /** What it starts at, above 0. With `auto`, 0.1 until it is measured. */
  readonly threshold: LearnedScale;
  /** `eps`, the width of the rectangle kernel. Default a tenth of a start that is a number, else `auto`. */
  readonly bandwidth?: LearnedScale;
}

export interface LearnedThreshold {
  parameter(): Parameter;
  /** `[K]`. */
  readonly thresholds: Tensor;
  /** @throws SaenoError `activation.measure` before it was measured. */
  bandwidth(): number;
  /** The rule, with numbers in it once they are known. */
  rule(): ThresholdRule;
  /** What is to be measured; absent if everything was given as numbers. */
  readonly measured?: NonNullable<DataThreshold["measured"]>;
}

/** @throws SaenoError `activation.threshold`, `activation.bandwidth`, `activation.conceptCount` for values out of range. */
export function learnedThreshold(
  name: string,
  rule: ThresholdRule,
  conceptCount: number | undefined,
): LearnedThreshold {
  const { threshold, bandwidth = typeof threshold === "number" ? threshold / 10 : "auto" } = rule;
  const scale = dataThreshold({ threshold, bandwidth, before: { threshold: 0.1, bandwidth: 0.01 } });
  if (conceptCount === undefined || !Number.isInteger(conceptCount) || conceptCount < 1) {
    throw new SaenoError(
      "activation.conceptCount",
      `Learned thresholds need conceptCount, the number of concepts that each have one; got ${conceptCount}.`,
    );
  }
  const variable = tidy(() => trainable(fill([conceptCount], scale.start)));
  const { measured } = scale;
  return {
    parameter: () => ({ name, variable, role: "threshold", ...scale.steps }),
    thresholds: variable,
    bandwidth: () => scale.numbers().bandwidth,
    rule: () => (measured === undefined || measured.values().deviation === undefined ? rule : scale.toConfig()),
    ...(measured === undefined
      ? {}
      : {
          measured: {
            ...measured,
            take(measurement: Measurement) {
              measured.take(measurement);
              variable.assign(fill([conceptCount], scale.numbers().threshold));
            },
          },
        }),
  };
}
