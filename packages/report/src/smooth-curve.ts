/** A centered moving mean over `window` values, fewer at the ends; what is not a number is passed over. */
export function smoothCurve(values: readonly number[], window: number): number[] {
  const before = Math.floor(window / 2);
  const sums = [0];
  const counts = [0];
  for (const [i, value] of values.entries()) {
    const finite = Number.isFinite(value);
    sums.push(sums[i] + (finite ? value : 0));
    counts.push(counts[i] + (finite ? 1 : 0));
  }
  return values.map((_, i) => {
    const from = Math.max(0, i - before);
    const to = Math.min(values.length, i - before + window);
    const count = counts[to] - counts[from];
    return count === 0 ? Number.NaN : (sums[to] - sums[from]) / count;
  });
}
