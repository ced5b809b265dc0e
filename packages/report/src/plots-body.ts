import { type Html, html } from "./html.ts";
import { modelLabel } from "./model-label.ts";
import type { ReportModel } from "./report-data.ts";

/** Plots side by side under the names of the models; those that are empty are left out. */
export function plotsBody(models: readonly Pick<ReportModel, "name">[], plots: readonly string[]): Html {
  const names = html`<p class="key">${models.map(({ name }, i) => modelLabel(name, i))}</p>`;
  return html`${names}<div class="plots">${plots.filter(Boolean).map((markup) => html`<figure>${{ markup }}</figure>`)}</div>`;
}
