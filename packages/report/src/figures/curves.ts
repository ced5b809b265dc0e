import { areaY, dot, line, type Markish, rect } from "@observablehq/plot";
import type { Curve, CurvesPlot, OptionsOf, PlotBand } from "@saeno/experiments";
import { max } from "d3-array";
import * as v from "valibot";
import { bandOpacity } from "../page/legend.ts";
import { formatCount, hasRange } from "../page/numbers.ts";
import {
  axisMarksX,
  axisMarksY,
  fitText,
  type NumberAxis,
  positionAxis,
  referenceMarks,
  shareAlong,
  valueAxis,
} from "../plots/axes.ts";
import { plotSvg } from "../plots/svg.ts";
import {
  anyNumber,
  axisSchema,
  bandEntries,
  bandSchema,
  defineFigure,
  type Figure,
  type Frame,
  referenceEntries,
  referenceY,
} from "./figure.ts";

/** How a dashed curve is drawn. */
const curveDash = "7 4";
/** Points drawn of a curve, at most; of a faint one twice as many, as those are noisy. */
const drawnPoints = 300;
/** Curves whose points lie at least so many pixels apart, on average, have a dot at each. */
const dotEvery = 16;
const [marginLeft, marginRight] = [58, 20];

const spread = v.object({ mean: anyNumber, low: anyNumber, high: anyNumber, count: v.number() });
const reference = v.union([referenceY, v.object({ name: v.string(), x: anyNumber })]);
const curve: v.GenericSchema<Curve> = v.object({
  name: v.string(),
  dashed: v.optional(v.boolean()),
  faint: v.optional(v.boolean()),
  points: v.array(v.object({ x: anyNumber, y: v.union([anyNumber, spread]) })),
});

export const curves: Figure = defineFigure({
  kind: "curves",
  summary: "Lines of values, or of means on bands from the lowest seed to the highest.",
  schema: v.strictObject({
    x: v.pipe(axisSchema, v.description("The axis of what changes.")),
    y: v.pipe(axisSchema, v.description("The axis of the values.")),
    curves: v.pipe(v.array(curve), v.description("Named lines of points by rising x.")),
    references: v.optional(v.pipe(v.array(reference), v.description("Values to compare with.")), []),
    band: v.optional(v.pipe(bandSchema, v.description("Values that are shaded across the plot."))),
    wide: v.optional(v.pipe(v.boolean(), v.description("Takes the whole width of the page.")), false),
  }),
  names: ({ curves }) => curves.map(({ name }) => name),
  draw(options, frame) {
    const markup = curvesPlot(options, frame);
    if (markup === "") return undefined;
    const lines = options.curves.filter(({ faint = false }) => !faint);
    const legend = lines.map(({ name, dashed = false }) => ({
      name,
      color: frame.colorOf(name),
      ...(dashed && { dash: curveDash }),
    }));
    return {
      picture: { markup },
      legend: [...legend, ...referenceEntries(options.references), ...bandEntries(options.band)],
      notes: notesOf(options),
      wide: options.wide,
    };
  },
});

interface Point {
  readonly x: number;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

function pointsOf({ points }: Curve): Point[] {
  return points.map(({ x, y }) => {
    if (typeof y === "number") return { x, mean: y, low: Number.NaN, high: Number.NaN };
    return hasRange(y) ? { x, ...y } : { x, mean: y.mean, low: Number.NaN, high: Number.NaN };
  });
}

/** Curves as SVG text. Empty without a point to draw; NaN leaves a gap. */
export function curvesPlot(plot: OptionsOf<CurvesPlot>, { title, colorOf }: Frame): string {
  const { x, y, band, references = [] } = plot;
  const width = plot.wide === true ? 1120 : 560;
  const curves = plot.curves.map((curve) => ({ ...curve, points: pointsOf(curve) }));
  const points = curves.flatMap((curve) => curve.points);
  const xs = [...points.map(({ x }) => x), ...references.flatMap((r) => ("y" in r ? [] : [r.x]))];
  const ys = [
    ...points.flatMap((point) => extentOf(point, y.log)),
    ...references.flatMap((r) => ("y" in r ? [r.y] : [])),
  ];
  const along = width - marginLeft - marginRight;
  const [xAxis, yAxis] = [positionAxis(xs, along, x), valueAxis(ys, y)];
  if (xAxis === undefined || yAxis === undefined) return "";
  const share = shareAlong(xAxis.type, xAxis.domain);
  const drawn = curves.map((curve) => {
    const inside = curve.points.filter(({ x }) => Number.isFinite(xAxis.place(x)));
    const thin = thinPoints(inside, ({ x }) => share(x), curve.faint === true ? 2 * drawnPoints : drawnPoints);
    return { ...curve, points: thin.map((point) => placed(point, yAxis)) };
  });
  if (drawn.every((curve) => curve.points.every(({ mean }) => Number.isNaN(mean)))) return "";
  return plotSvg({
    ariaLabel: `${title}: ${y.label} against ${x.label}`,
    width,
    marginLeft,
    marginRight,
    x: { type: xAxis.type, domain: [...xAxis.domain], label: fitText(x.label, width - 40), inset: 6 },
    y: { type: yAxis.type, domain: [...yAxis.domain], label: fitText(y.label, width - 40) },
    marks: [
      axisMarksX(xAxis),
      axisMarksY(yAxis),
      bandMark(band, yAxis),
      drawn.map(({ name, points }) =>
        areaY(points, { x: "x", y1: "low", y2: "high", fill: colorOf(name), fillOpacity: 0.18 }),
      ),
      drawn.map(({ name, points, dashed, faint }) =>
        line(points, {
          x: "x",
          y: "mean",
          stroke: colorOf(name),
          strokeWidth: faint === true ? 0.8 : 2,
          strokeOpacity: faint === true ? 0.28 : 1,
          ...(dashed === true && { strokeDasharray: curveDash }),
        }),
      ),
      drawn.map(({ name, points, faint }) =>
        faint === true || points.length > along / dotEvery
          ? null
          : dot(points, { x: "x", y: "mean", fill: colorOf(name), r: 3 }),
      ),
      referenceMarks(references, yAxis, xAxis),
    ],
  });
}

/** A band as far as the axis holds it. */
function bandMark(band: PlotBand | undefined, { domain: [low, high] }: NumberAxis): Markish {
  const [from, to] = [Math.max(low, band?.from ?? high), Math.min(high, band?.to ?? low)];
  return from < to ? rect([{ from, to }], { y1: "from", y2: "to", fillOpacity: bandOpacity }) : null;
}

/** What of a point the y axis must hold: on a logarithmic axis not how far a band reaches down, which may be to zero. */
function extentOf({ mean, low, high }: Point, log = false): number[] {
  return log ? [mean, high] : [low, mean, high];
}

function placed({ x, mean, low, high }: Point, { place, domain }: NumberAxis): Point {
  return { x, mean: place(mean), low: max([domain[0], low]) ?? low, high: place(high) };
}

/**
 * Points of a curve, the first in each of `most - 1` equal stretches along it, and the last.
 *
 * @param along where a point lies, 0 .. 1, rising.
 */
export function thinPoints<Point>(points: readonly Point[], along: (point: Point) => number, most: number): Point[] {
  if (points.length <= most) return [...points];
  const seen = new Set<number>();
  return points.filter((point, i) => {
    const stretch = Math.floor(Math.min(most - 2, along(point) * (most - 1)));
    if (seen.has(stretch) && i < points.length - 1) return false;
    seen.add(stretch);
    return true;
  });
}

function notesOf({ curves, x, y }: OptionsOf<CurvesPlot>): string[] {
  const points = curves.flatMap(pointsOf);
  const ranged = points.some(({ low }) => !Number.isNaN(low));
  const missing = points.filter(({ mean }) => !Number.isFinite(mean)).length;
  return [
    ranged ? "Lines are means over seeds; bands reach from the lowest seed to the highest." : "",
    missing > 0 ? `Gaps: ${formatCount(missing, "point")} without a number.` : "",
    logNote([
      ...(x.log === true ? points.map((point) => point.x) : []),
      ...(y.log === true ? points.map(({ mean }) => mean) : []),
    ]),
  ].filter(Boolean);
}

/** What a logarithmic axis leaves out; where nothing is positive the axis is linear, and nothing is left out. */
export function logNote(values: readonly number[]): string {
  const left = values.filter((value) => value <= 0).length;
  if (left === 0 || !values.some((value) => value > 0)) return "";
  return `Left out of the logarithmic axis: ${formatCount(left, "value")} that ${left === 1 ? "is" : "are"} not positive.`;
}
