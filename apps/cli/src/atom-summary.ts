import { type Dictionary, isLifted, type SparseAutoencoder } from "@saeno/core";
import { atomStatistics } from "@saeno/metrics";
import { conceptsInUse } from "./concepts-in-use.ts";

/** Statistics of a model's atoms (SPEC 8), as summary.json keeps them. */
export interface AtomSummary {
  readonly hoyer: {
    /** Over all concepts. */
    readonly median: number;
    /** Over those in use (`conceptsInUse`). */
    readonly medianInUse: number;
    /** The mean score of Gaussian noise with as many entries. */
    readonly baseline: number;
  };
  readonly cosines: PairSummary;
  /** The same of the largest cosine over shifts, of functions and kernels. */
  readonly shiftCosines?: Omit<PairSummary, "baseline">;
  /** Cosines of a lifted model in the lifted space. */
  readonly liftedCosines?: PairSummary;
  /** By concept. */
  readonly hoyerScores: readonly number[];
  /** Of pairs k < l, every n-th where there are many. */
  readonly cosineSample: readonly number[];
}

export interface PairSummary {
  /** Root mean square over all pairs. */
  readonly deviation: number;
  readonly deviationInUse: number;
  /** The largest magnitude. */
  readonly coherence: number;
  /** The deviation of Gaussian noise with as many entries: `1 / sqrt(p)`. */
  readonly baseline: number;
}

/** Shifts of all pairs are compared for so many concepts at most. */
const mostShifted = 128;
/** Cosines kept, about. */
const keptCosines = 5000;

/**
 * Hoyer scores and cosines of a model's atoms on their natural grid, over all concepts and over those in use.
 *
 * @param utilisation by concept: the share of samples in which it was active.
 */
export async function summariseAtoms(model: SparseAutoencoder, utilisation: readonly number[]): Promise<AtomSummary> {
  const { dictionary } = model;
  const onGrid = dictionary.kind !== "dense";
  const shifts = onGrid && dictionary.conceptCount <= mostShifted;
  const { hoyer, hoyerBaseline, cosines, shiftCosines } = await atomStatistics(model, { shifts });
  const used = new Set(conceptsInUse({ utilisation }));
  const pairsInUse = utilisation.flatMap((_, k) =>
    utilisation.slice(k + 1).map((_, after) => used.has(k) && used.has(k + 1 + after)),
  );
  const summarise = (values: readonly number[]) => ({
    deviation: rootMeanSquare(values),
    deviationInUse: rootMeanSquare(values.filter((_, pair) => pairsInUse[pair])),
    coherence: values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0),
  });
  const stride = Math.max(1, Math.floor(cosines.length / keptCosines));
  const lifted = isLifted(dictionary)
    ? await atomStatistics({ dictionary: dictionary.lifted }, { shifts: false })
    : undefined;
  return {
    hoyer: {
      median: median(hoyer),
      medianInUse: median(hoyer.filter((_, k) => used.has(k))),
      baseline: hoyerBaseline,
    },
    cosines: { ...summarise(cosines), baseline: 1 / Math.sqrt(entriesOf(dictionary)) },
    ...(shiftCosines === undefined ? {} : { shiftCosines: summarise(shiftCosines) }),
    ...(lifted === undefined || !isLifted(dictionary)
      ? {}
      : { liftedCosines: { ...summarise(lifted.cosines), baseline: 1 / Math.sqrt(entriesOf(dictionary.lifted)) } }),
    hoyerScores: hoyer.map(rounded),
    cosineSample: cosines.filter((_, pair) => pair % stride === 0).map(rounded),
  };
}

function entriesOf(dictionary: Dictionary): number {
  const atoms = dictionary.atoms();
  atoms.dispose();
  return atoms.size / dictionary.conceptCount;
}

function rootMeanSquare(values: readonly number[]): number {
  return Math.sqrt(values.reduce((total, value) => total + value * value, 0) / values.length);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

function rounded(value: number): number {
  return Number(value.toFixed(4));
}
