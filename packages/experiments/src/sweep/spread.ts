/** A number over the seeds of a run. What is not a number is shown as missing. */
export interface Spread {
  readonly mean: number;
  /** The lowest and the highest over seeds. */
  readonly low: number;
  readonly high: number;
  /** Seeds. */
  readonly count: number;
}

/** NaN where there are no values. */
export function spreadOf(values: readonly number[]): Spread {
  return {
    // Not that of d3-array, which passes over NaN: a run that diverged must not look better for it.
    mean: values.reduce((total, value) => total + value, 0) / values.length,
    low: values.length === 0 ? Number.NaN : Math.min(...values),
    high: values.length === 0 ? Number.NaN : Math.max(...values),
    count: values.length,
  };
}
