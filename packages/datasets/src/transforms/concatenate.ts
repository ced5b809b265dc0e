import { type Grid, SaenoError, sizeOf } from "@saeno/backend";
import type { Dataset } from "../dataset.ts";
import { datasetOn } from "./resample.ts";

/**
 * The samples of one dataset, then those of another of the same shape. Their dictionary is known if both have the same.
 *
 * @throws SaenoError `dataset.shape` when the shapes differ.
 */
export function concatenate(first: Dataset, second: Dataset): Dataset {
  if (first.grid.join() !== second.grid.join() || first.channels !== second.channels) {
    throw new SaenoError("dataset.shape", `"${first.name}" and "${second.name}" have samples of different shapes.`);
  }
  const sample = sizeOf(first.grid) * first.channels;
  const { at, truth, labels, order: _, close, origin, images, ...shared } = first;
  const { origin: secondOrigin } = second;
  const isLabeled = labels !== undefined && labels.names?.join() === second.labels?.names?.join();
  const exact = at !== undefined && second.at !== undefined;
  return {
    ...shared,
    ...(truth !== undefined && truth === second.truth ? { truth } : {}),
    ...(isLabeled && second.labels !== undefined
      ? { labels: { ...labels, values: [...Array.from(labels.values), ...Array.from(second.labels.values)] } }
      : {}),
    ...(close === undefined && second.close === undefined
      ? {}
      : { close: async () => void (await Promise.all([close?.(), second.close?.()])) }),
    ...(exact
      ? { at: async (grid: Grid) => concatenate(await datasetOn(first, grid), await datasetOn(second, grid)) }
      : {}),
    ...(origin === undefined || secondOrigin === undefined
      ? {}
      : {
          origin: (index: number) => (index < first.size ? origin(index) : secondOrigin(index - first.size)),
        }),
    ...(images?.dataset === undefined || second.images?.dataset === undefined
      ? {}
      : { images: { ...images, dataset: concatenate(images.dataset, second.images.dataset) } }),
    size: first.size + second.size,
    async read(indices) {
      const result = new Float32Array(indices.length * sample);
      for (const [part, offset] of [
        [first, 0],
        [second, first.size],
      ] as const) {
        const rows = Array.from({ length: indices.length }, (_, row) => row).filter((row) => {
          const index = indices[row] - offset;
          return index >= 0 && index < part.size;
        });
        const values = await part.read(rows.map((row) => indices[row] - offset));
        for (const [i, row] of rows.entries()) result.set(values.subarray(i * sample, (i + 1) * sample), row * sample);
      }
      return result;
    },
  };
}
