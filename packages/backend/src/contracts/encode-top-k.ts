import { add, any, isNaN as isNaNOf, matMul, relu } from "@tensorflow/tfjs-core";
import { type Contract, defineContract } from "../contract.ts";
import { sumChosen } from "./chosen.ts";
import { accumulateRows, decodeRows } from "./dense-rows.ts";
import { passPositive } from "./pass-positive.ts";
import { gatherRows } from "./rows.ts";
import { nanError, topKRows } from "./top-k-rows.ts";

/**
 * Scalar codes by TopK (specification: Activations): x `[B, n]`, atoms `[K, n]`, bias `[K]` to concepts `[B, k]` (int32, ascending) and values `[B, k]`, the k largest
 * of `relu(<x_b, d_c> + bias_c)`. Ties are broken by the lower index. One operation, so that a kernel need not store `[B, K]`; the gradient
 * reaches what was kept and positive, and costs only that. Cost: 2 B n K operations forward, 2 B k n for each gradient.
 *
 * @throws SaenoError `data.nan` when a pre-activation is NaN.
 */
export const encodeTopK: Contract<"x" | "atoms" | "bias", "concepts" | "values", { readonly k: number }> =
  defineContract({
    name: "SaenoEncodeTopK",
    inputs: ["x", "atoms", "bias"],
    outputs: ["concepts", "values"],
    composite({ x, atoms, bias }, { k }) {
      const preActivations = add(matMul(x, atoms, false, true), bias);
      // Before relu, which turns NaN into zero on some backends.
      if (preActivations.size > 0 && any(isNaNOf(preActivations)).dataSync()[0]) throw nanError();
      const rectified = relu(preActivations);
      const concepts = topKRows({ x: rectified }, { k }).indices;
      return { concepts, values: gatherRows({ x: rectified, indices: concepts }, {}).values };
    },
    gradient: {
      saves: ["x", "atoms", "concepts", "values"],
      backward(upstream, { x, atoms, concepts, values }) {
        const attributes = { conceptCount: atoms.shape[0] };
        const passed = () => passPositive({ upstream: upstream.values, values }, {}).passed;
        return {
          x: () => decodeRows({ values: passed(), concepts, atoms }, {}).x,
          atoms: () => accumulateRows({ values: passed(), concepts, x }, attributes).atoms,
          bias: () => sumChosen({ values: passed(), concepts }, attributes).sums,
        };
      },
    },
  });
