import { quantile } from "d3-array";

export interface Summary {
  readonly median: number;
  readonly p10: number;
  readonly p90: number;
}

/** Median and spread of samples, interpolated between order statistics; rounded to a thousandth. */
export function summarize(samples: readonly number[]): Summary {
  const at = (share: number) => rounded(quantile(samples, share) ?? Number.NaN);
  return { median: at(0.5), p10: at(0.1), p90: at(0.9) };
}

/** To a thousandth. */
export function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
