import type { Tensor } from "@tensorflow/tfjs-core";
import { type MatchOptions, matchConcepts } from "./match-concepts.ts";

/**
 * The stability of concepts between two runs (specification: Metrics): the mean |cosine| of matched concepts, in [0, 1].
 * Atoms `[K, ...]` and `[K', ...]` of one shape. Reads synchronously.
 *
 * @throws SaenoError as `matchConcepts`.
 */
export function stability(a: Tensor, b: Tensor, options: MatchOptions = {}): number {
  const { cosines } = matchConcepts(a, b, options);
  return cosines.reduce((total, cosine) => total + cosine, 0) / cosines.length;
}
