import { detach, nonNegativeNumber, option } from "@saeno/backend";
import { abs, mul, sign, sub } from "@tensorflow/tfjs-core";
import * as v from "valibot";
import { type Activation, type ActivationComponent, defineActivation } from "./activation.ts";
import { above, applyThreshold } from "./apply-threshold.ts";
import { checkNumber } from "./checks.ts";

export const softThresholdComponent: ActivationComponent = defineActivation({
  kind: "soft-threshold",
  summary: "codes beyond a fixed threshold, shrunk by it",
  schema: v.strictObject({
    threshold: option(
      nonNegativeNumber,
      "what codes are shrunk by, on their own scale: with atoms of unit norm about the norm of what one concept adds to a sample",
    ),
  }),
  create: softThreshold,
});

/**
 * `sign(u) max(|u| - lambda, 0)` at a fixed lambda (specification: Encoders, Activations): with an unrolled encoder, ISTA (Daubechies et al. 2004; learned
 * by Gregor and LeCun 2010). For scalar codes and for maps.
 *
 * @throws SaenoError `activation.threshold` for a negative threshold, `data.nan` for NaN.
 */
export function softThreshold(options: { readonly threshold: number }): Activation {
  const { threshold } = options;
  checkNumber("threshold", threshold, 0);
  return {
    kind: "soft-threshold",
    fixedThreshold: { kind: "soft", threshold },
    apply: (preCodes) =>
      applyThreshold(
        preCodes,
        (u) => mul(abs(u), above(abs(u), threshold)),
        (u) => mul(sub(u, mul(sign(detach(u)), threshold)), above(abs(u), threshold)),
      ),
    toConfig: () => ({ kind: "soft-threshold", threshold }),
  };
}
