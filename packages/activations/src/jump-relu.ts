import { detach, option, type Parameter, sizeOf, trainable } from "@saeno/backend";
import {
  div,
  fill,
  gather,
  mul,
  neg,
  reshape,
  type Scalar,
  sub,
  sum,
  type Tensor,
  type Tensor1D,
  tidy,
} from "@tensorflow/tfjs-core";
import * as v from "valibot";
import { type Activation, type ActivationComponent, defineActivation } from "./activation.ts";
import type { Entries } from "./active-entries.ts";
import { above, applyThreshold, withSlope } from "./apply-threshold.ts";
import { checkCount } from "./checks.ts";
import { dataThreshold, type LearnedScale, learnedScale, measuredBy, measurePreCodes } from "./scale.ts";

export const jumpReluComponent: ActivationComponent = defineActivation({
  kind: "jumprelu",
  summary: "codes above a learned threshold, one for each concept",
  schema: v.strictObject({
    threshold: v.optional(
      option(
        learnedScale,
        "what learned thresholds start at, on the scale of pre-codes; 2sd is two standard deviations of those of the first batch",
        {
          default:
            "hard-threshold 2sd, soft-threshold 0.5sd; for learned ones, what 8 concepts of a sample exceed; for maps, on 4 % of the domain",
        },
      ),
      "auto",
    ),
    bandwidth: v.optional(
      option(learnedScale, "how near a pre-code must be to a learned threshold to move it, on the same scale", {
        default: "0.25sd; for map-sparsity, a tenth of a threshold given as a number",
      }),
      "auto",
    ),
  }),
  create: (options, { conceptCount }) => jumpRelu({ ...options, conceptCount }),
});

export interface JumpReluOptions {
  /** `K`: there is one threshold for each concept. */
  readonly conceptCount: number;
  /** What the thresholds start at; above 0. Default `auto`: the value that about 8 concepts of a sample exceed; for maps, on 4 % of the domain. */
  readonly threshold?: LearnedScale;
  /** `eps`, the width of the rectangle kernel, in units of the pre-codes. Default `auto`: a quarter of their standard deviation. */
  readonly bandwidth?: LearnedScale;
}

/**
 * JumpReLU (specification: Activations; Rajamanoharan et al. 2024, arXiv:2407.14435): `u 1(u > theta)`, with theta a learned threshold for each concept, in
 * float32 and as it is (not its logarithm). For scalar codes and for maps. The gradient to u passes through what was kept; the one to theta is a
 * pseudo-derivative by a rectangle kernel of width eps: `d/dtheta = -(theta / eps) 1(|u - theta| < eps / 2)`.
 *
 * Parameter `activation.threshold [K]`. The bandwidth should be small against the pre-codes, and wide enough to catch some of them. What is not given as a
 * number is measured on the first batch of a training; until then `auto` is 0.01, and 0.001.
 *
 * @throws SaenoError `activation.conceptCount`, `activation.threshold`, `activation.bandwidth` for values out of range, `data.nan` for NaN.
 */
export function jumpRelu(options: JumpReluOptions): Activation {
  const { conceptCount, threshold = "auto", bandwidth = "auto" } = options;
  checkCount("conceptCount", conceptCount);
  const scale = dataThreshold({ threshold, bandwidth, before: { threshold: 0.01, bandwidth: 0.001 } });
  const variable = tidy(() => trainable(fill([conceptCount], scale.start)));
  const thresholds: Tensor = variable;
  const parameter: Parameter = { name: "activation.threshold", variable, role: "threshold" };
  const thresholdsAt = (entries?: Entries): Tensor =>
    entries === undefined ? thresholds : conceptValues(thresholds, entries.concepts);
  return {
    kind: "jumprelu",
    // Entries just below their threshold are zero and yet reach its gradient.
    apply(preCodes) {
      const { bandwidth } = scale.numbers();
      return applyThreshold(
        preCodes,
        (u) => above(u, sub(thresholds, bandwidth / 2)),
        (u, entries) => jump(u, thresholdsAt(entries), bandwidth),
      );
    },
    activeCount: ({ dense, batch, grid }) =>
      tidy(() => {
        const count = smoothCount(detach(dense()), thresholds, scale.numbers().bandwidth);
        return div(sum(count), batch * sizeOf(grid)) as Scalar;
      }),
    parameters: () => [{ ...parameter, ...scale.steps }],
    rule: () => ({ kept: "above", thresholds }),
    toConfig: () => ({ kind: "jumprelu", ...scale.toConfig() }),
    ...measuredBy(scale, measurePreCodes, (threshold) => variable.assign(fill([conceptCount], threshold))),
    dispose: () => variable.dispose(),
  };
}

/** `u 1(u > theta)` with the pseudo-derivative to theta. Thresholds broadcast against u. */
export function jump(u: Tensor, theta: Tensor, bandwidth: number): Tensor {
  const slope = neg(mul(div(theta, bandwidth), window(u, theta, bandwidth)));
  return withSlope(mul(u, above(u, theta)), theta, slope);
}

/** `1(u > theta)`, whose only gradient is the pseudo-derivative to theta, `-(1 / eps) 1(|u - theta| < eps / 2)`. */
export function smoothCount(u: Tensor, theta: Tensor, bandwidth: number): Tensor {
  return withSlope(above(u, theta), theta, div(window(u, theta, bandwidth), -bandwidth));
}

/** 1 within half a bandwidth of the threshold, else 0: the rectangle kernel times its width. No gradient. */
export function window(u: Tensor, threshold: Tensor, bandwidth: number): Tensor {
  const distance = sub(detach(u), detach(threshold));
  return mul(above(distance, -bandwidth / 2), above(neg(distance), -bandwidth / 2));
}

/** Values `[K]` of the chosen concepts `[B, k]`: `[B, k, 1]`, differentiable. */
export function conceptValues(values: Tensor, concepts: Tensor): Tensor {
  return reshape(gather(values, reshape(concepts, [-1]) as Tensor1D), [...concepts.shape, 1]);
}
