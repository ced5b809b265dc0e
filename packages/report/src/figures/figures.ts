import { componentsOf, findComponent, parseOptions } from "@saeno/backend";
import type { FigurePlot } from "@saeno/experiments";
import { type Html, html } from "../page/html.ts";
import { modelColor, modelColors, plotLegend } from "../page/legend.ts";
import { atoms } from "./atoms.ts";
import { curves } from "./curves.ts";
import { distributions } from "./distributions.ts";
import type { Figure } from "./figure.ts";
import { histograms } from "./histograms.ts";
import { sorted } from "./sorted.ts";

const builtins: readonly Figure[] = [curves, histograms, distributions, sorted, atoms];

/** The figures that plots can be of: built-in and registered ones. */
export function figures(): readonly Figure[] {
  return componentsOf("figure", builtins);
}

export interface DrawnPlots {
  readonly plots: readonly Html[];
  /** Which color each name has in all of them; empty if there are more names than colors. */
  readonly colors: ReadonlyMap<string, number>;
}

/**
 * Plots that belong together, each under its title with a legend and how to read it.
 *
 * @param names names that get the first colors, in this order.
 * @throws SaenoError `component.unknown`, `config.value` for a plot of no known kind or with options that its kind does not take.
 */
export function drawPlots(plots: readonly FigurePlot[], names: readonly string[] = []): DrawnPlots {
  const parsed = plots.map(parsePlot);
  const all = [...new Set([...names, ...parsed.flatMap((plot) => plot.names)])];
  const colors = new Map(all.length > modelColors ? [] : all.map((name, i) => [name, i]));
  const drawn = parsed.map(({ figure, title, options, names }): Html => {
    const colorOf = (name: string) => modelColor(colors.get(name) ?? names.indexOf(name));
    const { picture, legend = [], notes, wide = false } = figure.draw(options, { title, colorOf }) ?? nothing;
    const note = notes === undefined || notes.length === 0 ? undefined : html`<p class="note">${notes.join(" ")}</p>`;
    return html`<figure class="${wide ? "wide" : "narrow"}"><h3>${title}</h3>${note}${plotLegend(legend)}${picture}</figure>`;
  });
  return { plots: drawn, colors };
}

/** The picture of a plot alone, as SVG text for all built-in figures but atoms; empty if there is nothing to draw. */
export function plotPicture(plot: FigurePlot): string {
  const { figure, title, options, names } = parsePlot(plot);
  return figure.draw(options, { title, colorOf: (name) => modelColor(names.indexOf(name)) })?.picture.markup ?? "";
}

function parsePlot({ kind, title, ...given }: FigurePlot) {
  const figure = findComponent("figure", kind, builtins);
  const options = parseOptions(figure, given, "figure");
  return { figure, title, options, names: [...new Set(figure.names?.(options))] };
}

const nothing = { picture: undefined, legend: [], notes: ["There is nothing to draw."], wide: false };
