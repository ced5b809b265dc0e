import { detach, option, positiveNumber } from "@saeno/backend";
import { add, cast, cumsum, div, greater, mul, range, relu, sub, sum, type Tensor, topk } from "@tensorflow/tfjs-core";
import * as v from "valibot";
import { type Activation, type ActivationComponent, defineActivation } from "./activation.ts";
import { checkNumber } from "./checks.ts";

export const spadeComponent: ActivationComponent = defineActivation({
  kind: "spade",
  summary: "shares of nearby prototypes that sum to one (sparsemax)",
  encoder: { distance: true },
  schema: v.strictObject({
    scale: v.optional(option(positiveNumber, "factor on pre-codes; the larger, the fewer codes are active"), 1),
  }),
  create: spade,
});

/**
 * SpaDE (Hindupur et al. 2025, arXiv:2503.01822): `z = sparsemax(lambda u)`, the Euclidean projection of the pre-codes of a sample (of each grid point, for
 * maps) on the probability simplex: `z_k = max(lambda u_k - tau, 0)` with tau such that the codes sum to one. How many are active follows from the data.
 * With an encoder by distances, `u_k = -|x - e_k|^2` up to a term that all concepts share (`shallowEncoder(dictionary, { distance: true })`), a sample is
 * described by the prototypes nearest to it.
 *
 * Since codes sum to one, atoms carry the size of the data: train with `unitAtoms: false`.
 *
 * @param options.scale lambda, above 0: the larger, the fewer are active. Default 1.
 * @throws SaenoError `activation.scale` for a scale out of range.
 */
export function spade(options: { readonly scale?: number } = {}): Activation {
  const { scale = 1 } = options;
  checkNumber("scale", scale, 0, true);
  return {
    kind: "spade",
    apply: (preCodes) => ({ kind: "dense", values: sparsemax(mul(preCodes.dense(), scale)) }),
    toConfig: () => ({ kind: "spade", scale }),
  };
}

/**
 * The projection of each row (last axis) on the probability simplex (Martins and Astudillo 2016, arXiv:1602.02068), differentiable:
 * the gradient is centered over the active entries and zero elsewhere.
 */
export function sparsemax(u: Tensor): Tensor {
  const size = u.shape[u.rank - 1];
  const sorted = topk(detach(u), size, true).values;
  const ranks = range(1, size + 1);
  const sums = cumsum(sorted, u.rank - 1);
  // The support is the longest start of the sorted row whose entries exceed the threshold that it implies.
  const within = cast(greater(add(mul(ranks, sorted), 1), sums), "float32");
  const count = sum(within, -1, true);
  const tau = div(sub(sum(mul(within, sorted), -1, true), 1), count);
  const active = cast(greater(detach(u), tau), "float32");
  // The same threshold once more, as a function of u.
  const threshold = div(sub(sum(mul(u, active), -1, true), 1), sum(active, -1, true));
  return relu(sub(u, threshold));
}
