import type { ReportModel } from "../data/report-data.ts";
import { type Html, html } from "../page/html.ts";
import { modelLabel } from "../page/legend.ts";
import { formatNumber } from "../page/numbers.ts";
import { atomGallery, conceptOrder } from "../pictures/atoms.ts";
import { defineSection, type ReportSection } from "./section.ts";

/** Atoms shown of a model, at most; and of those, dead ones. */
const [shownAtoms, shownDead] = [96, 12];

export const atoms: ReportSection = defineSection({
  kind: "atoms",
  summary: "The atoms of every model as small pictures, the most used first.",
  draw({ models }) {
    const galleries = models.map(gallery).filter((part) => part !== undefined);
    if (galleries.length === 0) return undefined;
    return {
      title: "Atoms",
      reading:
        "What each concept looks like where it is active at a single place, the most used concept first; below each, its number and the share of samples that use it. Every picture has its own scale, symmetric about zero.",
      body: html`${galleries}`,
    };
  },
});

/** The concepts whose atoms the gallery shows, in order: the first 96, no more than 12 of them dead. */
export function shownConcepts({ atoms, evaluation }: Pick<ReportModel, "atoms" | "evaluation">): number[] {
  let dead = 0;
  return conceptOrder(atoms, evaluation.utilization)
    .filter((concept) => evaluation.utilization[concept] !== 0 || ++dead <= shownDead)
    .slice(0, shownAtoms);
}

function gallery(model: ReportModel, index: number): Html | undefined {
  const { name, atoms, evaluation } = model;
  const { utilization } = evaluation;
  const shown = shownConcepts(model);
  const left = conceptOrder(atoms, utilization).filter((concept) => !shown.includes(concept));
  const dead = left.filter((concept) => utilization[concept] === 0).length;
  const rest =
    left.length > 0 &&
    `${formatNumber(left.length)} more ${left.length === 1 ? "is" : "are"} left out, ${formatNumber(dead)} of them dead.`;
  const pictures = atomGallery(atoms, { owner: name, shown, utilization, anchor: `atom-${index}`, notes: [rest] });
  return pictures === undefined ? undefined : html`<h3>${modelLabel(name, index)}</h3>${pictures}`;
}
