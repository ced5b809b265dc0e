import { type Grid, SaenoError } from "@saeno/backend";
import type { Dataset } from "./dataset.ts";

/**
 * Some samples of a dataset: a range, or a list of indices.
 *
 * @throws SaenoError `dataset.subset` for a range or an index outside.
 */
export function subset(
  dataset: Dataset,
  chosen: { readonly start: number; readonly end: number } | ArrayLike<number>,
): Dataset {
  const indices =
    "start" in chosen
      ? Int32Array.from({ length: Math.max(0, chosen.end - chosen.start) }, (_, i) => chosen.start + i)
      : Int32Array.from(chosen);
  const outside = indices.find((index) => index < 0 || index >= dataset.size);
  if (outside !== undefined) {
    throw new SaenoError(
      "dataset.subset",
      `"${dataset.name}" has the samples 0 .. ${dataset.size - 1}; ${outside} was asked for.`,
    );
  }
  const { at } = dataset;
  return {
    ...dataset,
    size: indices.length,
    ...(at === undefined ? {} : { at: async (grid: Grid) => subset(await at(grid), indices) }),
    read: (asked) => dataset.read(Int32Array.from({ length: asked.length }, (_, i) => indices[asked[i]])),
  };
}
