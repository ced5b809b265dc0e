import type { Tensor } from "@tensorflow/tfjs-core";
import { type ConceptMatch, type MatchOptions, matchConcepts } from "./match-concepts.ts";

export interface Recovery extends ConceptMatch {
  /** Mean of `sqrt(1 - cos^2)` over the true concepts: 0 is perfect, 1 is none. */
  readonly mean: number;
  /** Share of true concepts with |cos| > 0.9. */
  readonly recovered: number;
}

/**
 * How well a known dictionary was recovered (specification: Metrics): every true concept against the learned one it is matched with
 * (`matchConcepts`), by concept of the truth. A true concept left over counts as not recovered, error 1.
 * Atoms `[K, ...]` and `[K', ...]` of one shape. Reads synchronously.
 *
 * @throws SaenoError as `matchConcepts`.
 */
export function recoveryError(truth: Tensor, learned: Tensor, options: MatchOptions = {}): Recovery {
  const { match, cosines } = matchConcepts(truth, learned, options);
  const count = cosines.length;
  return {
    match,
    cosines,
    mean: cosines.reduce((total, cosine) => total + Math.sqrt(1 - cosine ** 2), 0) / count,
    recovered: cosines.filter((cosine) => cosine > 0.9).length / count,
  };
}
