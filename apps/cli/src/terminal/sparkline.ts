const heights = "▁▂▃▄▅▆▇█";

/** Numbers as a small curve, the mean of some for each of its letters; of positive ones their logarithms. Empty where fewer than two are finite. */
export function sparkline(values: readonly number[], width = 16): string {
  const finite = values.filter(Number.isFinite);
  if (finite.length < 2) return "";
  const length = Math.min(width, finite.length);
  const means = Array.from({ length }, (_, i) => {
    const part = finite.slice(Math.floor((i * finite.length) / length), Math.floor(((i + 1) * finite.length) / length));
    return part.reduce((sum, value) => sum + value, 0) / part.length;
  });
  const scaled = means.every((value) => value > 0) ? means.map(Math.log) : means;
  const [low, high] = [Math.min(...scaled), Math.max(...scaled)];
  const height = (value: number) =>
    high > low ? Math.round(((value - low) / (high - low)) * (heights.length - 1)) : 0;
  return scaled.map((value) => heights[height(value)]).join("");
}
