import { type Grid, SaenoError } from "@saeno/backend";
import type { Dictionary } from "@saeno/core";
import { gather, type Tensor, tensor1d, tidy } from "@tensorflow/tfjs-core";
import { maxIndex, mean, sum } from "d3-array";
import { bestAssignment } from "./assignment.ts";
import { cosinesOf, type MatchOptions, magnitudeRows } from "./match-concepts.ts";

/** How the concepts of a run were used, as `codes()` measures it. */
export interface ConceptUse {
  /** By concept: the share of samples in which it was active. */
  readonly utilization: readonly number[];
  /** By concept: `||z_k||^2`, averaged over samples. */
  readonly energy: readonly number[];
}

/** Whether two runs found the same concepts (specification: Metrics). NaN if one of them has none in use. */
export interface Stability {
  /**
   * The mean of each concept's largest |cosine| with one of the other run, weighted by code energy; averaged over both directions, so that it is
   * the same whichever run comes first.
   */
  readonly weighted: number;
  /** The mean |cosine| of concepts matched one-to-one. */
  readonly matched: number;
  /** How many concepts of each run were compared: those active in more than 1 % of the samples, at most the 512 of most energy. */
  readonly compared: readonly [number, number];
  /** For each compared concept of the first run, by falling energy, the most similar one of the other run. */
  readonly best: readonly BestMatch[];
}

export interface BestMatch {
  readonly concept: number;
  readonly other: number;
  /** |cosine|, at the best shift. */
  readonly cosine: number;
  /** Its share of the code energy of all that were compared. */
  readonly share: number;
}

/** Concepts active in fewer samples are not compared: they hardly take part, and stay near where they started. */
const leastUse = 0.01;
/** Concepts compared of a run, at most: all shifts of all pairs take their time. */
const mostCompared = 512;

/** How alike the atoms of two runs are. */
export interface AtomComparison {
  /** The concepts of each run that are compared, that of most energy first. */
  readonly concepts: readonly [readonly number[], readonly number[]];
  /** |cosine| of all pairs, functions at their best shift: a row for each concept of the first run, in that order. */
  readonly cosines: readonly Float64Array[];
  /** By row, the column that it is matched with so that the sum is largest; -1 for one left over. */
  readonly match: readonly number[];
}

/**
 * Compares the atoms `[K, ...]` and `[K', ...]` of two runs, of one shape: those in use, matched one-to-one.
 *
 * @throws SaenoError `atoms.shape`, `atoms.grid`, `atoms.finite` as `matchConcepts`.
 */
export async function compareAtoms(
  a: ConceptUse & { readonly atoms: Tensor },
  b: ConceptUse & { readonly atoms: Tensor },
  options: MatchOptions = {},
): Promise<AtomComparison> {
  const [ofA, ofB] = [comparedConcepts(a), comparedConcepts(b)];
  if (ofA.length === 0 || ofB.length === 0) {
    return { concepts: [ofA, ofB], cosines: ofA.map(() => new Float64Array(ofB.length)), match: ofA.map(() => -1) };
  }
  const cosines = tidy(() =>
    cosinesOf(gather(a.atoms, tensor1d(ofA, "int32")), gather(b.atoms, tensor1d(ofB, "int32")), options),
  );
  const rows = magnitudeRows(await cosines.data(), cosines.shape);
  cosines.dispose();
  return { concepts: [ofA, ofB], cosines: rows, match: bestAssignment(rows) };
}

/** The stability that follows from a comparison. */
export function stabilityOf(
  { concepts: [ofA, ofB], cosines, match }: AtomComparison,
  a: ConceptUse,
  b: ConceptUse,
): Stability {
  const compared = [ofA.length, ofB.length] as const;
  if (ofA.length === 0 || ofB.length === 0) {
    return { weighted: Number.NaN, matched: Number.NaN, compared, best: [] };
  }
  const columns = ofB.map((_, l) => Float64Array.from(cosines, (row) => row[l]));
  const matches = match.flatMap((l, k) => (l < 0 ? [] : [cosines[k][l]]));
  const [forth, back] = [bestMatches(cosines, a, ofA, ofB), bestMatches(columns, b, ofB, ofA)];
  return {
    weighted: (weightedMean(forth) + weightedMean(back)) / 2,
    matched: mean(matches) ?? Number.NaN,
    compared,
    best: forth,
  };
}

/**
 * The stability of concepts between two runs, from their atoms `[K, ...]` and `[K', ...]` of one shape; functions at their best shift.
 *
 * @throws SaenoError `atoms.shape`, `atoms.grid`, `atoms.finite` as `matchConcepts`.
 */
export async function stabilityOfAtoms(
  a: ConceptUse & { readonly atoms: Tensor },
  b: ConceptUse & { readonly atoms: Tensor },
  options: MatchOptions = {},
): Promise<Stability> {
  return stabilityOf(await compareAtoms(a, b, options), a, b);
}

function comparedConcepts({ utilization, energy }: ConceptUse): number[] {
  return [...utilization.keys()]
    .filter((k) => utilization[k] > leastUse)
    .sort((k, l) => energy[l] - energy[k])
    .slice(0, mostCompared);
}

function bestMatches(
  rows: readonly Float64Array[],
  { energy }: ConceptUse,
  concepts: readonly number[],
  others: readonly number[],
): BestMatch[] {
  const total = sum(concepts, (concept) => energy[concept]);
  return rows.map((row, k) => {
    const l = maxIndex(row);
    return { concept: concepts[k], other: others[l], cosine: row[l], share: energy[concepts[k]] / total };
  });
}

function weightedMean(matches: readonly BestMatch[]): number {
  return sum(matches, ({ cosine, share }) => cosine * share);
}

/** A model and how its concepts were used. */
export interface UsedModel extends ConceptUse {
  readonly dictionary: Dictionary;
}

/**
 * The stability of concepts between two models. Functions are compared on one grid, that of the data, at their best shift.
 *
 * @param grid that of the data; `[]` for vectors.
 * @throws SaenoError `stability.models` for models whose atoms cannot be compared.
 */
export async function stability(a: UsedModel, b: UsedModel, { grid }: { readonly grid: Grid }): Promise<Stability> {
  checkComparable(a.dictionary, b.dictionary, grid);
  const [left, right] = [comparableAtoms(a.dictionary, grid), comparableAtoms(b.dictionary, grid)];
  try {
    const shifts = left.shifts || right.shifts;
    return await stabilityOfAtoms({ ...a, atoms: left.atoms }, { ...b, atoms: right.atoms }, { shifts });
  } finally {
    left.atoms.dispose();
    right.atoms.dispose();
  }
}

/** A dictionary's atoms on the grid of the data (`[]` for vectors), and whether maps move them about. The caller disposes of them. */
export function comparableAtoms(
  dictionary: Dictionary,
  grid: Grid,
): { readonly atoms: Tensor; readonly shifts: boolean } {
  const onGrid = dictionary.domain === "functions" && grid.length > 0;
  return { atoms: dictionary.atoms(onGrid ? { grid } : {}), shifts: onGrid && dictionary.codes === "maps" };
}

/**
 * Checks that the atoms of a model can be compared with those of another.
 *
 * @param other what the other is called.
 * @throws SaenoError `stability.models` for other kinds of samples, other channels, or atoms that do not fit on the grid.
 */
export function checkComparable(a: Dictionary, b: Dictionary, grid: Grid, other = "the other model"): void {
  const what = ({ domain, channels }: Dictionary) =>
    domain === "vectors"
      ? `vectors of ${channels} numbers`
      : `functions with ${channels} ${channels === 1 ? "channel" : "channels"}`;
  if (what(a) !== what(b)) {
    const problem = `The concepts of ${other} cannot be compared with those of this model: it takes ${what(b)}, this one ${what(a)}.`;
    throw new SaenoError("stability.models", `${problem} Name a model of the same kind of samples.`, { kind: "data" });
  }
  for (const [name, dictionary] of [["this model", a] as const, [other, b] as const]) {
    try {
      dictionary.checkGrid(grid);
    } catch (cause) {
      if (!SaenoError.isInstance(cause)) throw cause;
      const where = `the grid of the data, ${grid.join(" x ")}, where they are compared`;
      const problem = `The concepts of ${name} do not fit on ${where}: ${cause.message}`;
      throw new SaenoError("stability.models", problem, { kind: "data", cause });
    }
  }
}
