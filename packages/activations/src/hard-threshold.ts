import { nonNegativeNumber, option, yesOrNo } from "@saeno/backend";
import { abs, mul, type Tensor } from "@tensorflow/tfjs-core";
import * as v from "valibot";
import { type Activation, type ActivationComponent, defineActivation } from "./activation.ts";
import { above, applyThreshold } from "./apply-threshold.ts";
import { checkNumber } from "./checks.ts";

export const hardThresholdComponent: ActivationComponent = defineActivation({
  kind: "hard-threshold",
  summary: "codes beyond a fixed threshold",
  schema: v.strictObject({
    threshold: option(
      nonNegativeNumber,
      "size below which a code is zero, on the scale of codes: with atoms of unit norm about the norm of what one concept adds to a sample",
    ),
    oneSided: v.optional(option(yesOrNo, "only codes above the threshold, none below its negative"), false),
  }),
  create: hardThreshold,
});

/**
 * `u 1(|u| > lambda)`, or one-sided `u 1(u > lambda)`, at a fixed lambda (specification: Encoders, Activations): JumpReLU as unrolled encoders use it.
 * For scalar codes and for maps. The gradient passes through what was kept and is zero elsewhere.
 *
 * @throws SaenoError `activation.threshold` for a negative threshold, `data.nan` for NaN.
 */
export function hardThreshold(options: { readonly threshold: number; readonly oneSided?: boolean }): Activation {
  const { threshold, oneSided = false } = options;
  checkNumber("threshold", threshold, 0);
  return {
    kind: "hard-threshold",
    fixedThreshold: { kind: oneSided ? "one-sided" : "hard", threshold },
    apply(preCodes) {
      const size = (u: Tensor): Tensor => (oneSided ? u : abs(u));
      return applyThreshold(
        preCodes,
        (u) => mul(size(u), above(size(u), threshold)),
        (u) => mul(u, above(size(u), threshold)),
      );
    },
    toConfig: () => ({ kind: "hard-threshold", threshold, oneSided }),
  };
}
