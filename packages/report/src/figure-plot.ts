import { atomsFigure } from "./atoms-figure.ts";
import { curveDash, curvesPlot } from "./curves-plot.ts";
import { distributionsPlot, isWide } from "./distributions-plot.ts";
import { plotNames } from "./figure-colors.ts";
import type { FigurePlot } from "./figure-plot-data.ts";
import { formatTick } from "./format-tick.ts";
import { histogramsPlot } from "./histograms-plot.ts";
import { type Html, html } from "./html.ts";
import { modelColor } from "./model-color.ts";
import { type LegendEntry, plotLegend } from "./plot-legend.ts";
import { plotNotes } from "./plot-notes.ts";
import { referenceDash } from "./reference-dash.ts";
import { sortedPlot } from "./sorted-plot.ts";

/** A picture under its title, with a legend and how to read it. */
export function figurePlot(plot: FigurePlot, colors: ReadonlyMap<string, number>): Html {
  const names = plotNames(plot);
  const colorOf = (name: string) => modelColor(colors.get(name) ?? names.indexOf(name));
  const picture = pictureOf(plot, colorOf);
  const notes = picture === undefined ? ["There is nothing to draw."] : plotNotes(plot);
  const note = notes.length === 0 ? undefined : html`<p class="note">${notes.join(" ")}</p>`;
  return html`<figure class="${takesWidth(plot) ? "wide" : "narrow"}"><h3>${plot.title}</h3>${note}${picture}</figure>`;
}

function takesWidth(plot: FigurePlot): boolean {
  return plot.kind === "atoms" || (plot.kind === "distributions" && isWide(plot));
}

function pictureOf(plot: FigurePlot, colorOf: (name: string) => string): Html | undefined {
  switch (plot.kind) {
    case "curves":
      return withLegend(curvesPlot(plot, colorOf), [
        ...plot.curves.map(({ name, dashed = false }) => ({
          name,
          color: colorOf(name),
          ...(dashed && { dash: curveDash }),
        })),
        ...referenceEntries((plot.references ?? []).map(({ name, y }) => ({ name, value: y }))),
      ]);
    case "sorted":
      return withLegend(
        sortedPlot(plot, colorOf),
        plot.curves.map(({ name }) => ({ name, color: colorOf(name) })),
      );
    case "histograms":
      return withLegend(
        histogramsPlot(plot, colorOf),
        referenceEntries((plot.references ?? []).map(({ name, x }) => ({ name, value: x }))),
      );
    case "distributions":
      return withLegend(distributionsPlot(plot, colorOf), [
        ...plot.groups.map(({ name }) => ({ name, color: colorOf(name) })),
        ...referenceEntries((plot.references ?? []).map(({ name, y }) => ({ name, value: y }))),
      ]);
    case "atoms":
      return atomsFigure(plot);
    default:
      return plot satisfies never;
  }
}

function referenceEntries(references: readonly { readonly name: string; readonly value: number }[]): LegendEntry[] {
  return references.flatMap(({ name, value }, i) => {
    if (!Number.isFinite(value)) return [];
    return [{ name: `${name} (${formatTick(value)})`, color: "var(--ink)", dash: referenceDash(i) }];
  });
}

function withLegend(markup: string, entries: readonly LegendEntry[]): Html | undefined {
  return markup === "" ? undefined : html`${plotLegend(entries)}${{ markup }}`;
}
