import { sizeOf } from "@saeno/backend";
import type { Dataset } from "../dataset.ts";
import { datasetOn } from "./resample.ts";

/** Functions `[...N, C]` as vectors of `|N| C` entries, row-major. Their dictionary is no longer known: an atom at every place is more than one vector. */
export function flatten(dataset: Dataset): Dataset {
  const { truth: _, grid, channels, ...shared } = dataset;
  if (grid.length === 0) return dataset;
  return {
    ...shared,
    grid: [],
    channels: sizeOf(grid) * channels,
    read: (indices) => dataset.read(indices),
    at: async (finer) => flatten(await datasetOn(dataset, finer)),
  };
}
