/** A number over the seeds of a run. What is not a number is shown as missing. */
export interface Spread {
  readonly mean: number;
  /** The lowest and the highest over seeds; not shown for one seed. */
  readonly low: number;
  readonly high: number;
  /** Seeds. */
  readonly count: number;
}

/** Whether there is a range to show beside the mean. */
export function hasRange({ mean, low, high, count }: Spread): boolean {
  return count > 1 && [mean, low, high].every(Number.isFinite);
}
