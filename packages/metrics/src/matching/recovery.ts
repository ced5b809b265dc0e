import { type Grid, SaenoError } from "@saeno/backend";
import { convDictionary, type Dictionary } from "@saeno/core";
import type { KnownDictionary } from "@saeno/datasets";
import { allModes, analyze, synthesize } from "@saeno/fft";
import { type Tensor, tensor, tidy } from "@tensorflow/tfjs-core";
import { mean } from "d3-array";
import { checkSameAtoms } from "../atoms/atom-rows.ts";
import { errorAccumulator } from "../errors/error-accumulator.ts";
import type { Metric } from "../metric.ts";
import { type ConceptMatch, type MatchOptions, matchConcepts } from "./match-concepts.ts";

export interface Recovery extends ConceptMatch {
  /** Mean of `sqrt(1 - cos^2)` over the true concepts: 0 is perfect, 1 is none. */
  readonly mean: number;
  /** Share of true concepts with |cos| > 0.9. */
  readonly recovered: number;
}

/**
 * How well a known dictionary was recovered (specification: Metrics): each true concept is compared with the learned one it is matched with
 * (`matchConcepts`). A true concept left over counts as not recovered, with error 1. Atoms `[K, ...]` and `[K', ...]` of one shape. Reads synchronously.
 *
 * @throws SaenoError as `matchConcepts`.
 */
export function recoveryError(truth: Tensor, learned: Tensor, options: MatchOptions = {}): Recovery {
  const { match, cosines } = matchConcepts(truth, learned, options);
  return {
    match,
    cosines,
    mean: mean(cosines, (cosine) => Math.sqrt(1 - cosine ** 2)) ?? Number.NaN,
    recovered: cosines.filter((cosine) => cosine > 0.9).length / cosines.length,
  };
}

/**
 * `||D - D_true||_F / ||D_true||_F`, concept k against concept k (specification: Metrics): for a start at a perturbed truth, which keeps order and sign.
 * Atoms `[K, ...]` of one shape. Reads synchronously.
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

/**
 * Known atoms as a dictionary of functions can express them on a grid: centered kernels `[K, ...s, C]` to `[K, ...N, C]`, their origin in the
 * corner; without the Nyquist frequency where the dictionary has a band limit. Vectors, which have no grid, stay as they are. The caller
 * disposes of it.
 */
export function knownAtoms(
  { values, shape }: KnownDictionary,
  dictionary: Pick<Dictionary, "bandLimit">,
  grid: Grid,
): Tensor {
  return tidy(() => {
    const atoms = tensor(values, [...shape]);
    if (grid.length === 0) return atoms;
    const [concepts, ...kernel] = shape;
    const channels = kernel.splice(-1)[0];
    const kernels = convDictionary({ channels, concepts, kernel }, atoms);
    const functions = kernels.atoms({ grid, origin: "corner" });
    kernels.dispose();
    if (dictionary.bandLimit?.(grid) === undefined) return functions;
    return synthesize(analyze(functions, { modes: allModes(grid) }), { grid });
  });
}

/** How well the atoms that a dataset was made from were found, on its grid and at their best shift. Nothing if they are not known. */
export function recovery(): Metric<{ readonly recoveryError?: number; readonly recovered?: number }> {
  return {
    name: "recovery",
    start({ dictionary }, { grid, truth }) {
      if (truth === undefined) return undefined;
      return {
        result() {
          const shifts = grid.length > 0;
          const known = knownAtoms(truth, dictionary, grid);
          const learned = dictionary.atoms(shifts ? { grid, origin: "corner" } : {});
          try {
            const { mean: error, recovered } = recoveryError(known, learned, { shifts });
            return { recoveryError: error, recovered };
          } finally {
            known.dispose();
            learned.dispose();
          }
        },
      };
    },
  };
}
