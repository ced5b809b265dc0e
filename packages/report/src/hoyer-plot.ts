import { formatNumber } from "./format-number.ts";
import { histogramPlot } from "./histogram-plot.ts";
import { median } from "./median.ts";
import { referenceDash } from "./reference-dash.ts";
import type { ReportModel } from "./report-data.ts";

/** Hoyer scores of the atoms, a histogram for each model with the score of Gaussian noise as a labeled rule, as SVG text. */
export function hoyerPlot(models: readonly Pick<ReportModel, "name" | "atomStatistics">[]): string {
  const rows = models.map(({ name, atomStatistics: { hoyer, hoyerBaseline } }) => ({
    name,
    note: `median ${formatNumber(median(hoyer))}`,
    values: hoyer,
    rules: [{ value: hoyerBaseline, label: `noise ${formatNumber(hoyerBaseline)}`, dash: referenceDash(0) }],
  }));
  return histogramPlot(rows, { label: "Hoyer score", domain: [0, 1], bins: 50 });
}
