import { type Grid, sizeOf } from "@saeno/backend";
import { resample } from "@saeno/fft";
import { tensor } from "@tensorflow/tfjs-core";
import type { Dataset } from "../dataset.ts";

/** Values taken to the device at a time, at most. */
const chunkEntries = 2 ** 21;

/**
 * The same functions on another grid, by Fourier interpolation (specification: Fourier coefficients), computed when read. Needs a backend in use.
 *
 * @throws SaenoError as `resample` of @saeno/fft.
 */
export function resampleDataset(dataset: Dataset, grid: Grid): Dataset {
  const sample = sizeOf(grid) * dataset.channels;
  return {
    ...dataset,
    grid,
    at: (other) => datasetOn(dataset, other),
    async read(indices) {
      const result = new Float32Array(indices.length * sample);
      const chunk = Math.max(1, Math.floor(chunkEntries / sample));
      for (let begin = 0; begin < indices.length; begin += chunk) {
        const some = Array.from(indices).slice(begin, begin + chunk);
        const x = tensor(await dataset.read(some), [some.length, ...dataset.grid, dataset.channels]);
        const y = resample(x, { grid });
        result.set(y.dataSync(), begin * sample);
        x.dispose();
        y.dispose();
      }
      return result;
    },
  };
}

/** A dataset's samples on another grid: exact if the dataset can give them there, else by Fourier interpolation. */
export async function datasetOn(dataset: Dataset, grid: Grid): Promise<Dataset> {
  if (dataset.grid.join() === grid.join()) return dataset;
  return dataset.at === undefined ? resampleDataset(dataset, grid) : dataset.at(grid);
}
