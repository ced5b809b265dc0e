import { createRandom, sizeOf } from "@saeno/backend";
import { type Dictionary, isLifted } from "@saeno/core";
import { tensor } from "@tensorflow/tfjs-core";
import { mean, median } from "d3-array";
import { codeAccumulator } from "../codes/code-accumulator.ts";
import { conceptsInUse, deadConcepts } from "../codes/concepts-in-use.ts";
import type { EvaluatedModel, Metric } from "../metric.ts";
import { atomStatistics, statisticsOf } from "./atom-statistics.ts";
import { largestMagnitude } from "./cosines.ts";
import { atomExtents } from "./extent.ts";

/**
 * Statistics of a model's atoms (specification: Metrics), as summary.json keeps them: over all concepts, over those in use, and over dead ones.
 */
export interface AtomSummary {
  readonly hoyer: SpreadSummary;
  /** The smallest share of the domain that holds 90 % of an atom's energy, for functions and kernels; with that of noise on the same grid. */
  readonly extent?: SpreadSummary;
  /** The same of its frequencies. */
  readonly bandwidth?: SpreadSummary;
  readonly cosines: PairSummary;
  /** The same for the largest cosine over shifts, for functions and kernels. */
  readonly shiftCosines?: Omit<PairSummary, "baseline">;
  /** Cosines of a lifted model in the lifted space. */
  readonly liftedCosines?: PairSummary;
  /** By concept. */
  readonly hoyerScores: readonly number[];
  /** Cosines of pairs of concepts in use; if there are many, of every n-th. */
  readonly cosineSample: readonly number[];
}

export interface SpreadSummary {
  /** Over all concepts. */
  readonly median: number;
  /** Over those in use (`conceptsInUse`). */
  readonly medianInUse: number;
  /** Over dead concepts, which are nearly as they started; NaN if there are none. */
  readonly medianDead: number;
  /** The mean for Gaussian noise with as many entries. */
  readonly baseline: number;
}

export interface PairSummary {
  /** Root mean square over all pairs. */
  readonly deviation: number;
  readonly deviationInUse: number;
  readonly deviationDead: number;
  /** The largest magnitude. */
  readonly coherence: number;
  readonly coherenceInUse: number;
  /** The deviation of Gaussian noise with as many entries: `1 / sqrt(p)`. */
  readonly baseline: number;
}

/** Shifts of all pairs are compared for so many concepts at most. */
const mostShifted = 128;
/** Cosines kept, about. */
const keptCosines = 5000;

/**
 * Hoyer scores and cosines of a model's atoms on their natural grid, over all concepts, over those in use and over dead ones.
 *
 * @param utilization by concept: the share of samples in which it was active.
 */
export async function summarizeAtoms(
  model: Pick<EvaluatedModel, "dictionary">,
  utilization: readonly number[],
): Promise<AtomSummary> {
  const { dictionary } = model;
  const onGrid = dictionary.domain === "functions";
  const shifts = onGrid && dictionary.conceptCount <= mostShifted;
  const [used, dead] = [conceptsInUse({ utilization }), deadConcepts({ utilization })];
  const all = await atomStatistics(model, { shifts });
  const { hoyer, hoyerBaseline, cosines, shiftCosines } = all;
  const [inUse, ofDead] = [statisticsOf(all, used), statisticsOf(all, dead)];
  const stride = Math.max(1, Math.floor(inUse.cosines.length / keptCosines));
  const lifted = isLifted(dictionary)
    ? await atomStatistics({ dictionary: dictionary.lifted }, { shifts: false })
    : undefined;
  const medians = (values: readonly number[], baseline: number): SpreadSummary => ({
    median: median(values) ?? Number.NaN,
    medianInUse: median(used, (k) => values[k]) ?? Number.NaN,
    medianDead: median(dead, (k) => values[k]) ?? Number.NaN,
    baseline,
  });
  return {
    hoyer: medians(hoyer, hoyerBaseline),
    ...(onGrid ? await extents(dictionary, medians) : {}),
    cosines: {
      ...pairSummary(cosines, inUse.cosines, ofDead.cosines),
      baseline: 1 / Math.sqrt(entriesOf(dictionary)),
    },
    ...(shiftCosines === undefined
      ? {}
      : { shiftCosines: pairSummary(shiftCosines, inUse.shiftCosines, ofDead.shiftCosines) }),
    ...(lifted === undefined || !isLifted(dictionary)
      ? {}
      : {
          liftedCosines: {
            ...pairSummary(lifted.cosines, statisticsOf(lifted, used).cosines, statisticsOf(lifted, dead).cosines),
            baseline: 1 / Math.sqrt(entriesOf(dictionary.lifted)),
          },
        }),
    hoyerScores: hoyer.map(rounded),
    cosineSample: inUse.cosines.filter((_, pair) => pair % stride === 0).map(rounded),
  };
}

function pairSummary(
  all: readonly number[],
  inUse: readonly number[] = [],
  dead: readonly number[] = [],
): Omit<PairSummary, "baseline"> {
  return {
    deviation: rootMeanSquare(all),
    deviationInUse: rootMeanSquare(inUse),
    deviationDead: rootMeanSquare(dead),
    coherence: largestMagnitude(all),
    coherenceInUse: largestMagnitude(inUse),
  };
}

/** Atoms of noise that baselines are the mean of. */
const noiseAtoms = 64;

async function extents(
  dictionary: Dictionary,
  medians: (values: readonly number[], baseline: number) => SpreadSummary,
): Promise<Pick<Required<AtomSummary>, "extent" | "bandwidth">> {
  const atoms = dictionary.atoms();
  const shape = [noiseAtoms, ...atoms.shape.slice(1)];
  const noise = tensor(createRandom(0).split("noise").normals(sizeOf(shape)), shape);
  const [own, ofNoise] = [await atomExtents(atoms), await atomExtents(noise)];
  atoms.dispose();
  noise.dispose();
  return {
    extent: medians(own.extents, mean(ofNoise.extents) ?? Number.NaN),
    bandwidth: medians(own.bandwidths, mean(ofNoise.bandwidths) ?? Number.NaN),
  };
}

function entriesOf(dictionary: Dictionary): number {
  const atoms = dictionary.atoms();
  atoms.dispose();
  return atoms.size / dictionary.conceptCount;
}

function rootMeanSquare(values: readonly number[]): number {
  return Math.sqrt(mean(values, (value) => value * value) ?? Number.NaN);
}

function rounded(value: number): number {
  return Number(value.toFixed(4));
}

/** What a model's atoms are like, over all concepts, over those in use on the dataset and over the others. */
export function atoms(): Metric<{ readonly atoms: AtomSummary }> {
  return {
    name: "atoms",
    start(model) {
      const used = codeAccumulator(model.dictionary.conceptCount);
      return {
        add: async (batch) => used.addSums(await batch.mapSums()),
        result: async () => ({ atoms: await summarizeAtoms(model, used.result().utilization) }),
      };
    },
  };
}
