import { detach, type EnergyKind, SaenoError } from "@saeno/backend";
import { add, type Scalar, type Tensor2D, type Tensor3D, tidy } from "@tensorflow/tfjs-core";
import type { Activation } from "./activation.ts";
import { type ConceptSparsity, conceptRule } from "./concept-sparsity.ts";
import { type DomainSparsity, domainRule, keptPoints } from "./domain-sparsity.ts";
import type { PreCodes } from "./pre-codes.ts";

export interface MapSparsityOptions {
  /** Maps kept: `k_c` of each sample, or another rule. */
  readonly concepts: ConceptSparsity;
  /** Points kept of each kept map. Default: all positive ones. */
  readonly domain?: DomainSparsity;
  /** What makes a map worth keeping. Default `kept`, the energy of the points that domain sparsity would keep. */
  readonly energy?: EnergyKind;
  /** Where energies are evaluated; default 1, as many points as modes on each axis. */
  readonly energyGrid?: number | "data";
  /** `K`; needed where thresholds are learned, one for each concept. */
  readonly conceptCount?: number;
}

/**
 * The two sparsities of feature maps (specification: Activations): concept sparsity keeps the `k_c` maps of largest energy of each sample,
 * then domain sparsity keeps, after relu, the largest points of each kept map: `ceil(p |N|)` for a density `p`.
 * Both also with a budget of the whole batch, and with learned thresholds, on the norm of a map (the root of its energy) and per entry,
 * in any combination. Ties are broken by the lower index. The gradient passes through what was kept and is zero elsewhere; learned
 * thresholds have the pseudo-derivative of {@link jumpRelu}.
 * Codes are sparse: concepts `[B, k]`, positions and values `[B, k, s]`.
 *
 * Parameters and statistics, where there are any: `activation.normThreshold [K]` or `activation.energyThreshold` (a scalar),
 * `activation.entryThreshold` (`[K]`, or a scalar for a budget).
 *
 * @throws SaenoError `activation.concepts` when `k_c` is no count or larger than the number of concepts, `activation.density`,
 *   `activation.count`, `activation.energyGrid`, `activation.threshold`, `activation.bandwidth`, `activation.conceptCount` for values out of
 *   range, `data.nan` for NaN.
 */
export function mapSparsity(options: MapSparsityOptions): Activation {
  const { concepts, domain = { density: 1 }, energy = "kept", energyGrid = 1, conceptCount } = options;
  if (energyGrid !== "data" && !(energyGrid > 0)) {
    throw new SaenoError("activation.energyGrid", `energyGrid is a positive number or "data"; got ${energyGrid}.`);
  }
  const which = conceptRule(concepts, conceptCount);
  const where = domainRule(domain, conceptCount);
  const parameters = [...which.parameters, ...where.parameters];

  function energiesOf(preCodes: PreCodes): Tensor2D {
    return detach(
      preCodes.energies({ kind: energy, energyGrid, count: keptPoints(domain, preCodes.grid) }),
    ) as Tensor2D;
  }

  function activeCount(preCodes: PreCodes): Scalar {
    const counts = [which.count?.(energiesOf(preCodes)), where.count?.(preCodes)].filter(
      (count) => count !== undefined,
    );
    return counts.reduce((a, b) => add(a, b));
  }

  return {
    kind: "map-sparsity",
    competitive: which.competitive,
    apply(preCodes, { training = false } = {}) {
      const chosen = which.choose(energiesOf(preCodes), training);
      const { positions, values } = where.keep(preCodes, chosen, training);
      return {
        kind: "sparse",
        concepts: chosen.concepts,
        positions,
        values: (chosen.gate?.(values) ?? values) as Tensor3D,
        grid: preCodes.grid,
        conceptCount: preCodes.conceptCount,
      };
    },
    ...(which.count || where.count ? { activeCount: (preCodes) => tidy(() => activeCount(preCodes)) } : {}),
    parameters: () => parameters,
    toConfig: () => ({
      kind: "map-sparsity",
      concepts,
      domain,
      energy,
      energyGrid,
      ...(conceptCount === undefined ? {} : { conceptCount }),
    }),
    dispose() {
      for (const { variable } of parameters) variable.dispose();
    },
  };
}
