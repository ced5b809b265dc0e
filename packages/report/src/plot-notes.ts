import type { CurvesPlot, FigurePlot, SortedPlot } from "./figure-plot-data.ts";
import { formatNumber } from "./format-number.ts";
import { hasRange } from "./spread.ts";

/** How to read a picture, and what of its data it leaves out, a sentence each. */
export function plotNotes(plot: FigurePlot): string[] {
  switch (plot.kind) {
    case "curves":
      return curvesNotes(plot);
    case "sorted":
      return sortedNotes(plot);
    case "histograms":
      return ["Shares of the values of each group, in equal bins."];
    case "distributions":
      return ["A box holds the middle half of the values, its line 90 %; the bar is the median."];
    case "atoms":
      return [plot.caption, "Every picture has its own scale, symmetric about zero."].filter(
        (note) => note !== undefined,
      );
    default:
      return plot satisfies never;
  }
}

function curvesNotes({ curves, x, y }: CurvesPlot): string[] {
  const points = curves.flatMap((curve) => curve.points);
  const notes = points.some((point) => hasRange(point.y))
    ? ["Lines are means over seeds; bands reach from the lowest seed to the highest."]
    : [];
  const missing = points.filter((point) => !Number.isFinite(point.y.mean)).length;
  if (missing > 0) notes.push(`${countOf(missing, "point")} without a number: gaps.`);
  return [
    ...notes,
    ...logNote([
      ...(x.log === true ? points.map((point) => point.x) : []),
      ...(y.log === true ? points.map((point) => point.y.mean) : []),
    ]),
  ];
}

function sortedNotes({ curves, y }: SortedPlot): string[] {
  return y.log === true ? logNote(curves.flatMap(({ values }) => values)) : [];
}

/** What a logarithmic axis leaves out; where nothing is positive the axis is linear, and nothing is left out. */
function logNote(values: readonly number[]): string[] {
  const left = values.filter((value) => value <= 0).length;
  if (left === 0 || !values.some((value) => value > 0)) return [];
  return [
    `Left out of the logarithmic axis: ${countOf(left, "value")} that ${left === 1 ? "is" : "are"} not positive.`,
  ];
}

function countOf(count: number, noun: string): string {
  return `${formatNumber(count)} ${noun}${count === 1 ? "" : "s"}`;
}
