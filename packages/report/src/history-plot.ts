import { line } from "@observablehq/plot";
import { axisMarksY } from "./axis-marks.ts";
import { formatTick } from "./format-tick.ts";
import { logTicks } from "./log-ticks.ts";
import { modelColor } from "./model-color.ts";
import { plotSvg } from "./plot-svg.ts";
import type { HistoryRecord, ReportModel } from "./report-data.ts";
import { smoothCurve } from "./smooth-curve.ts";

export type HistoryQuantity = Exclude<keyof HistoryRecord, "step">;

const labels: Readonly<Record<HistoryQuantity, string>> = {
  loss: "mean squared error",
  relativeError: "relative error",
  learningRate: "learning rate",
  activeConcepts: "active concepts in the batch",
  recoveryError: "recovery error",
};

/** Points drawn of a curve, at most. */
const drawnPoints = 600;
/** Of the steps, the share that smoothing averages over. */
const smoothing = 1 / 40;
/** The y axis is logarithmic when errors span more than this factor. */
const logarithmicFrom = 5;

interface Point {
  readonly step: number;
  readonly raw: number;
  readonly smooth: number;
}

/**
 * A quantity of the training history against the step, one curve a model, as SVG text: smoothed (a moving mean over a fortieth of
 * the steps) over the faint raw values. Empty when no model has any. NaN leaves a gap.
 */
export function historyPlot(
  models: readonly Pick<ReportModel, "name" | "history">[],
  quantity: HistoryQuantity,
): string {
  const curves = models.map(({ history = [] }) => curve(history, quantity));
  const points = curves.flat();
  const drawn = points.flatMap(({ raw, smooth }) => [raw, smooth]).filter(Number.isFinite);
  if (drawn.length === 0) return "";
  const [low, high] = [drawn.reduce((a, b) => Math.min(a, b)), drawn.reduce((a, b) => Math.max(a, b))];
  const isError = quantity === "loss" || quantity === "relativeError" || quantity === "recoveryError";
  const logarithmic = isError && low > 0 && high > logarithmicFrom * low;
  const width = (data: readonly Point[]) => (data.length === 1 ? { marker: "dot" as const } : {});
  const axis = logarithmic
    ? { type: "log" as const, domain: [low, high] as const, ticks: logTicks(low, high) }
    : { type: "linear" as const, domain: [0, high || 1] as const, ticks: 5 };
  return plotSvg({
    height: isError ? 280 : 190,
    ariaLabel: `${labels[quantity]} against training step`,
    x: { label: "step", tickFormat: formatTick, ticks: 6 },
    y: { label: labels[quantity], type: axis.type, domain: [...axis.domain] },
    marks: [
      axisMarksY(axis),
      curves.map((data, i) =>
        line(data, { x: "step", y: "raw", stroke: modelColor(i), strokeWidth: 0.8, strokeOpacity: 0.28 }),
      ),
      curves.map((data, i) =>
        line(data, { x: "step", y: "smooth", stroke: modelColor(i), strokeWidth: 2, ...width(data) }),
      ),
    ],
  });
}

function curve(records: readonly HistoryRecord[], quantity: HistoryQuantity): Point[] {
  // Some quantities are measured every few steps only.
  const history = records.filter((record) => record[quantity] !== undefined);
  const values = history.map((record) => record[quantity] ?? Number.NaN);
  const smooth = smoothCurve(values, Math.max(1, Math.round(values.length * smoothing)));
  const stride = Math.ceil(history.length / drawnPoints);
  return history
    .map(({ step }, i) => ({ step, raw: values[i], smooth: smooth[i] }))
    .filter((_, i) => i % stride === 0 || i === history.length - 1);
}
