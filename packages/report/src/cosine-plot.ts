import { formatNumber } from "./format-number.ts";
import { histogramPlot } from "./histogram-plot.ts";
import { largestMagnitude } from "./largest-magnitude.ts";
import type { ReportModel } from "./report-data.ts";
import { standardDeviation } from "./standard-deviation.ts";

/** Cosines between all pairs of atoms, a histogram for each model with its spread, on the same axes, as SVG text. */
export function cosinePlot(models: readonly Pick<ReportModel, "name" | "atomStatistics">[]): string {
  const rows = models.map(({ name, atomStatistics: { cosines } }) => ({
    name,
    note: `spread (std) ${formatNumber(standardDeviation(cosines))}`,
    values: cosines,
  }));
  const reach = Math.max(0, ...rows.map(({ values }) => largestMagnitude(values)));
  const limit = Math.min(1, Math.ceil(10 * reach) / 10) || 1;
  return histogramPlot(rows, { label: "cosine between two atoms", domain: [-limit, limit], bins: 61 });
}
