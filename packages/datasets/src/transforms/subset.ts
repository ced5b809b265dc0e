import { createRandom, type Grid, type Random, SaenoError } from "@saeno/backend";
import type { Dataset } from "../dataset.ts";

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
  const { at, labels, order, origin, images } = dataset;
  return {
    ...dataset,
    size: indices.length,
    ...(at === undefined ? {} : { at: async (grid: Grid) => subset(await at(grid), indices) }),
    ...(labels === undefined
      ? {}
      : { labels: { ...labels, values: Int32Array.from(indices, (i) => labels.values[i]) } }),
    ...(order === undefined ? {} : { order: (random: Random) => orderWithin(order(random), indices) }),
    ...(origin === undefined ? {} : { origin: (index: number) => origin(indices[index]) }),
    ...(images?.dataset === undefined ? {} : { images: { ...images, dataset: subset(images.dataset, indices) } }),
    read: (asked) => dataset.read(Int32Array.from({ length: asked.length }, (_, i) => indices[asked[i]])),
  };
}

/** The order of some samples, each once, that an order of all has them in. */
function orderWithin(order: Int32Array, indices: Int32Array): Int32Array {
  const places = new Int32Array(order.length);
  for (let i = 0; i < order.length; i++) places[order[i]] = i;
  // A place and a number within in one number each, sorted where they are: there may be millions.
  const size = indices.length;
  const keys = new Float64Array(size);
  for (let i = 0; i < size; i++) keys[i] = places[indices[i]] * size + i;
  keys.sort();
  const result = new Int32Array(size);
  for (let i = 0; i < size; i++) result[i] = keys[i] % size;
  return result;
}

/**
 * Training and held-out samples: the last `test` samples are held out, or with a seed that many random ones.
 *
 * @throws SaenoError `dataset.split` unless both parts have a sample.
 */
export function split(
  dataset: Dataset,
  options: { readonly test: number; readonly seed?: number },
): { train: Dataset; test: Dataset } {
  const { test, seed } = options;
  if (!Number.isInteger(test) || test < 1 || test >= dataset.size) {
    throw new SaenoError(
      "dataset.split",
      `Of the ${dataset.size} samples of "${dataset.name}" 1 to ${dataset.size - 1} can be held out; got ${test}.`,
    );
  }
  const order =
    seed === undefined
      ? Int32Array.from({ length: dataset.size }, (_, i) => i)
      : createRandom(seed).split("split").permutation(dataset.size);
  return {
    train: subset(dataset, order.slice(0, dataset.size - test)),
    test: subset(dataset, order.slice(dataset.size - test)),
  };
}
