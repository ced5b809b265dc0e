/**
 * A section of the report of a run: it takes what it shows from the report's data, and is left out if there is nothing. To add one, write an object with
 * `defineSection` and make it known with `register`; built-in sections are made the same way.
 */

import { type Component, defineComponent } from "@saeno/backend";
import type { FigurePlot } from "@saeno/experiments";
import { strictObject } from "valibot";
import type { ReportData, ReportModel } from "../data/report-data.ts";
import { drawPlots } from "../figures/figures.ts";
import { type Html, html } from "../page/html.ts";
import type { Section } from "../page/page.ts";

export interface ReportSection extends Component {
  readonly type: "section";
  /** Nothing if there is nothing to show. */
  draw(data: ReportData): Omit<Section, "id"> | undefined;
}

/** The kind of a section is its anchor on the page. */
export function defineSection(definition: Omit<ReportSection, "type" | "schema">): ReportSection {
  return defineComponent("section", { ...definition, schema: strictObject({}) });
}

/** Plots side by side in the colors of the models. Nothing without plots. */
export function plotsBody(
  models: readonly Pick<ReportModel, "name">[],
  plots: readonly FigurePlot[],
): Html | undefined {
  if (plots.length === 0) return undefined;
  const names = models.map(({ name }) => name);
  return html`<div class="plots">${drawPlots(plots, names).plots}</div>`;
}
