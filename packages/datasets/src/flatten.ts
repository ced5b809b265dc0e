import { sizeOf } from "@saeno/backend";
import type { Dataset } from "./dataset.ts";

/** Functions `[...N, C]` as vectors of `|N| C` entries, row-major. */
export function flatten(dataset: Dataset): Dataset {
  return { ...dataset, grid: [], channels: sizeOf(dataset.grid) * dataset.channels };
}
