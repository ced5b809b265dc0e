import { createRandom, SaenoError } from "@saeno/backend";
import type { Dataset } from "./dataset.ts";
import { subset } from "./subset.ts";

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
