/** A number over the seeds of a run. What is not a number is shown as missing. */
export interface Spread {
  readonly mean: number;
  /** The lowest and the highest over seeds; not shown for one seed. */
  readonly low: number;
  readonly high: number;
  /** How many seeds there were. */
  readonly count: number;
}
