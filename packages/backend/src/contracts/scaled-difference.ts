import { mul, sub } from "@tensorflow/tfjs-core";
import { type Contract, defineContract } from "../contract.ts";

/** `scale * factor * (x - y)` for two tensors of one shape and factor `[]`: the gradient of a mean of squared differences. 2 operations and 12 bytes per entry. */
export const scaledDifference: Contract<"x" | "y" | "factor", "difference", { readonly scale: number }> =
  defineContract({
    name: "SaenoScaledDifference",
    inputs: ["x", "y", "factor"],
    outputs: ["difference"],
    composite: ({ x, y, factor }, { scale }) => ({ difference: mul(sub(x, y), mul(factor, scale)) }),
  });
