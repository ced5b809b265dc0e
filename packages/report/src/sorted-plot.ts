import { curvesPlot } from "./curves-plot.ts";
import type { SortedPlot } from "./figure-plot-data.ts";

/** Values sorted falling, a curve for each list, as SVG text. Empty without a value to draw. */
export function sortedPlot(plot: Omit<SortedPlot, "kind">, colorOf: (name: string) => string): string {
  const { title, x, y, normalized = false } = plot;
  const curves = plot.curves.map(({ name, values }) => {
    const sorted = values.filter(Number.isFinite).sort((a, b) => b - a);
    const rank = (i: number) => (normalized ? (i + 0.5) / sorted.length : i + 1);
    const points = sorted.map((value, i) => ({
      x: rank(i),
      y: { mean: value, low: value, high: value, count: 1 },
    }));
    return { name, points };
  });
  return curvesPlot({ title, x: { label: x }, y, curves }, colorOf);
}
