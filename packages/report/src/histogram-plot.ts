import { rectY, ruleX, ruleY, text } from "@observablehq/plot";
import { fitText } from "./fit-text.ts";
import { formatShare } from "./format-share.ts";
import { formatTick } from "./format-tick.ts";
import { histogram } from "./histogram.ts";
import { modelColor } from "./model-color.ts";
import { plotSvg } from "./plot-svg.ts";

export interface HistogramRow {
  readonly name: string;
  /** What the row says of itself, beside its name. */
  readonly note: string;
  readonly values: readonly number[];
  /** Values to compare with, labeled or named elsewhere. */
  readonly rules?: readonly HistogramRule[];
  /** Any CSS color. Default: that of the model at this index. */
  readonly color?: string;
}

export interface HistogramRule {
  readonly value: number;
  readonly label?: string;
  /** Lengths of strokes and gaps. */
  readonly dash: string;
}

export interface HistogramPlotOptions {
  /** Of the x axis. */
  readonly label: string;
  readonly domain: readonly [low: number, high: number];
  readonly bins: number;
}

const rowHeight = 132;
/** The widest a name may be, in ems. */
const nameWidth = 42;

/** A histogram for each row, one below the other on the same axes, as SVG text. Empty when no row has a number. */
export function histogramPlot(rows: readonly HistogramRow[], options: HistogramPlotOptions): string {
  const { label, domain, bins } = options;
  if (!rows.some(({ values }) => values.some(Number.isFinite))) return "";
  const histograms = rows.map(({ values }) => histogram(values, ...domain, bins).filter(({ share }) => share > 0));
  const highest = histograms.flat().reduce((most, { share }) => Math.max(most, share), 0);
  const rules = rows.flatMap(({ rules = [] }, row) =>
    rules.filter(({ value }) => Number.isFinite(value)).map((rule) => ({ row, ...rule })),
  );
  const labeled = rules.filter(({ label }) => label !== undefined);
  const colorOf = (row: number) => rows[row]?.color ?? modelColor(row);
  return plotSvg({
    ariaLabel: `histogram: ${label}`,
    height: 50 + rowHeight * rows.length,
    marginTop: 16,
    x: { label: fitText(label, 520), domain: [...domain], tickFormat: formatTick, ticks: 8 },
    y: {
      label: null,
      grid: true,
      domain: [0, highest],
      ticks: 3,
      tickFormat: formatShare,
      insetTop: labeled.length === 0 ? 20 : 34,
    },
    fy: { label: null, axis: null, domain: rows.map((_, row) => row), padding: 0.14 },
    marks: [
      histograms.map((shares, row) =>
        rectY(shares, {
          fy: () => row,
          x1: "from",
          x2: "to",
          y: "share",
          fill: colorOf(row),
          fillOpacity: 0.85,
          insetLeft: 0.5,
          insetRight: 0.5,
        }),
      ),
      ruleY([0], { strokeOpacity: 0.5 }),
      rules.map((rule) =>
        ruleX([rule], {
          fy: "row",
          x: "value",
          y1: 0,
          y2: highest,
          strokeDasharray: rule.dash,
          strokeWidth: 1.5,
        }),
      ),
      text(labeled, { fy: "row", x: "value", text: "label", frameAnchor: "top", dy: 20, fillOpacity: 0.8 }),
      rows.map(({ name, note }, row) =>
        text([name], {
          fy: () => row,
          text: () => [name, note].filter(Boolean).join("   "),
          frameAnchor: "top-left",
          fill: colorOf(row),
          fontWeight: 600,
          lineWidth: nameWidth,
          textOverflow: "ellipsis",
        }),
      ),
    ],
  });
}
