import { SaenoError } from "@saeno/backend";
import { mul, relu, type Tensor } from "@tensorflow/tfjs-core";
import * as v from "valibot";
import { type Activation, type ActivationComponent, defineActivation } from "./activation.ts";
import { above, applyThreshold } from "./apply-threshold.ts";
import { keepLargest, runningThreshold } from "./batch-budget.ts";
import { activeOption, checkCount, usualActive } from "./checks.ts";
import { entriesOf } from "./pre-codes.ts";

export const batchTopKComponent: ActivationComponent = defineActivation({
  kind: "batchtopk",
  summary: "the largest codes of a batch; after training all above a running threshold",
  codes: "scalar",
  schema: v.strictObject({
    k: v.exactOptional(activeOption("concepts active in a sample, on average")),
  }),
  create({ k = usualActive }, { conceptCount }) {
    checkCount("k", k, conceptCount);
    return batchTopK({ k });
  },
  onMaps: ({ k }) => ({ kind: "map-sparsity", ...(k === undefined ? {} : { active: k }), conceptRule: "batch" }),
});

/**
 * BatchTopK for scalar codes (specification: Activations; Bussmann et al. 2024, arXiv:2412.06410). In training, the `B k` largest of the whole batch are
 * kept after relu, so that samples share a budget; the running mean of the smallest kept value is the threshold at inference, where a sample's codes are
 * `u 1(u > threshold)` whatever else is in its batch. Ties are broken by the lower index.
 *
 * State `activation.threshold` (a scalar; 0 until the first step of training, so that inference keeps all positive codes).
 *
 * @throws SaenoError `activation.k` unless `k` is a positive integer, at most the number of concepts,
 *   `activation.maps` for feature maps, `data.nan` for NaN.
 */
export function batchTopK(options: { readonly k: number }): Activation {
  const { k } = options;
  checkCount("k", k);
  const threshold = runningThreshold("activation.threshold");
  return {
    kind: "batchtopk",
    competitive: true,
    apply(preCodes, { training = false } = {}) {
      const { batch, grid, conceptCount } = preCodes;
      checkCount("k", k, conceptCount);
      if (grid.length > 0) {
        throw new SaenoError(
          "activation.maps",
          "batchtopk is for scalar codes; for feature maps use mapSparsity with concepts: { batch: k }.",
        );
      }
      if (!training || batch === 0) {
        const kept = (u: Tensor) => mul(relu(u), above(u, threshold.parameter.variable));
        return applyThreshold(preCodes, kept, kept);
      }
      let mask: Tensor | undefined;
      const strength = (u: Tensor) => {
        const rectified = relu(u);
        const kept = keepLargest(rectified, batch * k);
        mask = kept.mask;
        threshold.update(kept.smallest);
        return mul(rectified, mask);
      };
      // Fillers of the rectangle may be positive and yet outside the budget.
      return applyThreshold(preCodes, strength, (u, entries) => {
        const inBudget = mask as Tensor;
        return mul(
          relu(u),
          entries === undefined ? inBudget : entriesOf(inBudget, entries.concepts, entries.positions),
        );
      });
    },
    parameters: () => [threshold.parameter],
    rule: () => ({ kept: "above", thresholds: threshold.parameter.variable }),
    toConfig: () => ({ kind: "batchtopk", k }),
    dispose: () => threshold.dispose(),
  };
}
