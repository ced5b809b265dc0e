import type { Curve, CurvesPlot } from "@saeno/experiments";
import { extent, mean } from "d3-array";
import type { HistoryRecord, ReportModel } from "../data/report-data.ts";
import { formatCount, formatNumber } from "../page/numbers.ts";
import { defineSection, plotsBody, type ReportSection } from "./section.ts";

export type HistoryQuantity = Exclude<keyof HistoryRecord, "step" | "deadAfter">;

const labels: Readonly<Record<HistoryQuantity, string>> = {
  loss: "mean squared error",
  recoveryError: "recovery error",
  relativeError: "relative error",
  activeConcepts: "active concepts in the batch",
  deadConcepts: "dead concepts",
  learningRate: "learning rate",
};
const errors: readonly HistoryQuantity[] = ["loss", "recoveryError", "relativeError"];

/** Points of a curve, at most. */
const mostPoints = 600;
/** The share of the steps that smoothing averages over. */
const smoothing = 1 / 40;
/** The y axis is logarithmic when errors span more than this factor. */
const logarithmicFrom = 5;

export const learning: ReportSection = defineSection({
  kind: "learning",
  summary: "Training as curves against the step.",
  draw({ models }) {
    const quantities: readonly HistoryQuantity[] = [...errors, "activeConcepts", "deadConcepts", "learningRate"];
    const plots = quantities.map((quantity) => historyPlot(models, quantity)).filter((plot) => plot !== undefined);
    const body = plotsBody(models, plots);
    if (body === undefined) return undefined;
    const missing = models.flatMap(({ history = [] }) => history).filter(({ loss }) => !Number.isFinite(loss)).length;
    const reading = [
      "Each curve is a moving mean over a fortieth of the steps, drawn over the faint values of single batches. A curve that is still falling at the end suggests that more steps would help.",
      deadNote(models),
      missing > 0 && `In ${formatCount(missing, "record")} the loss is not a number.`,
    ];
    return { title: "Learning", reading: reading.filter(Boolean).join(" "), body };
  },
});

/** During training concepts are dead over a window of samples. */
function deadNote(models: readonly ReportModel[]): string | false {
  const windows = [...new Set(models.flatMap(({ history = [] }) => history.at(-1)?.deadAfter ?? []))];
  return (
    windows.length > 0 &&
    `Dead concepts here are those active in none of the last ${windows.map((samples) => formatNumber(samples)).join(" or ")} training samples.`
  );
}

/**
 * A quantity of the training history against the step, for each model a moving mean over a fortieth of the steps on the faint values.
 * Nothing when no model has a number.
 */
export function historyPlot(
  models: readonly Pick<ReportModel, "name" | "history">[],
  quantity: HistoryQuantity,
): CurvesPlot | undefined {
  const curves = models.flatMap(({ name, history = [] }) => curvesOf(name, history, quantity));
  const values = curves.flatMap(({ points }) => points.map(({ y }) => y)).filter((y) => Number.isFinite(y));
  const [low, high] = extent(values.filter((y) => typeof y === "number"));
  if (low === undefined) return undefined;
  const label = labels[quantity];
  const isError = errors.includes(quantity);
  return {
    kind: "curves",
    title: `${label.slice(0, 1).toUpperCase()}${label.slice(1)}`,
    x: { label: "step" },
    y: { label, log: isError && low > 0 && high > logarithmicFrom * low, zero: true },
    curves,
  };
}

function curvesOf(name: string, records: readonly HistoryRecord[], quantity: HistoryQuantity): Curve[] {
  // Some quantities are measured every few steps only.
  const history = records.filter((record) => record[quantity] !== undefined);
  const values = history.map((record) => record[quantity] ?? Number.NaN);
  const window = Math.max(1, Math.round(values.length * smoothing));
  const stride = Math.ceil(history.length / mostPoints);
  const drawn = history
    .map(({ step }, i) => ({ step, i }))
    .filter(({ i }) => i % stride === 0 || i === history.length - 1);
  return [
    { name, faint: true, points: drawn.map(({ step, i }) => ({ x: step, y: values[i] })) },
    { name, points: drawn.map(({ step, i }) => ({ x: step, y: meanAround(values, i, window) })) },
  ];
}

/** The mean over a centered window of values, fewer at the ends; what is not a number is passed over. */
export function meanAround(values: readonly number[], index: number, window: number): number {
  const from = index - Math.floor(window / 2);
  return mean(values.slice(Math.max(0, from), from + window).filter(Number.isFinite)) ?? Number.NaN;
}
