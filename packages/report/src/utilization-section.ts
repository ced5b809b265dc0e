import { formatNumber } from "./format-number.ts";
import { html } from "./html.ts";
import { modelLabel } from "./model-label.ts";
import type { ReportModel } from "./report-data.ts";
import type { Section } from "./section.ts";
import { utilizationPlot } from "./utilization-plot.ts";

/** How evenly concepts are used. Nothing without concepts. */
export function utilizationSection(models: readonly ReportModel[]): Section | undefined {
  const markup = utilizationPlot(models);
  if (markup === "") return undefined;
  const notes = models.map(({ name, evaluation: { utilization, dead, conceptsFor90 } }, i) => {
    const used = utilization.length - dead;
    return html`<li>${modelLabel(name, i)} ${formatNumber(used)} of ${formatNumber(utilization.length)} in use, ${formatNumber(dead)} dead, ${formatNumber(conceptsFor90)} carry 90 % of the energy</li>`;
  });
  return {
    id: "utilization",
    title: "Use of concepts",
    reading:
      "Concepts sorted by how many samples they are active in: a steep curve is a small vocabulary of common concepts, a flat one shares the work, and where it reaches zero the dead ones begin.",
    body: html`<ul class="key">${notes}</ul><figure>${{ markup }}</figure>`,
  };
}
