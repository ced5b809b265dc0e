import { gatherRows, type Parameter, topKRows } from "@saeno/backend";
import {
  cast,
  div,
  greater,
  max,
  mul,
  reshape,
  type Scalar,
  sqrt,
  sub,
  sum,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
} from "@tensorflow/tfjs-core";
import { above, withSlope } from "./apply-threshold.ts";
import { keepLargest, runningThreshold } from "./batch-budget.ts";
import { checkCount } from "./checks.ts";
import { conceptValues, smoothCount, window } from "./jump-relu.ts";
import { type LearnedThreshold, learnedThreshold, type ThresholdRule } from "./learned-threshold.ts";
import { measurementOf, usualShare } from "./scale.ts";

/**
 * Which maps of a sample are active (specification: Activations): the `k_c` of largest energy; the `B k_c` of largest energy of a whole batch, with the running
 * mean of the smallest kept energy as threshold at inference; or those whose norm exceeds a learned threshold.
 */
export type ConceptSparsity = number | { readonly batch: number } | ThresholdRule;

export interface ChosenConcepts {
  /** `[B, k]`, int32, ascending. */
  readonly concepts: Tensor2D;
  /** `[B, k, 1]`, 1 where chosen and 0 where a concept only fills up the rectangle. Absent if all are chosen. */
  readonly mask?: Tensor3D;
  /** How values `[B, k, s]` of the chosen maps change; absent if they do not. */
  readonly gate?: (values: Tensor) => Tensor;
}

/** A rule of concept sparsity at work, on energies `[B, K]` without a gradient. */
export interface ConceptRule {
  choose(energies: Tensor2D, training: boolean): ChosenConcepts;
  /** Whether the energies of others decide. */
  readonly competitive: boolean;
  parameters(): readonly Parameter[];
  /** The smooth count of active concepts per sample; absent if nothing is learned. */
  readonly count?: (energies: Tensor2D) => Scalar;
  /** The learned threshold; absent if there is none. */
  readonly learned?: LearnedThreshold;
  /** Measures it on energies, if it was not given as a number. */
  measure?(energies: Tensor2D): void;
}

export function conceptRule(rule: ConceptSparsity, conceptCount: number | undefined): ConceptRule {
  if (typeof rule === "number") return fixedCount(rule);
  if ("batch" in rule) return batchBudget(rule.batch);
  return normThreshold(rule, conceptCount);
}

function fixedCount(count: number): ConceptRule {
  checkCount("concepts", count);
  return {
    competitive: true,
    parameters: () => [],
    choose(energies) {
      checkCount("concepts", count, energies.shape[1]);
      return { concepts: topKRows({ x: energies }, { k: count }).indices as Tensor2D };
    },
  };
}

function batchBudget(count: number): ConceptRule {
  checkCount("concepts", count);
  const threshold = runningThreshold("activation.energyThreshold");
  return {
    competitive: true,
    parameters: () => [threshold.parameter],
    choose(energies, training) {
      checkCount("concepts", count, energies.shape[1]);
      if (!training || energies.size === 0)
        return chosenWhere(mul(energies, above(energies, threshold.parameter.variable)));
      const { mask, smallest } = keepLargest(energies, energies.shape[0] * count);
      threshold.update(smallest);
      return chosenWhere(mul(energies, mask));
    },
  };
}

function normThreshold(rule: ThresholdRule, conceptCount: number | undefined): ConceptRule {
  const learned = learnedThreshold("activation.normThreshold", rule, conceptCount);
  const { thresholds } = learned;
  return {
    competitive: false,
    parameters: () => [learned.parameter()],
    learned,
    choose(energies) {
      const bandwidth = learned.bandwidth();
      const norms = sqrt(energies);
      // Maps just below their threshold are zero and yet reach its gradient.
      const { concepts } = chosenWhere(mul(norms, above(norms, sub(thresholds, bandwidth / 2))));
      const theta = conceptValues(thresholds, concepts);
      const norm: Tensor = reshape(gatherRows({ x: norms, indices: concepts }, {}).values, theta.shape);
      const mask = above(norm, theta) as Tensor3D;
      const slope = div(window(norm, theta, bandwidth), -bandwidth);
      return { concepts, mask, gate: (values) => withSlope(mul(values, mask), theta, mul(values, slope)) };
    },
    count: (energies) =>
      div(sum(smoothCount(sqrt(energies), thresholds, learned.bandwidth())), energies.shape[0]) as Scalar,
    measure: (energies) =>
      learned.measured?.take(measurementOf(sqrt(energies).dataSync<"float32">(), usualShare(energies.shape[1]))),
  };
}

/** The concepts of positive strength `[B, K]`, as a rectangle that is as wide as the fullest sample. */
function chosenWhere(strength: Tensor): Required<ChosenConcepts> {
  const counts = sum(cast(greater(strength, 0), "float32"), 1);
  const k = strength.size === 0 ? 1 : Math.max(1, max(counts).dataSync()[0]);
  const concepts = topKRows({ x: strength }, { k }).indices as Tensor2D;
  const kept = gatherRows({ x: strength, indices: concepts }, {}).values;
  const mask: Tensor3D = reshape(above(kept, 0), [concepts.shape[0], k, 1]);
  return { concepts, mask, gate: (values) => mul(values, mask) };
}
