import { formatNumber } from "./format-number.ts";
import { hasRange, type Spread } from "./spread.ts";

/** Digits, at most, to tell the ends of a range apart. */
const mostDigits = 5;

export interface SpreadText {
  readonly mean: string;
  /** `0.118 to 0.123`. */
  readonly range?: string;
}

/** A spread in words, to three significant digits or more where its ends would look alike; dashes for what is not a number. */
export function spreadText(spread: Spread | undefined, digits = 3): SpreadText {
  if (spread === undefined || !hasRange(spread)) return { mean: formatNumber(spread?.mean, digits) };
  const { mean, low, high } = spread;
  const [from, to] = [formatNumber(low, digits), formatNumber(high, digits)];
  if (from === to && low !== high && digits < mostDigits) return spreadText(spread, digits + 1);
  return { mean: formatNumber(mean, digits), range: `${from} to ${to}` };
}

/** `0.120 (0.118 to 0.123)`, or the mean alone. */
export function formatSpread(spread: Spread | undefined, digits = 3): string {
  const { mean, range } = spreadText(spread, digits);
  return range === undefined ? mean : `${mean} (${range})`;
}
