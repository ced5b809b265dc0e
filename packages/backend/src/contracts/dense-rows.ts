import {
  gather,
  matMul,
  reshape,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
  zeros,
} from "@tensorflow/tfjs-core";
import { type Contract, defineContract } from "../contract.ts";
import { scatterRows } from "./rows.ts";

/**
 * Synthesis from chosen atoms: values `[B, k]` of distinct concepts `[B, k]` (int32) and atoms `[K, n]` to x `[B, n]`,
 * `x_b = sum_j v_bj d_(c_bj)` (specification: Dictionaries). Cost: 2 B k n operations.
 */
export const decodeRows: Contract<"values" | "concepts" | "atoms", "x", object> = defineContract({
  name: "SaenoDecodeRows",
  inputs: ["values", "concepts", "atoms"],
  outputs: ["x"],
  composite({ values, concepts, atoms }) {
    const [batch, chosen] = concepts.shape as [number, number];
    const inputs = atoms.shape[1] as number;
    if (concepts.size === 0) return { x: zeros([batch, inputs]) };
    const weights = reshape(values, [batch, 1, chosen]) as Tensor3D;
    return { x: reshape(matMul(weights, chosenAtoms(atoms, concepts)), [batch, inputs]) };
  },
  gradient: {
    saves: ["values", "concepts", "atoms"],
    backward({ x }, { values, concepts, atoms }) {
      const attributes = { conceptCount: atoms.shape[0] };
      return {
        values: () => dotRows({ x, concepts, atoms }, {}).values,
        atoms: () => accumulateRows({ values, concepts, x }, attributes).atoms,
      };
    },
  },
});

/**
 * Correlation with chosen atoms: x `[B, n]`, atoms `[K, n]`, concepts `[B, k]` (int32) to values `[B, k]`, `v_bj = <x_b, d_(c_bj)>`.
 * Adjoint of {@link decodeRows}. Cost: 2 B k n operations.
 */
export const dotRows: Contract<"x" | "concepts" | "atoms", "values", object> = defineContract({
  name: "SaenoDotRows",
  inputs: ["x", "concepts", "atoms"],
  outputs: ["values"],
  composite({ x, concepts, atoms }) {
    if (concepts.size === 0) return { values: zeros(concepts.shape) };
    const columns = reshape(x, [...(x.shape as [number, number]), 1]) as Tensor3D;
    return { values: reshape(matMul(chosenAtoms(atoms, concepts), columns), concepts.shape) };
  },
  gradient: {
    saves: ["x", "concepts", "atoms"],
    backward({ values }, { x, concepts, atoms }) {
      const attributes = { conceptCount: atoms.shape[0] };
      return {
        x: () => decodeRows({ values, concepts, atoms }, {}).x,
        atoms: () => accumulateRows({ values, concepts, x }, attributes).atoms,
      };
    },
  },
});

/** `sum_k w_k row_k`: rows `[K, n]`, weights `[K]` to sum `[n]`. Part of a backward pass: no gradient. Cost: 2 K n operations. */
export const sumRows: Contract<"rows" | "weights", "sum", object> = defineContract({
  name: "SaenoSumRows",
  inputs: ["rows", "weights"],
  outputs: ["sum"],
  composite: ({ rows, weights }) => ({
    sum: reshape(matMul(reshape(weights, [1, -1]), rows as Tensor2D), [rows.shape[1] as number]),
  }),
});

/**
 * The gradient of both with respect to the atoms: values `[B, k]`, distinct concepts `[B, k]` (int32), x `[B, n]` to atoms `[conceptCount, n]`, row c the
 * sum of `v_bj x_b` over all (b, j) that chose c; zeros if none did. Cost: 2 B k n operations.
 */
export const accumulateRows: Contract<"values" | "concepts" | "x", "atoms", { readonly conceptCount: number }> =
  defineContract({
    name: "SaenoAccumulateRows",
    inputs: ["values", "concepts", "x"],
    outputs: ["atoms"],
    composite({ values, concepts, x }, { conceptCount }) {
      if (concepts.size === 0) return { atoms: zeros([conceptCount, x.shape[1] as number]) };
      // A dense product, which runs everywhere; sums by index do not.
      const codes = scatterRows({ values, indices: concepts }, { size: conceptCount }).x;
      return { atoms: matMul(codes, x, true, false) };
    },
    gradient: {
      saves: ["values", "concepts", "x"],
      backward({ atoms }, { values, concepts, x }) {
        return {
          values: () => dotRows({ x, concepts, atoms }, {}).values,
          x: () => decodeRows({ values, concepts, atoms }, {}).x,
        };
      },
    },
  });

/** `[B, k, n]`. */
function chosenAtoms(atoms: Tensor, concepts: Tensor): Tensor3D {
  const rows = gather(atoms, reshape(concepts, [-1]) as Tensor1D);
  return reshape(rows, [...(concepts.shape as [number, number]), atoms.shape[1] as number]) as Tensor3D;
}
