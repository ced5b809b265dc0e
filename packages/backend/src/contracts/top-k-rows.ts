import { any, cast, clipByValue, isNaN as isNaNOf, neg, type Tensor, topk } from "@tensorflow/tfjs-core";
import { type Contract, defineContract } from "../contract.ts";
import { SaenoError } from "../error.ts";

/** The largest finite float32. */
const largest = 3.4028234663852886e38;

/**
 * The positions of the `k` largest entries of each row: x `[R, n]` to indices `[R, k]` (int32, ascending).
 * Ties are broken by the lower index. Selection only: no gradient.
 *
 * @throws SaenoError `data.nan` when a row holds NaN.
 */
export const topKRows: Contract<"x", "indices", { readonly k: number }> = defineContract({
  name: "SaenoTopKRows",
  inputs: ["x"],
  outputs: ["indices"],
  composite({ x }, { k }) {
    // Ties among infinite values could come out in any order.
    const { indices } = topk(finite(x), k, true);
    // topk returns them by value; the set is what counts, and sorted indices are kinder to memory.
    return { indices: ascending(cast(indices, "float32")) };
  },
});

/**
 * Values to select from, infinities as the largest numbers that there are.
 *
 * @throws SaenoError `data.nan`.
 */
export function finite(x: Tensor): Tensor {
  if (any(isNaNOf(x)).dataSync()[0]) throw nanError();
  return clipByValue(x, -largest, largest);
}

/** The entries of each row, whole numbers `[R, k]` as floats, in ascending order as int32. */
export function ascending(indices: Tensor): Tensor {
  return cast(neg(topk(neg(indices), indices.shape[1], true).values), "int32");
}

export function nanError(): SaenoError {
  return new SaenoError(
    "data.nan",
    "NaN among the values to select from: check the input, or lower the learning rate if it appeared during training.",
    { kind: "data" },
  );
}
