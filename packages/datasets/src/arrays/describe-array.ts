import { type ArraySource, readPieces } from "./array-source.ts";
import { arrayStatistics } from "./array-statistics.ts";

/** What the numbers of an array are, found by reading them. */
export interface ArrayDescription {
  readonly range: readonly [low: number, high: number];
  readonly mean: number;
  readonly deviation: number;
  /** How many are NaN, and how many infinite. */
  readonly nan: number;
  readonly infinite: number;
  /** How many numbers were looked at. */
  readonly looked: number;
}

/**
 * Describes the numbers of an array from all of it, or from evenly spread pieces. Memory is bounded by a piece.
 *
 * @param share of the array to look at, in (0, 1].
 */
export async function describeArray(
  source: ArraySource,
  {
    share = 1,
    onProgress,
  }: { readonly share?: number; readonly onProgress?: (done: number, total: number) => void } = {},
): Promise<ArrayDescription> {
  const statistics = arrayStatistics(1);
  let looked = 0;
  await readPieces(source, { share, ...(onProgress && { onProgress }) }, (numbers) => {
    statistics.add(numbers);
    looked += numbers.length;
  });
  const { range, mean, deviation, nan, infinite } = statistics;
  return { range, mean, deviation, nan, infinite, looked };
}
