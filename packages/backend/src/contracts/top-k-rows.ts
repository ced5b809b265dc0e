import { any, cast, clipByValue, isNaN as isNaNOf, neg, topk } from "@tensorflow/tfjs-core";
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
    if (any(isNaNOf(x)).dataSync()[0]) throw nanError();
    // Ties among infinite values could come out in any order.
    const { indices } = topk(clipByValue(x, -largest, largest), k, true);
    // topk returns them by value; the set is what counts, and sorted indices are kinder to memory.
    const ascending = neg(topk(neg(cast(indices, "float32")), k, true).values);
    return { indices: cast(ascending, "int32") };
  },
});

export function nanError(): SaenoError {
  return new SaenoError(
    "data.nan",
    "NaN among the values to select from: check the input, or lower the learning rate if it appeared during training.",
    { kind: "data" },
  );
}
