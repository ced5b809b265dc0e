import type { Codes } from "@saeno/activations";
import { SaenoError, sizeOf } from "@saeno/backend";
import { cast, notEqual, reshape, square, sum, tidy } from "@tensorflow/tfjs-core";
import type { MapSums, Metric } from "../metric.ts";
import { conceptsForShare, conceptsInUse, type UseStatistics, useStatistics } from "./concepts-in-use.ts";

export interface CodeStatistics extends UseStatistics {
  readonly samples: number;
  /** Concepts active in a sample, on average. A concept is active if any entry of its map is not zero. */
  readonly l0: number;
  /** Share of entries that are not zero within active maps: 1 for scalar codes. 0 when nothing was active. */
  readonly density: number;
  /** Nonzero entries of a sample's code, on average: what it costs in numbers, not counting their positions. */
  readonly codeEntries: number;
  /** How many concepts were active in no sample (`deadConcepts`). */
  readonly dead: number;
  /** The fewest concepts that carry 90 % of the code energy. */
  readonly conceptsFor90: number;
  /** By concept: the share of samples in which it was active. */
  readonly utilization: readonly number[];
  /** By concept: `||z_k||^2`, the mean square over the grid, averaged over samples. */
  readonly energy: readonly number[];
}

export interface CodeAccumulator {
  /**
   * Adds the codes of a batch, sparse ones as they are. They may be disposed of as soon as the call has returned, before the promise settles.
   *
   * @throws SaenoError `metrics.concepts` for codes of another number of concepts.
   */
  add(codes: Codes): Promise<void>;
  /** The same for codes that have already been reduced. */
  addSums(sums: MapSums): void;
  /** @throws SaenoError `metrics.empty` before anything was added. */
  result(): CodeStatistics;
}

/**
 * Statistics of codes over a set of any size, batch by batch (specification: Metrics). Maps are reduced to two numbers each where they lie;
 * sums over samples are float64.
 *
 * @param conceptCount `K`.
 * @throws SaenoError `metrics.concepts` unless a positive integer.
 */
export function codeAccumulator(conceptCount: number): CodeAccumulator {
  if (!Number.isInteger(conceptCount) || conceptCount < 1) {
    throw new SaenoError("metrics.concepts", `conceptCount must be a positive integer; got ${conceptCount}.`);
  }
  let samples = 0;
  let nonZero = 0;
  let entriesOfActive = 0;
  const active = new Float64Array(conceptCount);
  const energy = new Float64Array(conceptCount);

  const addSums = ({ counts, squares, concepts, batch, points, conceptCount: found }: MapSums) => {
    if (found !== conceptCount) {
      throw new SaenoError(
        "metrics.concepts",
        `These are statistics of ${conceptCount} concepts; got codes of ${found}.`,
      );
    }
    for (let i = 0; i < counts.length; i++) {
      const concept = concepts === undefined ? i % conceptCount : concepts[i];
      const count = counts[i];
      energy[concept] = energy[concept] + squares[i] / points;
      if (count === 0) continue;
      active[concept] = active[concept] + 1;
      nonZero += count;
      entriesOfActive += points;
    }
    samples += batch;
  };

  return {
    addSums,
    add: async (codes) => addSums(await mapSums(codes)),
    result() {
      if (samples === 0) throw new SaenoError("metrics.empty", "No codes were added, so there are no statistics.");
      const utilization = Array.from(active, (count) => count / samples);
      return {
        samples,
        l0: active.reduce((total, count) => total + count, 0) / samples,
        density: entriesOfActive === 0 ? 0 : nonZero / entriesOfActive,
        codeEntries: nonZero / samples,
        dead: active.reduce((dead, count) => dead + (count === 0 ? 1 : 0), 0),
        conceptsFor90: conceptsForShare(energy, 0.9),
        ...useStatistics({ utilization }),
        utilization,
        energy: Array.from(energy, (total) => total / samples),
      };
    },
  };
}

/** The statistics of one batch of codes, sparse or dense. They stay the caller's. */
export async function codeStatistics(codes: Codes): Promise<CodeStatistics> {
  const sums = await mapSums(codes);
  const accumulator = codeAccumulator(sums.conceptCount);
  accumulator.addSums(sums);
  return accumulator.result();
}

export interface DatasetCodes extends CodeStatistics {
  /** Code entries as a share of the numbers of a sample, `codeEntries / (|N| C)`; for vectors, `codeEntries / n`. */
  readonly budget: number;
}

/** The statistics of the codes of a whole dataset (specification: Metrics). */
export function codes(): Metric<DatasetCodes> {
  return {
    name: "codes",
    start({ dictionary }, { grid, channels }) {
      const accumulator = codeAccumulator(dictionary.conceptCount);
      return {
        add: async (batch) => accumulator.addSums(await batch.mapSums()),
        result() {
          const statistics = accumulator.result();
          return { ...statistics, budget: statistics.codeEntries / (sizeOf(grid) * channels) };
        },
      };
    },
  };
}

/** The concepts in use on a whole dataset. */
export function conceptsInUseMetric(): Metric<{ readonly conceptsInUse: readonly number[] }> {
  return {
    name: "concepts in use",
    start({ dictionary }) {
      const accumulator = codeAccumulator(dictionary.conceptCount);
      return {
        add: async (batch) => accumulator.addSums(await batch.mapSums()),
        result: () => ({ conceptsInUse: conceptsInUse(accumulator.result()) }),
      };
    },
  };
}

/** Reduces codes where they lie. They may be disposed as soon as the call has returned, before the promise settles. */
export async function mapSums(codes: Codes): Promise<MapSums> {
  const { values } = codes;
  const sparse = codes.kind === "sparse";
  const [batch, last] = [values.shape[0], values.shape[values.rank - 1]];
  const sums = tidy(() => {
    const maps = sparse ? values : reshape(values, [batch, -1, last]);
    const axis = sparse ? 2 : 1;
    return [
      sum(cast(notEqual(maps, 0), "float32"), axis),
      sum(square(maps), axis),
      ...(sparse ? [codes.concepts.clone()] : []),
    ];
  });
  try {
    const [counts, squares, concepts] = await Promise.all(sums.map((each) => each.data()));
    return {
      counts,
      squares,
      ...(concepts === undefined ? {} : { concepts }),
      conceptCount: sparse ? codes.conceptCount : last,
      batch,
      points: sizeOf(sparse ? codes.grid : values.shape.slice(1, -1)),
    };
  } finally {
    for (const each of sums) each.dispose();
  }
}
