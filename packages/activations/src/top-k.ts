import { SaenoError } from "@saeno/backend";
import { reshape, zeros } from "@tensorflow/tfjs-core";
import * as v from "valibot";
import { type Activation, type ActivationComponent, defineActivation } from "./activation.ts";
import { activeOption, checkCount, usualActive } from "./checks.ts";
import { densePreCodes } from "./pre-codes.ts";

export const topKComponent: ActivationComponent = defineActivation({
  kind: "topk",
  summary: "the largest codes of each sample",
  codes: "scalar",
  schema: v.strictObject({
    k: v.exactOptional(activeOption("concepts active in a sample")),
  }),
  create({ k = usualActive }, { conceptCount }) {
    checkCount("k", k, conceptCount);
    return topK({ k });
  },
  onMaps: ({ k }) => ({ kind: "map-sparsity", ...(k === undefined ? {} : { active: k }) }),
});

/**
 * TopK for scalar codes (specification: Activations; Gao et al. 2025, arXiv:2406.04093): the `k` largest codes of each sample after relu; the rest are 0.
 * Ties go to the lower index; fewer than `k` are active if fewer are positive. Codes are sparse, `[B, k, 1]`.
 *
 * @throws SaenoError `activation.k` unless `k` is a positive integer, at most the number of concepts,
 *   `activation.maps` for feature maps, `data.nan` for NaN.
 */
export function topK(options: { readonly k: number }): Activation {
  const { k } = options;
  checkCount("k", k);
  return {
    kind: "topk",
    competitive: true,
    ranks: true,
    apply(preCodes) {
      if (preCodes.grid.length > 0) throw mapsError();
      const { batch, conceptCount } = preCodes;
      checkCount("k", k, conceptCount);
      const { largest } = preCodes.largest === undefined ? densePreCodes(preCodes.dense()) : preCodes;
      if (largest === undefined) throw mapsError();
      const { concepts, values } = largest(k);
      return {
        kind: "sparse",
        concepts,
        positions: zeros([batch, k, 1], "int32"),
        values: reshape(values, [batch, k, 1]),
        grid: [],
        conceptCount,
      };
    },
    rule: () => ({ kept: "largest", k }),
    toConfig: () => ({ kind: "topk", k }),
  };
}

function mapsError(): SaenoError {
  return new SaenoError("activation.maps", "topk is for scalar codes; for feature maps use mapSparsity.");
}
