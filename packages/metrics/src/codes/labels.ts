import { createRandom } from "@saeno/backend";
import type { Dataset } from "@saeno/datasets";
import { mean, median } from "d3-array";
import type { MapSums, Metric } from "../metric.ts";

/** What concepts tell about the labels of samples (specification: Metrics). */
export interface LabelStatistics {
  /** The classes of the samples, by rising number. */
  readonly classes: readonly LabeledClass[];
  /** How many samples were used: all, or as many, evenly spread, as fit into memory with the energies of all concepts. */
  readonly samples: number;
  /** The entropy of the labels in bits: no concept can know more. */
  readonly entropy: number;
  /** The best one-vs-rest AUC of each concept in use. */
  readonly auc: LabelSpread;
  /** The mutual information of a label and whether the concept is active, in bits. */
  readonly information: LabelSpread;
  /** Concepts in use, the highest AUC first. */
  readonly concepts: readonly LabeledConcept[];
}

/** How a number is spread over the concepts in use. */
export interface LabelSpread {
  readonly median: number;
  readonly mean: number;
  /** The median after shuffling the labels: what a concept that knows nothing reaches, since the best class counts. */
  readonly chance: number;
}

export interface LabeledConcept {
  readonly concept: number;
  /** The class that its energy tells best from all others, and the name of that if it has one. */
  readonly label: number;
  readonly name?: string;
  /** How likely it is that a sample of that class has more energy than one of another, ties counting half. */
  readonly auc: number;
  /** The mutual information of the label and whether the concept is active, in bits. */
  readonly information: number;
}

export interface LabeledClass {
  readonly label: number;
  readonly name?: string;
  readonly samples: number;
  /** The concept that tells it best from all others, and its AUC; absent if none is in use. */
  readonly concept?: number;
  readonly auc?: number;
}

/** Energies kept at once, `K` for each sample: 32 MB. */
const mostEnergies = 2 ** 23;
/** Samples that are ranked at once: an energy and a row are one number below 2^53. */
const mostRanked = 2 ** 22;

/** What concepts tell about the labels of a dataset. Nothing if there are none, or if all are the same. */
export function labels(): Metric<{ readonly labels?: LabelStatistics }> {
  return {
    name: "labels",
    start({ dictionary: { conceptCount } }, dataset) {
      const accumulator = labelAccumulator(conceptCount, dataset);
      if (accumulator === undefined) return undefined;
      return {
        add: async (batch) => accumulator.addSums(await batch.mapSums()),
        result: () => ({ labels: accumulator.result() }),
      };
    },
  };
}

export interface LabelAccumulator {
  /** Takes in the codes of the samples that come next. */
  addSums(sums: MapSums): void;
  result(): LabelStatistics;
}

/** The same from codes that have been reduced, batch by batch in the order of the dataset. Nothing if there are no labels, or if all are the same. */
export function labelAccumulator(
  conceptCount: number,
  { labels: given, size }: Pick<Dataset, "labels" | "size">,
): LabelAccumulator | undefined {
  if (given === undefined) return undefined;
  const count = Math.min(size, mostRanked, Math.max(1, Math.floor(mostEnergies / conceptCount)));
  const kept = Int32Array.from({ length: count }, (_, row) => Math.floor((row * size) / count));
  const values = Array.from(kept, (sample) => given.values[sample]);
  const found = [...new Set(values)].sort((a, b) => a - b);
  if (found.length < 2) return undefined;
  const rowOf = new Int32Array(size).fill(-1);
  kept.forEach((sample, row) => {
    rowOf[sample] = row;
  });
  const energies = new Float32Array(conceptCount * count);
  const inUse = new Set<number>();
  let done = 0;
  return {
    addSums({ counts, squares, concepts, batch, points, conceptCount: dense }) {
      const first = done;
      done += batch;
      const maps = counts.length / batch;
      for (let i = 0; i < counts.length; i++) {
        const row = rowOf[first + Math.floor(i / maps)];
        if (row < 0 || counts[i] === 0) continue;
        const concept = concepts === undefined ? i % dense : concepts[i];
        inUse.add(concept);
        // An active concept has some energy, even where its square is too small for a float.
        energies[concept * count + row] = Math.max(squares[i] / points, 2 ** -149);
      }
    },
    result() {
      const places = new Map(found.map((value, place) => [value, place]));
      const classes = Int32Array.from(values, (value) => places.get(value) ?? 0);
      const shuffled = createRandom(0)
        .split("labels")
        .permutation(count)
        .map((row) => classes[row]);
      const sizes = countsOf(classes, found.length);
      const named = (place: number) => {
        const name = given.names?.[found[place]];
        return { label: found[place], ...(name === undefined ? {} : { name }) };
      };
      const bestOf: { readonly concept?: number; readonly auc?: number }[] = found.map(() => ({}));
      const own: LabeledConcept[] = [];
      const byChance: Knowledge[] = [];
      for (const concept of inUse) {
        const ranked = rankedSamples(energies.subarray(concept * count, (concept + 1) * count));
        const { aucs, auc, place, information } = knowledge(ranked, classes, sizes);
        own.push({ concept, ...named(place), auc, information });
        aucs.forEach((each, i) => {
          if (each > (bestOf[i].auc ?? 0)) bestOf[i] = { concept, auc: each };
        });
        byChance.push(knowledge(ranked, shuffled, sizes));
      }
      const spread = (of: "auc" | "information"): LabelSpread => ({
        median: median(own, (each) => each[of]) ?? Number.NaN,
        mean: mean(own, (each) => each[of]) ?? Number.NaN,
        chance: median(byChance, (each) => each[of]) ?? Number.NaN,
      });
      return {
        classes: bestOf.map((best, place) => ({ ...named(place), samples: sizes[place], ...best })),
        samples: count,
        entropy: sizes.reduce((sum, n) => sum - term(n, count, 1), 0),
        auc: spread("auc"),
        information: spread("information"),
        concepts: own.sort((a, b) => b.auc - a.auc || a.concept - b.concept),
      };
    },
  };
}

/** The samples in which a concept is active by rising energy, and the rank of each, ties at their mean; the silent ones tie below. */
interface Ranked {
  readonly rows: Uint32Array;
  readonly ranks: Float64Array;
  readonly silentRank: number;
  readonly count: number;
}

export function rankedSamples(energies: Float32Array): Ranked {
  const count = energies.length;
  // Bits of positive floats rise as they do. With the row behind them they are one number, which is sorted without being compared by a function.
  const bits = new Uint32Array(energies.buffer, energies.byteOffset, count);
  const keys = new Float64Array(count);
  let active = 0;
  for (let row = 0; row < count; row++) if (energies[row] > 0) keys[active++] = bits[row] * count + row;
  const rows = Uint32Array.from(keys.subarray(0, active).sort(), (key) => key % count);
  const silent = count - rows.length;
  const ranks = new Float64Array(rows.length);
  for (let begin = 0, end = 0; begin < rows.length; begin = end) {
    while (end < rows.length && energies[rows[end]] === energies[rows[begin]]) end++;
    ranks.fill(silent + (begin + 1 + end) / 2, begin, end);
  }
  return { rows, ranks, silentRank: (silent + 1) / 2, count };
}

interface Knowledge {
  /** By class. */
  readonly aucs: readonly number[];
  /** The largest. */
  readonly auc: number;
  /** Of the class that the AUC is of, among all classes. */
  readonly place: number;
  readonly information: number;
}

/**
 * AUCs come from sums of ranks (Mann-Whitney): of a class with n of N samples whose ranks sum to R it is `(R - n (n + 1) / 2) / (n (N - n))`.
 *
 * @param classes by sample, as places among all.
 * @param sizes how many samples of each class there are.
 */
export function knowledge(
  { rows, ranks, silentRank, count }: Ranked,
  classes: Int32Array,
  sizes: ArrayLike<number>,
): Knowledge {
  const sums = new Float64Array(sizes.length);
  const active = new Float64Array(sizes.length);
  rows.forEach((row, i) => {
    const place = classes[row];
    sums[place] = sums[place] + ranks[i];
    active[place] = active[place] + 1;
  });
  const aucs = Array.from(sums, (sum, place) => {
    const n = sizes[place];
    const ofAll = sum + (n - active[place]) * silentRank;
    return (ofAll - (n * (n + 1)) / 2) / (n * (count - n));
  });
  const place = aucs.reduce((best, auc, i) => (auc > aucs[best] ? i : best), 0);
  const information = aucs.reduce((bits, _, i) => {
    const [on, off] = [active[i], sizes[i] - active[i]];
    const share = sizes[i] / count ** 2;
    return bits + term(on, count, rows.length * share) + term(off, count, (count - rows.length) * share);
  }, 0);
  return { aucs, auc: aucs[place], place, information: Math.max(0, information) };
}

/** `p log2(p / q)` of p = n / count. */
function term(n: number, count: number, q: number): number {
  return n === 0 ? 0 : (n / count) * Math.log2(n / count / q);
}

function countsOf(classes: Int32Array, count: number): Float64Array {
  const counts = new Float64Array(count);
  for (const place of classes) counts[place] = counts[place] + 1;
  return counts;
}
