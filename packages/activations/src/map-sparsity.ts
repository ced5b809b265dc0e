import {
  detach,
  type EnergyKind,
  oneOf,
  option,
  positiveInteger,
  positiveNumber,
  SaenoError,
  share,
} from "@saeno/backend";
import { add, type Scalar, type Tensor2D, type Tensor3D, tidy } from "@tensorflow/tfjs-core";
import * as v from "valibot";
import { type Activation, type ActivationComponent, defineActivation } from "./activation.ts";
import { activeOption, checkCount } from "./checks.ts";
import { type ConceptRule, type ConceptSparsity, conceptRule } from "./concept-sparsity.ts";
import { countedPoints, type DomainRule, type DomainSparsity, domainRule } from "./domain-sparsity.ts";
import type { ThresholdRule } from "./learned-threshold.ts";
import type { PreCodes } from "./pre-codes.ts";
import { type LearnedScale, learnedScale, type MeasuredOptions } from "./scale.ts";

const schema = v.strictObject({
  active: v.exactOptional(activeOption("concepts active in a sample; with a budget of a batch on average")),
  budget: v.exactOptional(
    option(positiveNumber, "size of a code, as a share of the numbers of a sample", {
      default: "0.04, or what --density or --count say",
      excludes: ["density", "count"],
    }),
  ),
  density: v.exactOptional(
    option(share, "instead of --budget: share of the domain where an active concept is", {
      excludes: ["budget", "count"],
    }),
  ),
  count: v.exactOptional(
    option(positiveInteger, "instead of --budget: points where an active concept is, whatever the grid", {
      excludes: ["budget", "density"],
    }),
  ),
  conceptRule: v.optional(
    option(
      oneOf("topk", "batch", "threshold"),
      "how active concepts are chosen: the strongest of a sample, the strongest of a batch, or all above a learned threshold",
    ),
    "batch",
  ),
  domainRule: v.optional(
    option(
      oneOf("topk", "peaks", "batch", "threshold"),
      "how active points are chosen: the largest of each map, the largest that are not next to one another, the largest of a batch, or all above a learned threshold",
    ),
    "peaks",
  ),
  threshold: v.exactOptional(
    option(learnedScale, "what learned thresholds start at, on the scale of the norms of maps, or of their points", {
      default: "what 8 concepts of a sample exceed, and 4 % of their points",
    }),
  ),
  bandwidth: v.exactOptional(
    option(learnedScale, "how near a norm or a point must be to a learned threshold to move it, on the same scale", {
      default: "0.25sd, or a tenth of a threshold given as a number",
    }),
  ),
  pointThreshold: v.exactOptional(option(learnedScale, "the same for points, where another", { hidden: true })),
  pointBandwidth: v.exactOptional(option(learnedScale, "the same for points, where another", { hidden: true })),
  energy: v.optional(
    option(
      oneOf("kept", "rectified", "preactivation"),
      "what makes a concept active: the energy of the points that are kept, of all positive points, or of all points",
    ),
    "kept",
  ),
  energyGrid: v.optional(
    option(
      v.union([positiveNumber, v.literal("data")], 'must be a positive number, or "data"'),
      "where energies other than kept are measured: a multiple of the modes, or data for the grid of the data",
    ),
    1,
  ),
});

/** The options as flat flags; the factory has the same as two rules. */
export const mapSparsityComponent: ActivationComponent = defineActivation({
  kind: "map-sparsity",
  summary: "the strongest maps of each sample, and the largest points of each map",
  codes: "maps",
  schema,
  create(options, { conceptCount, channels = 1 }) {
    const { active = usualMaps(conceptCount), conceptRule: which, domainRule: where, energy, energyGrid } = options;
    checkTogether(options);
    if (which !== "threshold") checkCount("active", active, conceptCount);
    const { threshold = "auto", bandwidth, pointThreshold, pointBandwidth } = options;
    const learned = rule(threshold, bandwidth);
    // A map has a number for each point, a sample one for each of its channels.
    const { budget = usualBudget, density = Math.min(1, (budget * channels) / active) } = options;
    const size = options.count === undefined ? { density } : { count: options.count };
    return mapSparsity({
      concepts: { topk: active, batch: { batch: active }, threshold: learned }[which],
      domain: {
        topk: size,
        peaks: { ...size, peaks: true },
        batch: { ...size, batch: true },
        threshold: pointThreshold === undefined ? learned : rule(pointThreshold, pointBandwidth),
      }[where],
      energy,
      energyGrid,
      conceptCount,
    });
  },
});

/** The numbers of a code as a share of those of a sample (docs/concepts.md). */
export const usualBudget = 0.04;

/** Concepts active in a sample: few enough that each says something. */
function usualMaps(conceptCount: number): number {
  return Math.max(1, Math.min(16, Math.floor(conceptCount / 4)));
}

function rule(threshold: LearnedScale, bandwidth: LearnedScale | undefined): ThresholdRule {
  return bandwidth === undefined ? { threshold } : { threshold, bandwidth };
}

/** @throws SaenoError `config.value` for options of which one would do nothing. */
function checkTogether({ conceptRule, domainRule, ...options }: v.InferOutput<typeof schema>): void {
  const sizes = (["budget", "density", "count"] as const).filter((name) => options[name] !== undefined);
  const problem =
    sizes.length > 1
      ? `takes ${sizes.join(" or ")}, not ${sizes.length === 2 ? "both" : "all"}: a share of the numbers of a sample, a share of the domain, or a number of points`
      : conceptRule !== "threshold" &&
          domainRule !== "threshold" &&
          (options.threshold ?? options.bandwidth) !== undefined
        ? `does not use ${options.threshold === undefined ? "bandwidth" : "threshold"} unless conceptRule or domainRule is threshold`
        : undefined;
  if (problem !== undefined) throw new SaenoError("config.value", `activation "map-sparsity" ${problem}.`);
}

/** Two rules as flat options. */
export function mapOptions(concepts: ConceptSparsity, domain: DomainSparsity): Readonly<Record<string, unknown>> {
  const which =
    typeof concepts === "number"
      ? { active: concepts, conceptRule: "topk" }
      : "batch" in concepts
        ? { active: concepts.batch, conceptRule: "batch" }
        : { conceptRule: "threshold", ...concepts };
  if (!("threshold" in domain)) {
    const { batch = false, peaks = false, ...size } = domain;
    return { ...which, ...size, domainRule: peaks ? "peaks" : batch ? "batch" : "topk" };
  }
  const { threshold, bandwidth } = domain;
  if (!("threshold" in which)) return { ...which, domainRule: "threshold", ...domain };
  return {
    ...which,
    domainRule: "threshold",
    pointThreshold: threshold,
    ...(bandwidth === undefined ? {} : { pointBandwidth: bandwidth }),
  };
}

export interface MapSparsityOptions {
  /** Maps kept: `k_c` of each sample, or another rule. */
  readonly concepts: ConceptSparsity;
  /** Points kept of each kept map. Default: all positive ones. */
  readonly domain?: DomainSparsity;
  /** What makes a map worth keeping. Default `kept`, the energy of the points that domain sparsity would keep. */
  readonly energy?: EnergyKind;
  /** Where energies are evaluated; default 1, as many points as modes on each axis. */
  readonly energyGrid?: number | "data";
  /** `K`; needed if thresholds are learned, one for each concept. */
  readonly conceptCount?: number;
}

/**
 * The two sparsities of feature maps (specification: Activations): concept sparsity keeps the `k_c` maps of largest energy of each sample, then domain
 * sparsity keeps, after relu, the largest points of each kept map: `ceil(p |N|)` for a density `p`. Either may also have a budget for the whole batch, or
 * learned thresholds, on the norm of a map (the root of its energy) and per entry, in any combination. Ties are broken by the lower index. The gradient
 * passes through what was kept and is zero elsewhere; learned thresholds have the pseudo-derivative of {@link jumpRelu}. Codes are sparse: concepts
 * `[B, k]`, positions and values `[B, k, s]`.
 *
 * Parameters and statistics, if there are any: `activation.normThreshold [K]` or `activation.energyThreshold` (a scalar), `activation.entryThreshold`
 * (`[K]`, or a scalar for a budget).
 *
 * @throws SaenoError `activation.concepts` unless `k_c` is a positive integer, at most the number of concepts, `activation.density`,
 *   `activation.count`, `activation.energyGrid`, `activation.threshold`, `activation.bandwidth`, `activation.conceptCount` for values out of
 *   range, `data.nan` for NaN.
 */
export function mapSparsity(options: MapSparsityOptions): Activation {
  const { concepts, domain = { density: 1 }, energy = "kept", energyGrid = 1, conceptCount } = options;
  if (energyGrid !== "data" && !(energyGrid > 0)) {
    throw new SaenoError("activation.energyGrid", `energyGrid must be a positive number or "data"; got ${energyGrid}.`);
  }
  const which = conceptRule(concepts, conceptCount);
  const where = domainRule(domain, conceptCount);
  const parameters = () => [...which.parameters(), ...where.parameters()];

  function energiesOf(preCodes: PreCodes): Tensor2D {
    return detach(preCodes.energies({ kind: energy, energyGrid, count: countedPoints(domain, preCodes) })) as Tensor2D;
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
    ranks: which.competitive,
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
    ...(which.learned?.measured || where.learned?.measured
      ? { measured: measuredRules(which, where, energiesOf) }
      : {}),
    ...(which.count || where.count ? { activeCount: (preCodes) => tidy(() => activeCount(preCodes)) } : {}),
    parameters,
    toConfig: () => ({
      kind: "map-sparsity",
      ...mapOptions(which.learned?.rule() ?? concepts, where.learned?.rule() ?? domain),
      energy,
      energyGrid,
    }),
    dispose() {
      for (const { variable } of parameters()) variable.dispose();
    },
  };
}

/** First the concepts, then the points of those that exceed their threshold. */
function measuredRules(
  which: ConceptRule,
  where: DomainRule,
  energiesOf: (preCodes: PreCodes) => Tensor2D,
): MeasuredOptions {
  const rules = { norm: which.learned?.measured, entry: where.learned?.measured };
  return {
    measure(preCodes) {
      const energies = energiesOf(preCodes);
      which.measure?.(energies);
      where.measure?.(preCodes, which.choose(energies, false));
    },
    values: () =>
      Object.fromEntries(
        Object.entries(rules).flatMap(([rule, measured]) =>
          Object.entries(measured?.values() ?? {}).map(([name, value]) => [`${rule}.${name}`, value]),
        ),
      ),
    restore(values) {
      for (const [rule, measured] of Object.entries(rules)) {
        const own = Object.entries(values).flatMap(([name, value]) =>
          name.startsWith(`${rule}.`) ? [[name.slice(rule.length + 1), value] as const] : [],
        );
        measured?.restore(Object.fromEntries(own));
      }
    },
  };
}
