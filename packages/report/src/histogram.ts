export interface Bin {
  readonly from: number;
  readonly to: number;
  /** Of the values that are numbers. */
  readonly share: number;
}

/** The shares of values in `count` equal bins from low to high; values outside belong to the nearest, NaN to none. */
export function histogram(values: readonly number[], low: number, high: number, count: number): Bin[] {
  const finite = values.filter(Number.isFinite);
  const counts = new Array<number>(count).fill(0);
  for (const value of finite) {
    const bin = Math.min(count - 1, Math.max(0, Math.floor(((value - low) / (high - low)) * count)));
    counts[bin] = counts[bin] + 1;
  }
  const width = (high - low) / count;
  return counts.map((n, i) => ({ from: low + i * width, to: low + (i + 1) * width, share: n / (finite.length || 1) }));
}
