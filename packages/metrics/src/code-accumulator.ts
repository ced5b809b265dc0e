import type { Codes } from "@saeno/activations";
import { SaenoError, sizeOf } from "@saeno/backend";
import { cast, notEqual, reshape, square, sum, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { conceptsForShare } from "./concepts-for-share.ts";

export interface CodeStatistics {
  readonly samples: number;
  /** Concepts active in a sample, on average. A concept is active where any entry of its map is not zero. */
  readonly l0: number;
  /** Share of entries that are not zero within active maps: 1 for scalar codes. 0 when nothing was active. */
  readonly density: number;
  /** How many concepts were active in no sample. */
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
   * Takes in the codes of a batch, sparse ones as they are. They may be disposed as soon as the call has returned,
   * before the promise settles.
   *
   * @throws SaenoError `metrics.concepts` when they are codes of another number of concepts.
   */
  add(codes: Codes): Promise<void>;
  /** @throws SaenoError `metrics.empty` before anything was added. */
  result(): CodeStatistics;
}

/** Of each map of a batch: its concept, the count of entries that are not zero, and the sum of their squares. */
interface MapSums {
  readonly counts: Tensor;
  readonly squares: Tensor;
  /** Absent for dense codes, whose maps are all there in order. */
  readonly concepts?: Tensor;
}

/**
 * Statistics of codes over a set of any size, batch by batch (specification: Metrics). Maps are reduced to two numbers each where they lie;
 * sums over samples are float64.
 *
 * @param conceptCount `K`.
 * @throws SaenoError `metrics.concepts` unless a whole number of at least 1.
 */
export function codeAccumulator(conceptCount: number): CodeAccumulator {
  if (!Number.isInteger(conceptCount) || conceptCount < 1) {
    throw new SaenoError("metrics.concepts", `conceptCount is a whole number of at least 1; got ${conceptCount}.`);
  }
  let samples = 0;
  let nonZero = 0;
  let entriesOfActive = 0;
  const active = new Float64Array(conceptCount);
  const energy = new Float64Array(conceptCount);

  return {
    async add(codes) {
      const { batch, points } = measure(codes, conceptCount);
      const sums = sumMaps(codes);
      let read: readonly (ArrayLike<number> | undefined)[];
      try {
        read = await Promise.all([sums.counts.data(), sums.squares.data(), sums.concepts?.data()]);
      } finally {
        sums.counts.dispose();
        sums.squares.dispose();
        sums.concepts?.dispose();
      }
      const [counts, squares, concepts] = read as [ArrayLike<number>, ArrayLike<number>, ArrayLike<number> | undefined];
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
    },
    result() {
      if (samples === 0) throw new SaenoError("metrics.empty", "No codes were added, so there are no statistics.");
      return {
        samples,
        l0: active.reduce((total, count) => total + count, 0) / samples,
        density: entriesOfActive === 0 ? 0 : nonZero / entriesOfActive,
        dead: active.reduce((dead, count) => dead + (count === 0 ? 1 : 0), 0),
        conceptsFor90: conceptsForShare(energy, 0.9),
        utilization: Array.from(active, (count) => count / samples),
        energy: Array.from(energy, (total) => total / samples),
      };
    },
  };
}

function measure(codes: Codes, conceptCount: number): { readonly batch: number; readonly points: number } {
  const { shape } = codes.values;
  const found = codes.kind === "sparse" ? codes.conceptCount : shape[shape.length - 1];
  if (found !== conceptCount || shape.length < 2) {
    throw new SaenoError(
      "metrics.concepts",
      `These are statistics of ${conceptCount} concepts; got codes of ${found}, of shape [${shape.join(", ")}].`,
    );
  }
  return { batch: shape[0], points: sizeOf(codes.kind === "sparse" ? codes.grid : shape.slice(1, -1)) };
}

function sumMaps(codes: Codes): MapSums {
  const { values } = codes;
  const [batch, last] = [values.shape[0], values.shape[values.rank - 1]];
  return tidy(() => {
    const sparse = codes.kind === "sparse";
    const maps = sparse ? values : reshape(values, [batch, -1, last]);
    const axis = sparse ? 2 : 1;
    return {
      counts: sum(cast(notEqual(maps, 0), "float32"), axis),
      squares: sum(square(maps), axis),
      ...(sparse ? { concepts: codes.concepts.clone() } : {}),
    };
  });
}
