import { axisX, dot, line, ruleX, type ScaleOptions, tickY } from "@observablehq/plot";
import type { SweepData, SweepRun, SweepSetting } from "@saeno/experiments";
import { ascending, max, median, pairs } from "d3-array";
import { modelColor } from "../page/legend.ts";
import { formatSetting, hasRange } from "../page/numbers.ts";
import { axisMarksX, axisMarksY, fitText, type NumberAxis, positionAxis, valueAxis } from "../plots/axes.ts";
import { type DescribedPlot, plotGrid } from "../plots/svg.ts";
import { bestRun, isMeasured, sweepOrder } from "./sweep-order.ts";

/** Pixels. */
const [panelWidth, panelHeight] = [360, 240];
const [marginLeft, marginRight] = [58, 16];
/** The axis of the metric is logarithmic when metrics span more than this factor. */
const logarithmicFrom = 10;
/** Runs further from the best than this many times the median run are drawn at the edge. */
const reach = 8;

/** What people call a setting or a number. */
export function labelOf({ labels = {} }: Pick<SweepData, "labels">, name: string): string {
  return Object.hasOwn(labels, name) ? labels[name] : name;
}

interface Dot {
  readonly x: number | string;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/**
 * The metric of a sweep against each setting that was swept, a small plot each, as one SVG: settings are dots, a line joins the best at each
 * value, the best of all is ringed. Empty when nothing was swept or no run has a metric.
 */
export function sweepPlot(data: SweepData): string {
  return plotGrid(sweepPanels(data), 3, `${labelOf(data, data.metric)} against the settings that were swept`);
}

/** A plot for each setting that has more than one value. */
export function sweepPanels(data: SweepData): DescribedPlot[] {
  return data.fields.map((field) => panelOf(data, field)).filter((panel) => panel !== undefined);
}

/**
 * What a setting does to the metric: every run a dot, a line through the best at each value (for values that are not numbers, a short
 * one at each), the best of all ringed. Nothing for a setting with one value.
 */
function panelOf(data: SweepData, field: string): DescribedPlot | undefined {
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
    ariaLabel: `${labelOf(data, data.metric)} against ${labelOf(data, field)}`,
    width: panelWidth,
    height: panelHeight,
    marginLeft,
    marginRight,
    x: { label: fitText(labelOf(data, field), panelWidth - 40), ...xScale(x) },
    y: { type: y.type, domain: [...y.domain], label: fitText(labelOf(data, data.metric), panelWidth - 40) },
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

/** The first dot at each x, numbers by rising x; dots come from the best to the worst. */
function bestAtEach(dots: readonly Dot[]): Dot[] {
  const first = new Map<number | string, Dot>();
  for (const dot of dots) if (!first.has(dot.x)) first.set(dot.x, dot);
  return [...first.values()].sort((a, b) => (typeof a.x === "number" && typeof b.x === "number" ? a.x - b.x : 0));
}

/** The axis of the metric, on which a run far worse than most lies at the edge instead of squeezing the others together. */
export function metricAxis({ runs, goal }: Pick<SweepData, "runs" | "goal">): NumberAxis | undefined {
  const rising = runs
    .filter(isMeasured)
    .map(({ metric }) => metric.mean)
    .sort(ascending);
  const [low = 0, high = 0] = [rising[0], rising.at(-1)];
  const log = low > 0 && high > logarithmicFrom * low;
  const scale = log ? Math.log : (value: number) => value;
  const back = log ? Math.exp : (value: number) => value;
  const best = scale(goal === "lowest" ? low : high);
  const edge = back(best + reach * (scale(median(rising) ?? 0) - best));
  const inside = rising.filter((value) => edge === best || (goal === "lowest" ? value <= edge : value >= edge));
  const held = inside.length > 1 ? inside : rising;
  const ranges = runs.filter(({ metric }) => hasRange(metric) && held.includes(metric.mean));
  const axis = valueAxis([...held, ...ranges.flatMap(({ metric: { low, high } }) => [low, high])], { log });
  if (axis === undefined) return undefined;
  const [from, to] = axis.domain;
  return { ...axis, place: (value) => Math.min(to, Math.max(from, value)) };
}

/** How the values of a setting lie along an axis: numbers by their size, anything else side by side. */
type SettingAxis =
  | { readonly kind: "numbers"; readonly axis: NumberAxis }
  | { readonly kind: "categories"; readonly names: readonly string[] };

/** The axis of a setting, `width` pixels wide. Nothing when its value is the same in all runs. */
function settingAxis(values: readonly SweepSetting[], width: number): SettingAxis | undefined {
  const distinct = [...new Set(values)];
  if (distinct.length < 2) return undefined;
  const numbers = distinct.filter((value) => typeof value === "number").sort(ascending);
  const others = distinct.filter((value) => typeof value !== "number");
  const axis = others.length === 0 ? positionAxis(numbers, width, { log: isSpread(numbers) }) : undefined;
  if (axis !== undefined && numbers.every((value) => Number.isFinite(axis.place(value))))
    return { kind: "numbers", axis };
  return { kind: "categories", names: [...new Set([...numbers, ...others].map(formatSetting))] };
}

/** Whether a logarithmic axis spaces numbers, in rising order, more evenly: the widest gap takes a smaller share of it. */
function isSpread(rising: readonly number[]): boolean {
  const [low = 0, high = 0] = [rising[0], rising.at(-1)];
  if (low <= 0) return false;
  if (rising.length === 2) return high >= 10 * low;
  return widestGap(rising.map(Math.log)) < 0.95 * widestGap(rising);
}

function widestGap(rising: readonly number[]): number {
  const gaps = pairs(rising, (value, next) => next - value);
  return (max(gaps) ?? 0) / ((rising.at(-1) ?? 0) - (rising[0] ?? 0));
}
