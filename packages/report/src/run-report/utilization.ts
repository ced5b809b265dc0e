import type { SortedPlot } from "@saeno/experiments";
import { selectiveBand, selectiveConcepts } from "@saeno/metrics";
import type { ReportModel } from "../data/report-data.ts";
import { html } from "../page/html.ts";
import { modelLabel } from "../page/legend.ts";
import { formatCount, formatNumber } from "../page/numbers.ts";
import { useOf } from "./code-use.ts";
import { defineSection, plotsBody, type ReportSection } from "./section.ts";

export const utilization: ReportSection = defineSection({
  kind: "utilization",
  summary: "How evenly concepts are used.",
  draw({ models }) {
    if (!models.some(({ evaluation }) => evaluation.utilization.some(Number.isFinite))) return undefined;
    const notes = models.map((model, i) => {
      const { utilization, dead, conceptsFor90, samples } = model.evaluation;
      const { alwaysOn, effectiveConcepts } = useOf(model);
      const parts = [
        `${formatNumber(utilization.length - dead)} of ${formatNumber(utilization.length)} in use`,
        `${formatNumber(dead)} dead (active in none of ${formatCount(samples, "sample")})`,
        `${formatNumber(selectiveConcepts(model.evaluation).length)} selective`,
        `${formatNumber(alwaysOn)} always on (in more than 90%)`,
        `${formatNumber(effectiveConcepts)} effective`,
        `${formatNumber(conceptsFor90)} carry 90% of the energy`,
      ];
      return html`<li>${modelLabel(model.name, i)} ${parts.join(", ")}</li>`;
    });
    return {
      title: "Use of concepts",
      reading:
        "Concepts sorted by how many samples they are active in. A steep curve means a small vocabulary of common concepts, a flat one that concepts share the work; where it reaches zero, the dead concepts begin. A concept in the shaded band, active in 1 to 60% of the samples, is selective: it says something of a sample. One above it is closer to a fixed part of all.",
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
    band: { name: "selective, 1 to 60%", ...selectiveBand },
    wide: true,
  };
}
