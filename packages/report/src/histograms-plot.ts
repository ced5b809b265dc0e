import type { HistogramsPlot } from "./figure-plot-data.ts";
import { formatNumber } from "./format-number.ts";
import { histogramPlot } from "./histogram-plot.ts";
import { median } from "./median.ts";
import { valueAxis } from "./number-axis.ts";
import { referenceDash } from "./reference-dash.ts";
import { standardDeviation } from "./standard-deviation.ts";

/** A histogram for each group with its median and spread, on the same axes, as SVG text. Empty when no group has a number. */
export function histogramsPlot(
  { label, groups, references = [] }: Omit<HistogramsPlot, "kind">,
  colorOf: (name: string) => string,
): string {
  const values = groups.flatMap((group) => group.values);
  const axis = valueAxis([...values, ...references.map(({ x }) => x)]);
  if (axis === undefined) return "";
  const rows = groups.map(({ name, values }) => {
    const drawn = values.map(axis.place);
    return {
      name,
      note: `median ${formatNumber(median(drawn))}, spread (std) ${formatNumber(standardDeviation(drawn))}`,
      values: drawn,
      color: colorOf(name),
      rules: references.map(({ x }, i) => ({ value: axis.place(x), dash: referenceDash(i) })),
    };
  });
  const most = Math.max(...groups.map((group) => group.values.length));
  const bins = Math.min(60, Math.max(12, Math.ceil(2 * Math.sqrt(most))));
  return histogramPlot(rows, { label, domain: axis.domain, bins });
}
