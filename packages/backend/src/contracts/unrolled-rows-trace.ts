import {
  abs,
  add,
  any,
  greater,
  isNaN as isNaNOf,
  logicalOr,
  matMul,
  mul,
  relu,
  sign,
  stack,
  sub,
  type Tensor,
  zeros,
} from "@tensorflow/tfjs-core";
import { type Contract, defineContract } from "../contract.ts";
import { nanError } from "./top-k-rows.ts";

/**
 * Which pre-activations u pass a fixed threshold, and what they become (specification: Activations): hard `u 1(|u| > threshold)`, one-sided `u 1(u > threshold)`,
 * soft `sign(u) max(|u| - threshold, 0)`.
 */
export type ThresholdKind = "hard" | "one-sided" | "soft";

export interface UnrolledRowsAttributes {
  /** T, at least 1. */
  readonly iterations: number;
  /** Not negative. */
  readonly threshold: number;
  readonly kind: ThresholdKind;
}

/** What the forward passes of unrolled encoders are told beside that. */
export interface Traced {
  /** False where no gradient is wanted: a backend may then return no steps of what is saved for it. Default: true. */
  readonly traced?: boolean;
}

/** The most concepts for which `G = D D^T` is stored: 256 MB. */
const mostConcepts = 8192;

/**
 * Whether `G = D D^T` is worth computing: K^2 n operations, against 4 B K n T for products with the atoms in every step.
 * It is not for a few samples with many concepts, nor when G would fill the memory.
 */
export function usesGram(batch: number, conceptCount: number, iterations: number): boolean {
  return conceptCount <= Math.min(mostConcepts, 4 * batch * iterations);
}

/**
 * The forward pass of unrolled thresholding: x `[B, n]`, atoms D `[K, n]`, stepSize `[]` to codes `z_T` `[B, K]`, gram `G = D D^T` `[K, K]` and
 * trace `z_1 .. z_(T-1)` `[T - 1, B, K]`; `z_0 = 0`, `z_(t+1) = sigma(z_t + stepSize (x D^T - z_t G))`.
 * Cost: 2 K^2 n operations (half of that where symmetry is used) and 2 B K n once, then 2 s K for a sample with s active codes in each
 * step, where the loop of the definition takes 4 K n. If G is not worth it ({@link usesGram}), that loop runs and gram is `[0, 0]`. It has no gradient; {@link unrolledRows} does.
 *
 * @throws SaenoError `data.nan` when a pre-activation is NaN.
 */
export const unrolledRowsTrace: Contract<
  "x" | "atoms" | "stepSize",
  "codes" | "gram" | "trace",
  UnrolledRowsAttributes & Traced
> = defineContract({
  name: "SaenoUnrolledRowsTrace",
  inputs: ["x", "atoms", "stepSize"],
  outputs: ["codes", "gram", "trace"],
  composite({ x, atoms, stepSize }, { iterations, threshold, kind, traced = true }) {
    const [batch, conceptCount] = [x.shape[0], atoms.shape[0]];
    const gram = usesGram(batch, conceptCount, iterations) ? matMul(atoms, atoms, false, true) : zeros([0, 0]);
    if (batch * conceptCount === 0) {
      const trace = zeros([traced ? iterations - 1 : 0, batch, conceptCount]);
      return { codes: zeros([batch, conceptCount]), gram, trace };
    }
    const correlations = matMul(x, atoms, false, true);
    let preActivations: Tensor = mul(correlations, stepSize);
    let notNumbers = any(isNaNOf(preActivations));
    const codes = [thresholded(preActivations, threshold, kind)];
    while (codes.length < iterations) {
      const last = codes[codes.length - 1];
      preActivations = add(last, mul(sub(correlations, timesGram(last, gram, atoms)), stepSize));
      notNumbers = logicalOr(notNumbers, any(isNaNOf(preActivations)));
      codes.push(thresholded(preActivations, threshold, kind));
    }
    if (notNumbers.dataSync()[0]) throw nanError();
    const trace = traced ? codes.slice(0, -1) : [];
    return {
      codes: codes[codes.length - 1],
      gram,
      trace: trace.length === 0 ? zeros([0, batch, conceptCount]) : stack(trace),
    };
  },
});

/** `z G`: z `[B, K]`, gram `[K, K]`, or `[0, 0]` if there is none, atoms `[K, n]` to `[B, K]`. */
export function timesGram(z: Tensor, gram: Tensor, atoms: Tensor): Tensor {
  return gram.size > 0 ? matMul(z, gram) : matMul(matMul(z, atoms), atoms, false, true);
}

/** Applies the threshold elementwise. */
export function thresholded(x: Tensor, threshold: number, kind: ThresholdKind): Tensor {
  switch (kind) {
    case "hard":
      return mul(x, greater(abs(x), threshold));
    case "one-sided":
      return mul(x, greater(x, threshold));
    case "soft":
      return mul(sign(x), relu(sub(abs(x), threshold)));
    default:
      return kind satisfies never;
  }
}
