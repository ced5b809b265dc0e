import { gatherRows, type Parameter, SaenoError, topKRows, trainable } from "@saeno/backend";
import {
  exp,
  gather,
  mul,
  type Rank,
  relu,
  sqrt,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  tidy,
  type Variable,
  zeros,
} from "@tensorflow/tfjs-core";
import type { Activation } from "./activation.ts";
import { checkCount } from "./checks.ts";
import type { PreCodes } from "./pre-codes.ts";

/** An activation whose choice of concepts has a bias. */
export interface BalancedActivation extends Activation {
  /** Added to the log energy of each concept in the selection, `[K]`; training moves it toward equal load. */
  readonly selectionBias: Variable<Rank.R1>;
}

/**
 * Another activation with a bias on the choice of concepts (specification: Training, `balance`; for mixtures of experts Wang et al. 2024,
 * arXiv:2408.15664): a concept's energy is multiplied by `exp(bias)`, so that concepts that are never chosen come to be chosen. Values of codes do not
 * change. For activations that choose by energies or by the largest codes: `mapSparsity`, `topK`.
 *
 * State `activation.selectionBias [K]`, 0 at first; the extension `balance()` of training moves it, and it stays with the model.
 *
 * @throws SaenoError `activation.conceptCount` unless it is a positive integer, `activation.balance` for an activation that does not
 *   choose that way: the bias would do nothing.
 */
export function balanced(activation: Activation, options: { readonly conceptCount: number }): BalancedActivation {
  const { conceptCount } = options;
  checkCount("conceptCount", conceptCount);
  if (activation.ranks !== true) {
    throw new SaenoError(
      "activation.balance",
      `"${activation.kind}" does not rank the concepts of a sample, so there is no choice to balance: use topk, or map-sparsity with the concept rule topk or batch.`,
    );
  }
  const selectionBias = tidy(() => trainable(zeros<Rank.R1>([conceptCount])));
  const own: Parameter = { name: "activation.selectionBias", variable: selectionBias, role: "statistic" };
  const factor = () => exp(selectionBias);
  const { activeCount, measured } = activation;
  return {
    kind: "balanced",
    selectionBias,
    competitive: activation.competitive ?? false,
    apply: (preCodes, applyOptions) => activation.apply(biased(preCodes, factor()), applyOptions),
    ...(activeCount === undefined ? {} : { activeCount: (preCodes) => activeCount(biased(preCodes, factor())) }),
    ...(measured === undefined ? {} : { measured }),
    parameters: () => [...(activation.parameters?.() ?? []), own],
    toConfig: () => ({ kind: "balanced", activation: activation.toConfig() }),
    dispose() {
      activation.dispose?.();
      selectionBias.dispose();
    },
  };
}

export function isBalanced(activation: Activation): activation is BalancedActivation {
  return "selectionBias" in activation;
}

/** Pre-codes whose energies are a factor larger; the values stay. */
function biased(preCodes: PreCodes, factor: Tensor1D): PreCodes {
  const { largest } = preCodes;
  return {
    ...preCodes,
    energies: (options) => mul(preCodes.energies(options), factor),
    among: (concepts, samples) => biased(preCodes.among(concepts, samples), gather(factor, concepts) as Tensor1D),
    ...(largest === undefined ? {} : { largest: (k: number) => largestBiased(preCodes.dense(), factor, k) }),
  };
}

/** Energies are squares: the values that stand for them count the root of the factor. */
function largestBiased(u: Tensor, factor: Tensor1D, k: number): { concepts: Tensor2D; values: Tensor2D } {
  const rectified = relu(u);
  const concepts = topKRows({ x: mul(rectified, sqrt(factor)) }, { k }).indices as Tensor2D;
  return { concepts, values: gatherRows({ x: rectified, indices: concepts }, {}).values as Tensor2D };
}
