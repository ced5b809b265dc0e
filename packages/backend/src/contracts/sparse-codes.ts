import { matMul, mul, notEqual } from "@tensorflow/tfjs-core";
import { type Contract, defineContract } from "../contract.ts";

/**
 * Synthesis from codes of which few are not zero: codes `[B, K]`, atoms `[K, n]` to x `[B, n]`, the product of both (specification: Dictionaries).
 * The gradient reaches the codes that are not zero, as that of a selection does (specification: Activations), and the atoms.
 * Cost: 2 n operations for each code that is not zero, at most 2 B K n; the gradients as much again each.
 */
export const decodeCodes: Contract<"codes" | "atoms", "x", object> = defineContract({
  name: "SaenoDecodeCodes",
  inputs: ["codes", "atoms"],
  outputs: ["x"],
  composite: ({ codes, atoms }) => ({ x: matMul(codes, atoms) }),
  gradient: {
    saves: ["codes", "atoms"],
    backward({ x }, { codes, atoms }) {
      return {
        codes: () => dotCodes({ x, codes, atoms }, {}).values,
        atoms: () => accumulateCodes({ x, codes }, {}).atoms,
      };
    },
  },
});

/** Products of samples and atoms where codes are not zero, zeros elsewhere: x `[B, n]`, codes `[B, K]`, atoms `[K, n]` to `[B, K]`. */
export const dotCodes: Contract<"x" | "codes" | "atoms", "values", object> = defineContract({
  name: "SaenoDotCodes",
  inputs: ["x", "codes", "atoms"],
  outputs: ["values"],
  composite: ({ x, codes, atoms }) => ({ values: mul(matMul(x, atoms, false, true), notEqual(codes, 0)) }),
});

/** The sum of each concept's code times the sample: x `[B, n]`, codes `[B, K]` to atoms `[K, n]`. */
export const accumulateCodes: Contract<"x" | "codes", "atoms", object> = defineContract({
  name: "SaenoAccumulateCodes",
  inputs: ["x", "codes"],
  outputs: ["atoms"],
  composite: ({ x, codes }) => ({ atoms: matMul(codes, x, true, false) }),
});
