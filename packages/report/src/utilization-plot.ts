import { dot, line, ruleY } from "@observablehq/plot";
import { formatShare } from "./format-share.ts";
import { formatTick } from "./format-tick.ts";
import { modelColor } from "./model-color.ts";
import { plotSvg } from "./plot-svg.ts";
import type { ReportModel } from "./report-data.ts";

/** Ranks up to here get a dot each. */
const dotted = 128;

/** The share of samples in which each concept is active, sorted falling, one curve a model, as SVG text. Empty without concepts. */
export function utilizationPlot(models: readonly Pick<ReportModel, "name" | "evaluation">[]): string {
  const curves = models.map(({ evaluation }) =>
    evaluation.utilization
      .filter(Number.isFinite)
      .sort((a, b) => b - a)
      .map((share, i) => ({ rank: i + 1, share })),
  );
  const longest = Math.max(0, ...curves.map(({ length }) => length));
  if (longest === 0) return "";
  return plotSvg({
    ariaLabel: "share of samples in which a concept is active, by rank",
    width: 1120,
    height: 280,
    x: { label: "rank of the concept", domain: [1, Math.max(2, longest)], tickFormat: formatTick, inset: 6 },
    y: {
      label: "share of samples",
      domain: [0, highest(curves)],
      grid: true,
      tickFormat: formatShare,
      ticks: 5,
    },
    marks: [
      ruleY([0], { strokeOpacity: 0.4 }),
      curves.map((curve, i) => line(curve, { x: "rank", y: "share", stroke: modelColor(i), strokeWidth: 2 })),
      curves.map((curve, i) =>
        curve.length > dotted ? null : dot(curve, { x: "rank", y: "share", fill: modelColor(i), r: 2.2 }),
      ),
    ],
  });
}

function highest(curves: readonly (readonly { readonly share: number }[])[]): number {
  return Math.max(0, ...curves.map(([first]) => first?.share ?? 0)) || 1;
}
