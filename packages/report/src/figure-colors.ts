import type { FigurePlot } from "./figure-plot-data.ts";
import { modelColors } from "./model-color.ts";

/** The names of curves or groups in a picture, each once. */
export function plotNames(plot: FigurePlot): string[] {
  switch (plot.kind) {
    case "curves":
    case "sorted":
      return distinct(plot.curves);
    case "histograms":
    case "distributions":
      return distinct(plot.groups);
    case "atoms":
      return [];
    default:
      return plot satisfies never;
  }
}

function distinct(named: readonly { readonly name: string }[]): string[] {
  return [...new Set(named.map(({ name }) => name))];
}

/** Which color a name has in all pictures of a figure; none when there are more names than colors. */
export function figureColors(plots: readonly FigurePlot[]): ReadonlyMap<string, number> {
  const names = [...new Set(plots.flatMap(plotNames))];
  return new Map(names.length > modelColors ? [] : names.map((name, i) => [name, i]));
}
