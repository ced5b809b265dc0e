import { detach, gatherRows, scatterRows, topKRows } from "@saeno/backend";
import { min, onesLike, reshape, type Tensor } from "@tensorflow/tfjs-core";

/**
 * The `count` largest entries of a whole tensor: a mask of its shape, 1 where kept, and the smallest kept value, a scalar.
 * Ties are broken by the lower index. Selection only: no gradient.
 *
 * @throws SaenoError `data.nan` for NaN.
 */
export function keepLargest(x: Tensor, count: number): { readonly mask: Tensor; readonly smallest: Tensor } {
  const row = reshape(detach(x), [1, x.size]);
  const { indices } = topKRows({ x: row }, { k: Math.min(count, x.size) });
  const { values } = gatherRows({ x: row, indices }, {});
  const mask = scatterRows({ values: onesLike(values), indices }, { size: x.size }).x;
  return { mask: reshape(mask, x.shape), smallest: min(values) };
}
