import { detach, option } from "@saeno/backend";
import { abs, mul, sign, sub } from "@tensorflow/tfjs-core";
import * as v from "valibot";
import { type Activation, type ActivationComponent, defineActivation } from "./activation.ts";
import { above, applyThreshold } from "./apply-threshold.ts";
import { dataThreshold, fixedScale, measuredBy, measurePreCodes, type Scale } from "./scale.ts";

export const softThresholdComponent: ActivationComponent = defineActivation({
  kind: "soft-threshold",
  summary: "codes beyond a fixed threshold, shrunk by it",
  schema: v.strictObject({
    threshold: v.optional(
      option(
        fixedScale,
        "what codes are shrunk by, on the scale of pre-codes: with atoms of unit norm about the norm of what one concept adds to a sample",
      ),
      "0.5sd",
    ),
  }),
  create: softThreshold,
});

/**
 * `sign(u) max(|u| - lambda, 0)` at a fixed lambda (specification: Encoders, Activations): with an unrolled encoder, ISTA (Daubechies et al. 2004; learned
 * by Gregor and LeCun 2010). For scalar codes and for maps. A threshold in standard deviations is measured on the first batch of a training.
 *
 * @throws SaenoError `activation.threshold` for a negative threshold, `activation.measure` before it was measured, `data.nan` for NaN.
 */
export function softThreshold(options: { readonly threshold: Scale }): Activation {
  const scale = dataThreshold({ threshold: options.threshold, orZero: true });
  return {
    kind: "soft-threshold",
    get fixedThreshold() {
      const { threshold } = scale;
      return threshold === undefined ? undefined : ({ kind: "soft", threshold } as const);
    },
    apply(preCodes) {
      const { threshold } = scale.numbers();
      return applyThreshold(
        preCodes,
        (u) => mul(abs(u), above(abs(u), threshold)),
        (u) => mul(sub(u, mul(sign(detach(u)), threshold)), above(abs(u), threshold)),
      );
    },
    toConfig: () => ({ kind: "soft-threshold", ...scale.toConfig() }),
    ...measuredBy(scale, measurePreCodes),
  };
}
