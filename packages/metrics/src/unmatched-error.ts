import { SaenoError } from "@saeno/backend";
import type { Tensor } from "@tensorflow/tfjs-core";
import { checkSameAtoms } from "./check-same-atoms.ts";
import { errorAccumulator } from "./error-accumulator.ts";

/**
 * `||D - D_true||_F / ||D_true||_F`, concept k against concept k (specification: Metrics): for a start that was a perturbed truth, where order
 * and sign are kept. Atoms `[K, ...]` of one shape. Reads synchronously.
 *
 * @throws SaenoError `atoms.shape` unless both shapes are the same.
 */
export function unmatchedError(truth: Tensor, learned: Tensor): number {
  checkSameAtoms(truth, learned);
  if (truth.shape[0] !== learned.shape[0]) {
    throw new SaenoError(
      "atoms.shape",
      `Concepts compared by index must be equally many; got ${truth.shape[0]} and ${learned.shape[0]}. recoveryError matches them.`,
    );
  }
  const accumulator = errorAccumulator(1);
  accumulator.add(truth.dataSync(), learned.dataSync());
  return accumulator.result().relativeError;
}
