import type { ReportModel } from "../data/report-data.ts";
import { type Html, html } from "../page/html.ts";
import { modelLabel } from "../page/legend.ts";
import { formatNumber } from "../page/numbers.ts";
import { atomGallery, conceptOrder } from "../pictures/atoms.ts";
import { defineSection, type ReportSection } from "./section.ts";

/** Concepts in use that are shown of a model, at most; and dead ones after them. */
const [shownInUse, shownDead] = [96, 12];

export const atoms: ReportSection = defineSection({
  kind: "atoms",
  summary: "The atoms of every model as small pictures, the most used first.",
  draw({ models }) {
    const galleries = models.map(gallery).filter((part) => part !== undefined);
    if (galleries.length === 0) return undefined;
    return {
      title: "Atoms",
      reading:
        "What each concept looks like where it is active at a single place, the most used concept first; below each, its number and the share of samples that use it. Dead ones, which none of the samples uses, are pale and come last.",
      body: html`${galleries}`,
    };
  },
});

/** The concepts of a model in order, parted into those whose atoms the gallery shows and the others. */
function parted({ atoms, evaluation }: Pick<ReportModel, "atoms" | "evaluation">) {
  const isDead = (concept: number) => evaluation.utilization[concept] === 0;
  const order = conceptOrder(atoms, evaluation.utilization);
  const [inUse, dead] = [order.filter((concept) => !isDead(concept)), order.filter(isDead)];
  return {
    shown: [...inUse.slice(0, shownInUse), ...dead.slice(0, shownDead)],
    left: { inUse: Math.max(0, inUse.length - shownInUse), dead: Math.max(0, dead.length - shownDead) },
  };
}

/** The concepts whose atoms the gallery shows, in order: the 96 most used, then up to 12 dead ones. */
export function shownConcepts(model: Pick<ReportModel, "atoms" | "evaluation">): number[] {
  return parted(model).shown;
}

function gallery(model: ReportModel, index: number): Html | undefined {
  const { name, atoms, evaluation } = model;
  const { shown, left } = parted(model);
  const rest = [
    left.inUse > 0 && `${formatNumber(left.inUse)} that are used less`,
    left.dead > 0 && `${formatNumber(left.dead)} dead ${left.dead === 1 ? "one" : "ones"}`,
  ].filter(Boolean);
  const pictures = atomGallery(atoms, {
    owner: name,
    shown,
    utilization: evaluation.utilization,
    anchor: `atom-${index}`,
    notes: [rest.length > 0 && `Left out: ${rest.join(" and ")}.`],
  });
  return pictures === undefined ? undefined : html`<h3>${modelLabel(name, index)}</h3>${pictures}`;
}
