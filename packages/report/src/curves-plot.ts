import { areaY, dot, line, ruleY } from "@observablehq/plot";
import { axisMarksX, axisMarksY } from "./axis-marks.ts";
import type { Curve, CurvesPlot } from "./figure-plot-data.ts";
import { fitText } from "./fit-text.ts";
import { type NumberAxis, positionAxis, shareAlong, valueAxis } from "./number-axis.ts";
import { plotSvg } from "./plot-svg.ts";
import { referenceDash } from "./reference-dash.ts";
import { hasRange } from "./spread.ts";
import { thinPoints } from "./thin-points.ts";

/** How a dashed curve is drawn. */
export const curveDash = "7 4";
/** Points drawn of a curve, at most. */
const drawnPoints = 300;
/** Curves of no more points than this have a dot at each. */
const dotted = 24;
const [width, marginLeft, marginRight] = [560, 58, 20];

interface Point {
  readonly x: number;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** Lines of means on bands from the lowest to the highest, as SVG text. Empty without a point to draw; NaN leaves a gap. */
export function curvesPlot(plot: Omit<CurvesPlot, "kind">, colorOf: (name: string) => string): string {
  const { x, y, curves, references = [] } = plot;
  const points = curves.flatMap((curve) => curve.points);
  const xAxis = positionAxis(
    points.map((point) => point.x),
    width - marginLeft - marginRight,
    x.log,
  );
  const yAxis = valueAxis([...points.flatMap((point) => extentOf(point, y.log)), ...references.map((r) => r.y)], y.log);
  if (xAxis === undefined || yAxis === undefined) return "";
  const drawn = curves.map((curve) => ({ ...curve, points: drawnOf(curve, xAxis, yAxis) }));
  if (drawn.every((curve) => curve.points.every(({ mean }) => Number.isNaN(mean)))) return "";
  return plotSvg({
    ariaLabel: `${plot.title}: ${y.label} against ${x.label}`,
    width,
    marginLeft,
    marginRight,
    x: { type: xAxis.type, domain: [...xAxis.domain], label: fitText(x.label, width - 40), inset: 6 },
    y: { type: yAxis.type, domain: [...yAxis.domain], label: fitText(y.label, width - 40) },
    marks: [
      axisMarksX(xAxis),
      axisMarksY(yAxis),
      drawn.map(({ name, points }) =>
        areaY(points, { x: "x", y1: "low", y2: "high", fill: colorOf(name), fillOpacity: 0.18 }),
      ),
      drawn.map(({ name, points, dashed }) =>
        line(points, {
          x: "x",
          y: "mean",
          stroke: colorOf(name),
          strokeWidth: 2,
          ...(dashed === true && { strokeDasharray: curveDash }),
        }),
      ),
      drawn.map(({ name, points }) =>
        points.length > dotted ? null : dot(points, { x: "x", y: "mean", fill: colorOf(name), r: 3 }),
      ),
      references.map(({ y }, i) =>
        Number.isFinite(yAxis.place(y)) ? ruleY([y], { strokeDasharray: referenceDash(i), strokeWidth: 1.5 }) : null,
      ),
    ],
  });
}

/** What of a point the y axis is to hold; on a logarithmic axis not how far a band reaches down, which may be to zero. */
function extentOf({ y }: Curve["points"][number], log = false): number[] {
  if (!hasRange(y)) return [y.mean];
  return log ? [y.mean, y.high] : [y.low, y.mean, y.high];
}

function drawnOf(curve: Curve, xAxis: NumberAxis, yAxis: NumberAxis): Point[] {
  const share = shareAlong(xAxis.type, xAxis.domain);
  const inside = curve.points.filter(({ x }) => Number.isFinite(xAxis.place(x)));
  return thinPoints(inside, ({ x }) => share(x), drawnPoints).map(({ x, y }) => {
    const mean = yAxis.place(y.mean);
    if (!hasRange(y)) return { x, mean, low: Number.NaN, high: Number.NaN };
    return { x, mean, low: Math.max(yAxis.domain[0], y.low), high: yAxis.place(y.high) };
  });
}
