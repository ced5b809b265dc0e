import { type Grid, SaenoError } from "@saeno/backend";
import type { EvaluatedModel } from "../metric.ts";
import { atomRows, taken } from "./atom-rows.ts";
import { pairPeaks } from "./correlation-peaks.ts";
import { cosineMatrix, largestMagnitude, upperTriangle } from "./cosines.ts";
import { hoyer, hoyerNoiseBaseline } from "./hoyer.ts";

export interface AtomStatisticsOptions {
  /** Where atoms are sampled; default their natural grid (`Dictionary.atoms`). Vectors have none. */
  readonly grid?: Grid;
  /** Whether to compare atoms at all shifts, `O(K^2)` transforms. Default true for atoms on a grid. */
  readonly shifts?: boolean;
}

export interface AtomStatistics {
  /** By concept; 1 for atoms of one entry, of which a Hoyer score is not defined. */
  readonly hoyer: readonly number[];
  /** The mean score of Gaussian noise of the same size; 1 for one entry. */
  readonly hoyerBaseline: number;
  /** Of all pairs k < l, row by row. */
  readonly cosines: readonly number[];
  /** The largest |cosine|. */
  readonly coherence: number;
  /** The largest |cosine| over shifts, of all pairs k < l, for atoms on a grid. */
  readonly shiftCosines?: readonly number[];
}

/** The statistics of some of the concepts, such as those in use: their scores, and the cosines between them. */
export function statisticsOf(
  { hoyer, cosines, shiftCosines, ...others }: AtomStatistics,
  concepts: readonly number[],
): AtomStatistics {
  const chosen = new Set(concepts);
  const kept = upperTriangleOf(hoyer.length, (k, l) => chosen.has(k) && chosen.has(l));
  const between = cosines.filter((_, pair) => kept[pair]);
  return {
    ...others,
    hoyer: hoyer.filter((_, k) => chosen.has(k)),
    cosines: between,
    coherence: largestMagnitude(between),
    ...(shiftCosines === undefined ? {} : { shiftCosines: shiftCosines.filter((_, pair) => kept[pair]) }),
  };
}

/** What holds of the pairs k < l, row by row. */
function upperTriangleOf(count: number, holds: (k: number, l: number) => boolean): boolean[] {
  const found: boolean[] = [];
  for (let k = 0; k < count; k++) for (let l = k + 1; l < count; l++) found.push(holds(k, l));
  return found;
}

/**
 * Hoyer scores and correlations of a model's atoms on a grid (specification: Metrics). Without a grid, shifts are taken on one of `2 N - 1` points per
 * axis, with N those of the natural grid, so that a kernel does not meet itself around the edge.
 *
 * @throws SaenoError `atoms.grid` for a grid or shifts of vectors, and the dictionary's own errors about a grid.
 */
export async function atomStatistics(
  model: Pick<EvaluatedModel, "dictionary">,
  options: AtomStatisticsOptions = {},
): Promise<AtomStatistics> {
  const { dictionary } = model;
  const atoms = dictionary.atoms(options);
  try {
    const natural = atoms.shape.slice(1, -1);
    const { shifts = natural.length > 0 } = options;
    if (natural.length === 0 && (shifts || options.grid !== undefined)) {
      throw new SaenoError("atoms.grid", "These atoms are vectors: they have no grid and no shifts.");
    }
    const rows = atomRows(await atoms.data(), atoms.shape);
    const isNumber = rows[0]?.length === 1;
    const cosines = upperTriangle(await taken(cosineMatrix(atoms, atoms)), rows.length);
    const statistics = {
      hoyer: rows.map((row) => (isNumber ? 1 : hoyer(row))),
      hoyerBaseline: isNumber ? 1 : hoyerNoiseBaseline(rows[0]?.length ?? 0),
      cosines,
      coherence: largestMagnitude(cosines),
    };
    if (!shifts) return statistics;
    const onGrid = dictionary.atoms({ grid: options.grid ?? natural.map((points) => 2 * points - 1) });
    try {
      return { ...statistics, shiftCosines: Array.from(await taken(pairPeaks(onGrid))) };
    } finally {
      onGrid.dispose();
    }
  } finally {
    atoms.dispose();
  }
}
