import type { SortedPlot } from "@saeno/experiments";
import type { ReportModel } from "../data/report-data.ts";
import { html } from "../page/html.ts";
import { modelLabel } from "../page/legend.ts";
import { formatCount, formatNumber } from "../page/numbers.ts";
import { defineSection, plotsBody, type ReportSection } from "./section.ts";

export const utilization: ReportSection = defineSection({
  kind: "utilization",
  summary: "How evenly concepts are used.",
  draw({ models }) {
    if (!models.some(({ evaluation }) => evaluation.utilization.some(Number.isFinite))) return undefined;
    const notes = models.map(({ name, evaluation: { utilization, dead, conceptsFor90, samples } }, i) => {
      const used = utilization.length - dead;
      return html`<li>${modelLabel(name, i)} ${formatNumber(used)} of ${formatNumber(utilization.length)} in use, ${formatNumber(dead)} dead (active in none of ${formatCount(samples, "sample")}), ${formatNumber(conceptsFor90)} carry 90% of the energy</li>`;
    });
    return {
      title: "Use of concepts",
      reading:
        "Concepts sorted by how many samples they are active in. A steep curve means a small vocabulary of common concepts, a flat one that concepts share the work; where it reaches zero, the dead concepts begin.",
      body: html`<ul class="key">${notes}</ul>${plotsBody(models, [utilizationPlot(models)])}`,
    };
  },
});

/** The share of samples in which each concept is active, in falling order. */
export function utilizationPlot(models: readonly Pick<ReportModel, "name" | "evaluation">[]): SortedPlot {
  return {
    kind: "sorted",
    title: "Share of samples in which a concept is active",
    x: "rank of the concept",
    y: { label: "share of samples", zero: true },
    curves: models.map(({ name, evaluation }) => ({ name, values: evaluation.utilization })),
    wide: true,
  };
}
