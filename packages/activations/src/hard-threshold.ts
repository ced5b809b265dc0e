import { option, yesOrNo } from "@saeno/backend";
import { abs, mul, type Tensor } from "@tensorflow/tfjs-core";
import * as v from "valibot";
import { type Activation, type ActivationComponent, defineActivation } from "./activation.ts";
import { above, applyThreshold } from "./apply-threshold.ts";
import { dataThreshold, fixedScale, measuredBy, measurePreCodes, type Scale } from "./scale.ts";

export const hardThresholdComponent: ActivationComponent = defineActivation({
  kind: "hard-threshold",
  summary: "codes beyond a fixed threshold",
  schema: v.strictObject({
    threshold: v.optional(
      option(
        fixedScale,
        "size below which a code is zero, on the scale of pre-codes: with atoms of unit norm about the norm of what one concept adds to a sample",
      ),
      "2sd",
    ),
    oneSided: v.optional(option(yesOrNo, "only codes above the threshold, none below its negative"), false),
  }),
  create: hardThreshold,
});

/**
 * `u 1(|u| > lambda)`, or one-sided `u 1(u > lambda)`, at a fixed lambda (specification: Encoders, Activations): JumpReLU as unrolled encoders use it.
 * For scalar codes and for maps. The gradient passes through what was kept and is zero elsewhere.
 *
 * A threshold in standard deviations is measured on the first batch of a training.
 *
 * @throws SaenoError `activation.threshold` for a negative threshold, `activation.measure` before it was measured, `data.nan` for NaN.
 */
export function hardThreshold(options: { readonly threshold: Scale; readonly oneSided?: boolean }): Activation {
  const { threshold: given, oneSided = false } = options;
  const scale = dataThreshold({ threshold: given, orZero: true });
  return {
    kind: "hard-threshold",
    get fixedThreshold() {
      const { threshold } = scale;
      return threshold === undefined ? undefined : ({ kind: oneSided ? "one-sided" : "hard", threshold } as const);
    },
    apply(preCodes) {
      const { threshold } = scale.numbers();
      const size = (u: Tensor): Tensor => (oneSided ? u : abs(u));
      return applyThreshold(
        preCodes,
        (u) => mul(size(u), above(size(u), threshold)),
        (u) => mul(u, above(size(u), threshold)),
      );
    },
    toConfig: () => ({ kind: "hard-threshold", ...scale.toConfig(), oneSided }),
    ...measuredBy(scale, measurePreCodes),
  };
}
