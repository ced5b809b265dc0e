import { matMul, mul, notEqual } from "@tensorflow/tfjs-core";
import { type Contract, defineContract } from "../contract.ts";

/**
 * Synthesis from codes that are mostly zero: codes `[B, K]`, atoms `[K, n]` to x `[B, n]`, their product (specification: Dictionaries).
 * The gradient reaches the atoms and the codes that are not zero, as a selection's does (specification: Activations).
 * Cost: 2 n operations per code that is not zero, at most 2 B K n, and as much again for each gradient.
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
