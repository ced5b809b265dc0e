import { SaenoError } from "@saeno/backend";
import type { Tensor, Tensor2D } from "@tensorflow/tfjs-core";
import { atomRows } from "../atoms/atom-rows.ts";
import { correlationPeaks } from "../atoms/correlation-peaks.ts";
import { cosineMatrix } from "../atoms/cosines.ts";
import { bestAssignment } from "./assignment.ts";

export interface MatchOptions {
  /** Compare atoms `[K, ...N, C]` at their best shift. Default false. */
  readonly shifts?: boolean;
}

export interface ConceptMatch {
  /** By concept of a: the concept of b it is matched with; -1 for one left over, if b has fewer. */
  readonly match: readonly number[];
  /** By concept of a: |cosine| of the pair, in [0, 1]; 0 for one left over. */
  readonly cosines: readonly number[];
}

/**
 * Matches the concepts of two dictionaries one-to-one so that the sum of |cosine| is largest (specification: Metrics): the assignment
 * problem, solved exactly. Atoms `[Ka, ...]` and `[Kb, ...]` of one shape. Reads synchronously.
 * Cosines of matched pairs are float64; with `shifts` they are the peaks of float32 transforms, good to about 1e-6.
 *
 * @throws SaenoError `atoms.shape`, `atoms.grid` for shifts without a grid, `atoms.finite` for atoms with NaN or infinite entries.
 */
export function matchConcepts(a: Tensor, b: Tensor, options: MatchOptions = {}): ConceptMatch {
  const { shifts = false } = options;
  const matrix = cosinesOf(a, b, options);
  const rows = magnitudeRows(matrix.dataSync(), matrix.shape);
  matrix.dispose();
  const match = bestAssignment(rows);
  if (shifts) return { match, cosines: match.map((l, k) => rows[k]?.[l] ?? 0) };
  const [left, right] = [atomRows(a.dataSync(), a.shape), atomRows(b.dataSync(), b.shape)];
  return { match, cosines: match.map((l, k) => magnitudeOfCosine(left[k], right[l])) };
}

/** Cosines of all pairs, `[Ka, Kb]`, plain or the largest magnitude over shifts. The caller disposes of them. */
export function cosinesOf(a: Tensor, b: Tensor, { shifts = false }: MatchOptions): Tensor2D {
  return shifts ? correlationPeaks(a, b) : cosineMatrix(a, b);
}

/**
 * |cosine| of all pairs, by concept of a.
 *
 * @throws SaenoError `atoms.finite`.
 */
export function magnitudeRows(cosines: ArrayLike<number>, [rows, columns]: readonly number[]): Float64Array[] {
  const magnitudes = Float64Array.from(cosines, (cosine) => Math.min(1, Math.abs(cosine)));
  if (!magnitudes.every(Number.isFinite)) {
    throw new SaenoError("atoms.finite", "Atoms with NaN or infinite entries cannot be matched.", { kind: "data" });
  }
  return Array.from({ length: rows }, (_, k) => magnitudes.subarray(k * columns, (k + 1) * columns));
}

/** In float64: `sqrt(1 - cos^2)` of nearly equal atoms is lost in float32. */
function magnitudeOfCosine(a: ArrayLike<number> | undefined, b: ArrayLike<number> | undefined): number {
  if (a === undefined || b === undefined) return 0;
  let [product, ofA, ofB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [u, v] = [a[i], b[i]];
    product += u * v;
    ofA += u * u;
    ofB += v * v;
  }
  return product === 0 ? 0 : Math.min(1, Math.abs(product) / Math.sqrt(ofA * ofB));
}
