import { mul, step } from "@tensorflow/tfjs-core";
import { type Contract, defineContract } from "../contract.ts";

/** The gradient of a rectification that gave `values`: upstream where they are positive and zero elsewhere, all of one shape. */
export const passPositive: Contract<"upstream" | "values", "passed", object> = defineContract({
  name: "SaenoPassPositive",
  inputs: ["upstream", "values"],
  outputs: ["passed"],
  composite: ({ upstream, values }) => ({ passed: mul(upstream, step(values)) }),
});
