import { mean, squaredDifference } from "@tensorflow/tfjs-core";
import { type Contract, defineContract } from "../contract.ts";
import { scaledDifference } from "./scaled-difference.ts";

/**
 * The mean of `(x - y)^2` over all entries of two tensors of one shape, a scalar.
 * Cost: 3 operations and 8 bytes per entry, and as much again for the gradient.
 */
export const meanSquaredDifference: Contract<"x" | "y", "mean", object> = defineContract({
  name: "SaenoMeanSquaredDifference",
  inputs: ["x", "y"],
  outputs: ["mean"],
  composite: ({ x, y }) => ({ mean: mean(squaredDifference(x, y)) }),
  gradient: {
    saves: ["x", "y"],
    backward(upstream, { x, y }) {
      const attributes = { scale: 2 / x.size };
      return {
        x: () => scaledDifference({ x, y, factor: upstream.mean }, attributes).difference,
        y: () => scaledDifference({ x: y, y: x, factor: upstream.mean }, attributes).difference,
      };
    },
  },
});
