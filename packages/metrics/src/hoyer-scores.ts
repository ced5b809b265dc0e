import type { Tensor } from "@tensorflow/tfjs-core";
import { atomRows } from "./atom-rows.ts";
import { hoyer } from "./hoyer.ts";

/**
 * The Hoyer score of each atom, flattened: atoms `[K, ...]` to K numbers (specification: Metrics). Reads the tensor synchronously.
 *
 * @throws SaenoError `atoms.shape`, and `hoyer.size` for atoms of one entry.
 */
export function hoyerScores(atoms: Tensor): number[] {
  return atomRows(atoms.dataSync(), atoms.shape).map(hoyer);
}
