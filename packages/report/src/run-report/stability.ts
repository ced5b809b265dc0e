import type { RunStability, SortedPlot } from "@saeno/experiments";
import { mean } from "d3-array";
import type { ReportModel } from "../data/report-data.ts";
import { type Html, html } from "../page/html.ts";
import { modelLabel } from "../page/legend.ts";
import { formatNumber } from "../page/numbers.ts";
import { atomGallery } from "../pictures/atoms.ts";
import { conceptLabel } from "./concept-label.ts";
import { defineSection, plotsBody, type ReportSection } from "./section.ts";

/** Concepts that are shown, at most. */
const shownConcepts = 12;

export const stability: ReportSection = defineSection({
  kind: "stability",
  summary: "Whether other runs found the same concepts.",
  draw({ models }) {
    const compared = models.flatMap((model, index) => {
      const found = model.evaluation.stability ?? [];
      return found.length === 0 ? [] : [{ model, index, found }];
    });
    if (compared.length === 0) return undefined;
    const body = compared.map(({ model, index, found }) => {
      const title = models.length > 1 ? html`<h3>${modelLabel(model.name, index)}</h3>` : undefined;
      return html`${title}${table(found)}<div class="part">${plotsBody([], [bestPlot(found)])}</div>${gallery(model, found)}`;
    });
    return {
      title: "The same concepts in other runs",
      reading:
        "Each concept is compared with all of another run, at the shift where they are most alike. By energy: the mean of its largest |cosine|, weighted by what the concept contributes, in both directions. Matched: the mean over pairs, one to one. 1 means the same concepts; what untrained models of the same form have is had for free. Concepts that are active in at most 1% of the samples are left out.",
      body: html`${body}`,
    };
  },
});

function table(found: readonly RunStability[]): Html {
  const rows = found.map(
    ({ against, weighted, untrained, matched, compared: [own, other] }) =>
      html`<tr><th>${against}</th><td class="number">${formatNumber(weighted)}</td><td class="number">${formatNumber(untrained)}</td><td class="number">${formatNumber(matched)}</td><td class="number">${own} with ${other}</td></tr>`,
  );
  return html`<div class="scroll"><table><thead><tr><th>against</th><th class="number">by energy</th><th class="number">untrained models</th><th class="number">matched</th><th class="number">concepts compared</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

/** How alike the most similar concept of each run is, in falling order. */
function bestPlot(found: readonly RunStability[]): SortedPlot {
  return {
    kind: "sorted",
    title: "The most similar concept of each run",
    x: "rank of the concept",
    y: { label: "|cosine| with the most similar one", zero: true },
    curves: found.map(({ against, best }) => ({ name: against, values: best.map(({ cosine }) => cosine) })),
    wide: true,
  };
}

function gallery(model: ReportModel, found: readonly RunStability[]): Html | undefined {
  const { name, atoms } = model;
  const shown = found[0].best.slice(0, shownConcepts).map(({ concept }) => concept);
  const cosineOf = (wanted: number) =>
    mean(found, ({ best }) => best.find(({ concept }) => concept === wanted)?.cosine);
  return atomGallery(atoms, {
    owner: name,
    shown,
    labelOf: (concept) => conceptLabel(model, concept),
    captionOf: (concept) => formatNumber(cosineOf(concept)),
    notes: [
      `The ${shown.length} of most energy, with the |cosine| of the most similar concept${found.length > 1 ? ", the mean over runs" : ""}.`,
    ],
  });
}
