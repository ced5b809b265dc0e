import type { Activation, PreCodes } from "@saeno/activations";
import { gatherRows, topKRows } from "@saeno/backend";
import { exp, mul, relu, type Tensor, type Tensor1D, type Tensor2D, tensor, tidy } from "@tensorflow/tfjs-core";

export interface BalanceOptions {
  /** How far the bias of a concept moves after a batch, in units of the log energy. Default 0.03. */
  readonly rate?: number;
  /** The share of the run after which the bias has faded to nothing, so that the trained model selects without it. Default 0.7. */
  readonly until?: number;
}

/** A bias on the log energy of each concept, in the selection only, that moves towards equal load (SPEC 7). */
export interface Balance {
  /** The activation with the bias as it is at a step of a run, for this step only. */
  around(activation: Activation, progress: number): Activation;
  /** Takes in a batch: in how many of its samples each concept was active. */
  update(loads: Float64Array): void;
}

/**
 * Load balancing (SPEC 7; for mixtures of experts Wang et al. 2024, arXiv:2408.15664): the bias of a concept goes down by a fixed amount
 * after a batch in which it was active more often than the mean concept, else up. It acts on which concepts are chosen, not on their
 * values, and fades in a straight line.
 */
export function balance(conceptCount: number, options: BalanceOptions = {}): Balance {
  const { rate = 0.03, until = 0.7 } = options;
  const bias = new Float64Array(conceptCount);
  return {
    around(activation, progress) {
      const fade = Math.max(0, 1 - progress / until);
      if (fade === 0) return activation;
      return {
        ...activation,
        apply: (preCodes, applyOptions) =>
          activation.apply(
            biased(preCodes, tensor(Float32Array.from(bias, (b) => b * fade)) as Tensor1D),
            applyOptions,
          ),
      };
    },
    update(loads) {
      const mean = loads.reduce((a, b) => a + b, 0) / conceptCount;
      loads.forEach((load, k) => {
        bias[k] = (bias[k] as number) + rate * Math.sign(mean - load);
      });
    },
  };
}

/** Pre-codes whose energies are those of maps `exp(bias / 2)` times as large; the values stay. */
function biased(preCodes: PreCodes, bias: Tensor1D): PreCodes {
  const { largest } = preCodes;
  return {
    ...preCodes,
    energies: (options) => tidy(() => mul(preCodes.energies(options), exp(bias))),
    ...(largest === undefined ? {} : { largest: (k: number) => largestBiased(preCodes.dense(), bias, k) }),
  };
}

function largestBiased(u: Tensor, bias: Tensor1D, k: number): { concepts: Tensor2D; values: Tensor2D } {
  const rectified = relu(u);
  const concepts = topKRows({ x: mul(rectified, exp(mul(bias, 0.5))) }, { k }).indices as Tensor2D;
  return { concepts, values: gatherRows({ x: rectified, indices: concepts }, {}).values as Tensor2D };
}
