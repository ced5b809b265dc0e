import { axisX, dot, line, ruleX, type ScaleOptions, tickY } from "@observablehq/plot";
import { axisMarksX, axisMarksY } from "./axis-marks.ts";
import { fitText } from "./fit-text.ts";
import { formatSetting } from "./format-setting.ts";
import { metricAxis } from "./metric-axis.ts";
import { modelColor } from "./model-color.ts";
import type { DescribedPlot } from "./plot-svg.ts";
import { type SettingAxis, settingAxis } from "./setting-axis.ts";
import { hasRange } from "./spread.ts";
import type { SweepData, SweepRun } from "./sweep-data.ts";
import { bestRun, isMeasured, sweepOrder } from "./sweep-order.ts";

/** Pixels. */
const [panelWidth, panelHeight] = [360, 240];
const [marginLeft, marginRight] = [58, 16];

interface Dot {
  readonly x: number | string;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/**
 * What a field does to the metric: every run a dot, a line through the best at each value (for what is no number a short one at each),
 * the best of all ringed. Nothing of a field with one value.
 */
export function sweepPanel(data: SweepData, field: string): DescribedPlot | undefined {
  const width = panelWidth - marginLeft - marginRight;
  const x = settingAxis(
    data.runs.filter(isMeasured).map(({ settings }) => settings[field]),
    width,
  );
  const y = metricAxis(data);
  if (x === undefined || y === undefined) return undefined;
  const place = (run: SweepRun): Dot => ({
    x: positionOf(x, run, field),
    mean: y.place(run.metric.mean),
    low: hasRange(run.metric) ? y.place(run.metric.low) : Number.NaN,
    high: hasRange(run.metric) ? y.place(run.metric.high) : Number.NaN,
  });
  const dots = sweepOrder(data).filter(isMeasured).map(place);
  const best = bestRun(data);
  const leading = bestAtEach(dots);
  return {
    ariaLabel: `${data.metric} against ${field}`,
    width: panelWidth,
    height: panelHeight,
    marginLeft,
    marginRight,
    x: { label: fitText(field, panelWidth - 40), ...xScale(x) },
    y: { type: y.type, domain: [...y.domain], label: fitText(data.metric, panelWidth - 40) },
    marks: [
      x.kind === "numbers"
        ? axisMarksX(x.axis)
        : axisX({ lineWidth: Math.max(2, width / x.names.length / 12), textOverflow: "ellipsis" }),
      axisMarksY(y),
      x.kind === "numbers"
        ? line(leading, { x: "x", y: "mean", stroke: modelColor(0), strokeWidth: 1.5, strokeOpacity: 0.6 })
        : tickY(leading, { x: "x", y: "mean", stroke: modelColor(0), strokeWidth: 1.5, strokeOpacity: 0.6 }),
      ruleX(dots, { x: "x", y1: "low", y2: "high", strokeOpacity: 0.25 }),
      dot(dots, { x: "x", y: "mean", fill: modelColor(0), fillOpacity: 0.6, r: 3 }),
      best === undefined
        ? null
        : dot([place(best)], {
            x: "x",
            y: "mean",
            fill: modelColor(1),
            stroke: "currentColor",
            strokeWidth: 1.5,
            r: 5.5,
          }),
    ],
  };
}

function xScale(x: SettingAxis): ScaleOptions {
  switch (x.kind) {
    case "numbers":
      return { type: x.axis.type, domain: [...x.axis.domain], inset: 14 };
    case "categories":
      return { type: "band", domain: [...x.names], padding: 0.4 };
    default:
      return x satisfies never;
  }
}

function positionOf(x: SettingAxis, { settings }: SweepRun, field: string): number | string {
  const value = settings[field];
  return x.kind === "numbers" && typeof value === "number" ? value : formatSetting(value);
}

/** The first dot at each x, by rising x as numbers go; dots come from the best to the worst. */
function bestAtEach(dots: readonly Dot[]): Dot[] {
  const first = new Map<number | string, Dot>();
  for (const dot of dots) if (!first.has(dot.x)) first.set(dot.x, dot);
  return [...first.values()].sort((a, b) => (typeof a.x === "number" && typeof b.x === "number" ? a.x - b.x : 0));
}
