import type { Grid } from "@saeno/backend";
import type { Dataset } from "./dataset.ts";
import { resampleDataset } from "./resample-dataset.ts";

/** A dataset's samples on another grid: exact where the dataset can give them there, else by Fourier interpolation. */
export async function datasetOn(dataset: Dataset, grid: Grid): Promise<Dataset> {
  if (dataset.grid.join() === grid.join()) return dataset;
  return dataset.at === undefined ? resampleDataset(dataset, grid) : dataset.at(grid);
}
