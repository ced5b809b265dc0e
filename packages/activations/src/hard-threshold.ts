import { abs, mul, type Tensor } from "@tensorflow/tfjs-core";
import type { Activation } from "./activation.ts";
import { above, applyThreshold } from "./apply-threshold.ts";
import { checkNumber } from "./check-number.ts";

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
