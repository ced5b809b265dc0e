import { atomElement } from "./atom-element.ts";
import { atomNotes } from "./atom-notes.ts";
import { conceptOrder } from "./concept-order.ts";
import { formatNumber } from "./format-number.ts";
import { formatShare } from "./format-share.ts";
import { type Html, html } from "./html.ts";
import { modelLabel } from "./model-label.ts";
import type { ReportModel } from "./report-data.ts";
import type { Section } from "./section.ts";
import { isDead, shownConcepts } from "./shown-concepts.ts";

/** The atoms of every model as small pictures, the most used first. Nothing without atoms. */
export function atomGallery(models: readonly ReportModel[]): Section | undefined {
  const galleries = models.map(gallery);
  if (galleries.every((part) => part === undefined)) return undefined;
  return {
    id: "atoms",
    title: "Atoms",
    reading:
      "What each concept looks like when it is active at one place, the most used concept first; under each its number and the share of samples that use it. Every picture has its own scale, symmetric about zero.",
    body: html`${galleries}`,
  };
}

function gallery(model: ReportModel, index: number): Html | undefined {
  const shown = shownConcepts(model);
  if (shown.length === 0) return undefined;
  const notes = atomNotes(model.atoms, shown, leftOut(model, shown));
  return html`<h3>${modelLabel(model.name, index)}</h3>${notes}<div class="gallery">${shown.map((concept) =>
    atomFigure(model, index, concept),
  )}</div>`;
}

function atomFigure(model: ReportModel, index: number, concept: number): Html {
  const dead = isDead(model, concept);
  const picture = atomElement(model.atoms, concept, model.name);
  const use = dead ? "dead" : formatShare(model.evaluation.utilization[concept]);
  return html`<figure id="atom-${index}-${concept}" class="${dead ? "dead" : "alive"}">${picture}<figcaption><b>${concept}</b> ${use}</figcaption></figure>`;
}

function leftOut(model: ReportModel, shown: readonly number[]): string[] {
  const order = conceptOrder(model.atoms, model.evaluation.utilization);
  const left = order.filter((concept) => !shown.includes(concept));
  if (left.length === 0) return [];
  const dead = left.filter((concept) => isDead(model, concept)).length;
  return [`${formatNumber(left.length)} more are left out, ${formatNumber(dead)} of them dead.`];
}
