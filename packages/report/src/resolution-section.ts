import { formatGrid } from "./format-grid.ts";
import { formatNumber } from "./format-number.ts";
import { type Html, html } from "./html.ts";
import { modelLabel } from "./model-label.ts";
import type { ReportModel } from "./report-data.ts";
import { resolutionPlot } from "./resolution-plot.ts";
import { resolutionPoints } from "./resolution-points.ts";
import type { Section } from "./section.ts";

/** Errors on other grids than that of training: a plot and its table. Nothing without any. */
export function resolutionSection(models: readonly ReportModel[]): Section | undefined {
  const plot = resolutionPlot(models);
  if (plot === "") return undefined;
  return {
    id: "resolution",
    title: "Across resolutions",
    reading:
      "The same models, not trained further, on the same samples at other resolutions: a flat line means that what was learned is a function, not a picture of a certain size.",
    body: html`<div class="plots"><figure>${{ markup: plot }}</figure>${table(models)}</div>`,
  };
}

function table(models: readonly ReportModel[]): Html {
  const curves = models.map(
    (model) => new Map(resolutionPoints(model).map((point) => [formatGrid(point.grid), point])),
  );
  const grids = new Map(curves.flatMap((curve) => [...curve].map(([name, { points }]) => [name, points])));
  const sorted = [...grids].sort(([, a], [, b]) => a - b).map(([name]) => name);
  const trained = new Set(models.map(({ trainingGrid, evaluation }) => formatGrid(trainingGrid ?? evaluation.grid)));
  return html`<div class="scroll"><table><thead><tr><th>grid</th>${models.map(
    ({ name }, i) => html`<th class="number">${modelLabel(name, i)}</th>`,
  )}</tr></thead><tbody>${sorted.map(
    (name) =>
      html`<tr><th>${name}${trained.has(name) ? html` <small>training</small>` : undefined}</th>${curves.map(
        (curve) => html`<td class="number">${formatNumber(curve.get(name)?.relativeError)}</td>`,
      )}</tr>`,
  )}</tbody></table></div>`;
}
