import { detach, type Grid, gatherRows, type Parameter, SaenoError, sizeOf, topKRows } from "@saeno/backend";
import {
  add,
  cast,
  div,
  greater,
  max,
  mul,
  relu,
  reshape,
  type Scalar,
  sub,
  sum,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
} from "@tensorflow/tfjs-core";
import { above } from "./apply-threshold.ts";
import { keepLargest, runningThreshold } from "./batch-budget.ts";
import { checkCount } from "./checks.ts";
import type { ChosenConcepts } from "./concept-sparsity.ts";
import { conceptValues, jump, smoothCount } from "./jump-relu.ts";
import { type LearnedThreshold, learnedThreshold, type ThresholdRule } from "./learned-threshold.ts";
import type { PreCodes } from "./pre-codes.ts";
import { measurementOf, usualDensity } from "./scale.ts";

/** How much of a map: a share of the domain, the same set in the limit of any resolution; or a count of points whatever the grid. */
type MapBudget = ({ readonly density: number } | { readonly count: number }) & {
  /** All chosen maps of a batch share the budget; at inference, a running threshold replaces it. */
  readonly batch?: boolean;
  /** Points are peaks: none next to another (`separatePoints`). */
  readonly peaks?: boolean;
};

/** Which points of a map are kept (specification: Activations): the largest, within a budget; or those that exceed a learned threshold. */
export type DomainSparsity = MapBudget | ThresholdRule;

export interface KeptPoints {
  /** `[B, k, s]`, int32, ascending. */
  readonly positions: Tensor3D;
  /** `[B, k, s]`, rectified. */
  readonly values: Tensor3D;
}

/** A rule of domain sparsity at work. */
export interface DomainRule {
  keep(preCodes: PreCodes, chosen: ChosenConcepts, training: boolean): KeptPoints;
  parameters(): readonly Parameter[];
  /** The smooth count of active entries of a sample, as shares of the grid; absent if nothing is learned. */
  readonly count?: (preCodes: PreCodes) => Scalar;
  /** The learned threshold; absent if there is none. */
  readonly learned?: LearnedThreshold;
  /** Measures it on the maps of chosen concepts, if it was not given as a number. */
  measure?(preCodes: PreCodes, chosen: ChosenConcepts): void;
}

export function domainRule(rule: DomainSparsity, conceptCount: number | undefined): DomainRule {
  if ("threshold" in rule) return entryThreshold(rule, conceptCount);
  checkDomain(rule);
  return rule.peaks === true ? peaks(rule) : rule.batch === true ? batchBudget(rule) : everyMap(rule);
}

/** How many points of a map domain sparsity keeps: `ceil(p |N|)`, or the count, at most all; all where a threshold decides. */
export function keptPoints(domain: DomainSparsity, grid: Grid): number {
  const points = sizeOf(grid);
  if ("threshold" in domain) return points;
  if ("count" in domain) return Math.min(domain.count, points);
  // 0.1 * 70 is a little more than 7 in floating point.
  return Math.max(1, Math.ceil(domain.density * points - 1e-9));
}

/**
 * How many points of a map count in its `kept` energy, which is a mean over the grid: those that are kept. A number of peaks stands for
 * more points the finer the grid, so that thresholds on energies mean the same on every grid.
 */
export function countedPoints(
  domain: DomainSparsity,
  { grid, resolution = grid }: Pick<PreCodes, "grid" | "resolution">,
): number {
  if (!("count" in domain) || domain.peaks !== true) return keptPoints(domain, grid);
  const count = keptPoints(domain, resolution) * (sizeOf(grid) / sizeOf(resolution));
  return Math.max(1, Math.min(Math.round(count), sizeOf(grid)));
}

/** On a grid as fine as a map, peaks are at least this many points apart. */
const peakDistance = 2;

/**
 * The largest points that are apart. Neighbors of a peak are large because it is, and say little that it does not. A code of peaks is a sum
 * of spikes, each with a mass: on a grid finer than the maps there are as many, and their values grow as the share of a point shrinks.
 */
function peaks(rule: MapBudget): DomainRule {
  return {
    parameters: () => [],
    keep(preCodes, { concepts }) {
      const { grid, resolution = grid } = preCodes;
      const count = Math.min(keptPoints(rule, resolution), sizeOf(grid));
      const finer = grid.map((points, axis) => points / resolution[axis]);
      const separation = finer.map((ratio) => Math.max(0, Math.round(peakDistance * ratio) - 1));
      const { positions, values } = preCodes.points(concepts, count, separation);
      const mass = sizeOf(grid) / sizeOf(resolution);
      return { positions, values: mass === 1 ? values : mul(values, mass) };
    },
  };
}

function everyMap(rule: DomainSparsity): DomainRule {
  return {
    parameters: () => [],
    keep: (preCodes, { concepts }) => preCodes.points(concepts, keptPoints(rule, preCodes.grid)),
  };
}

function batchBudget(rule: MapBudget): DomainRule {
  const threshold = runningThreshold("activation.entryThreshold");
  return {
    parameters: () => [threshold.parameter],
    keep(preCodes, { concepts, mask }, training) {
      const maps = relu(detach(preCodes.select(concepts)));
      if (!training || maps.size === 0) {
        const active = above(maps, threshold.parameter.variable);
        return pointsWhere(preCodes, concepts, mul(maps, active), (u) =>
          mul(relu(u), above(u, threshold.parameter.variable)),
        );
      }
      const chosen = mask === undefined ? concepts.size : sum(mask).dataSync()[0];
      const inReach = mask === undefined ? maps : mul(maps, mask);
      const kept = keepLargest(inReach, Math.max(1, chosen * keptPoints(rule, preCodes.grid)));
      threshold.update(kept.smallest);
      return pointsWhere(preCodes, concepts, mul(inReach, kept.mask), (u, at) => mul(relu(u), at(kept.mask)));
    },
  };
}

function entryThreshold(rule: ThresholdRule, conceptCount: number | undefined): DomainRule {
  const learned = learnedThreshold("activation.entryThreshold", rule, conceptCount);
  const { thresholds } = learned;
  return {
    parameters: () => [learned.parameter()],
    learned,
    keep(preCodes, { concepts }) {
      const bandwidth = learned.bandwidth();
      const maps = detach(preCodes.select(concepts));
      const theta = conceptValues(thresholds, concepts);
      // Entries just below their threshold are zero and yet reach its gradient; NaN has to stay NaN to be found.
      const active = add(above(maps, sub(theta, bandwidth / 2)), mul(maps, 0));
      return pointsWhere(preCodes, concepts, active, (u) => jump(u, theta, bandwidth));
    },
    count: ({ dense, batch, grid }) =>
      div(sum(smoothCount(detach(dense()), thresholds, learned.bandwidth())), batch * sizeOf(grid)) as Scalar,
    measure: (preCodes, { concepts }) =>
      learned.measured?.take(measurementOf(preCodes.select(concepts).dataSync<"float32">(), usualDensity)),
  };
}

/** The points of chosen maps where a strength `[B, k, |N|]` is positive, as a rectangle that is as wide as the fullest map. */
function pointsWhere(
  preCodes: PreCodes,
  concepts: Tensor2D,
  strength: Tensor,
  values: (u: Tensor3D, at: (maps: Tensor) => Tensor) => Tensor,
): KeptPoints {
  const [batch, chosen, points] = strength.shape as [number, number, number];
  const counts = sum(cast(greater(strength, 0), "float32"), 2);
  const s = strength.size === 0 ? 1 : Math.max(1, max(counts).dataSync()[0]);
  const rows = (maps: Tensor) => reshape(maps, [batch * chosen, points]);
  const { indices } = topKRows({ x: rows(strength) }, { k: s });
  const shape: [number, number, number] = [batch, chosen, s];
  const positions = reshape(indices, shape) as Tensor3D;
  const at = (maps: Tensor) => reshape(gatherRows({ x: rows(maps), indices }, {}).values, shape);
  return { positions, values: values(preCodes.at(concepts, positions), at) as Tensor3D };
}

function checkDomain(domain: MapBudget): void {
  if ("count" in domain) {
    checkCount("count", domain.count);
  } else if (!(domain.density > 0 && domain.density <= 1)) {
    throw new SaenoError("activation.density", `density must be above 0 and at most 1; got ${domain.density}.`);
  }
}
