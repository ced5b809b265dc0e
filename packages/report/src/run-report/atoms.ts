import type { ReportModel } from "../data/report-data.ts";
import { type Html, html } from "../page/html.ts";
import { modelLabel } from "../page/legend.ts";
import { formatCost, formatNumber, formatShare } from "../page/numbers.ts";
import { atomGallery, conceptOrder } from "../pictures/atoms.ts";
import { conceptLabel } from "./concept-label.ts";
import { defineSection, type ReportSection } from "./section.ts";

/** Concepts in use that are shown of a model, at most; and dead ones after them. */
const [shownInUse, shownDead] = [96, 12];
/** A concept of the data counts as found from this |cosine| on (specification: Metrics). */
const recoveredAbove = 0.9;

export const atoms: ReportSection = defineSection({
  kind: "atoms",
  summary:
    "The concepts of every model as pictures of their atoms, those that cost most to lose first, or the most used.",
  draw({ models }) {
    const galleries = models.map(gallery).filter((part) => part !== undefined);
    if (galleries.length === 0) return undefined;
    const measured = models.some(({ costs }) => costs !== undefined);
    return {
      title: "Concepts",
      reading: `What each concept looks like where it is active at a single place, ${
        measured
          ? "those that cost most to lose first; below each, its number, by how much the squared error rises without it, as a share of the samples’ squares, and the share of samples that use it"
          : "the most used concept first; below each, its number and the share of samples that use it"
      }. Dead ones, which none of the samples uses, are pale and come last.${
        models.some(({ pages }) => pages !== undefined && pages.size > 0)
          ? " A number leads to the page of its concept."
          : ""
      }${
        models.some(({ found = [] }) => found.length > 0)
          ? " One that is like a concept that the data was made from bears its name and the |cosine| between them, at the best shift; a copy turned dark for bright counts too."
          : ""
      }`,
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

/** The concepts whose atoms the gallery shows, in order: the 96 that cost most or are most used, then up to 12 dead ones. */
export function shownConcepts(model: Pick<ReportModel, "atoms" | "evaluation">): number[] {
  return parted(model).shown;
}

function gallery(model: ReportModel, index: number): Html | undefined {
  const { name, atoms, evaluation, found = [], costs, pages } = model;
  const { shown, left } = parted(model);
  const recovered = found.filter(({ cosine }) => cosine > recoveredAbove);
  const names = new Map(recovered.map((each) => [each.concept, each]));
  const captionOf = (concept: number) => {
    const use = useText(model, concept);
    const { known, name = `known ${known}`, cosine } = names.get(concept) ?? {};
    return cosine === undefined ? use : html`${use}<br><b>${name}</b>, cos ${formatNumber(cosine, 2)}`;
  };
  const rest = [
    left.inUse > 0 && `${formatNumber(left.inUse)} that ${costs === undefined ? "are used" : "cost"} less`,
    left.dead > 0 && `${formatNumber(left.dead)} dead ${left.dead === 1 ? "one" : "ones"}`,
  ].filter(Boolean);
  const pictures = atomGallery(atoms, {
    owner: name,
    shown,
    utilization: evaluation.utilization,
    anchor: `atom-${index}`,
    labelOf: (concept) => conceptLabel(model, concept),
    captionOf,
    notes: [
      costs !== undefined &&
        `Costs are of ${costs.measuredOn}; the whole error is ${formatShare(costs.error / costs.power)}.`,
      found.length > 0 &&
        `Found ${recovered.length} of the ${found.length} concepts of the data (|cos| above ${recoveredAbove}).`,
      rest.length > 0 && `Left out: ${rest.join(" and ")}.`,
    ],
  });
  if (pictures === undefined) return undefined;
  return html`<h3>${modelLabel(name, index)}${listLink(pages)}</h3>${pictures}`;
}

/** What a concept costs, and how many samples use it. */
function useText({ evaluation, costs }: ReportModel, concept: number): Html {
  const use = evaluation.utilization[concept];
  if (use === 0) return html`dead`;
  const cost = costs?.values[concept];
  if (costs === undefined) return html`${formatShare(use)}`;
  return html`<br>${formatCost((cost ?? Number.NaN) / costs.power)} · in ${formatShare(use)}`;
}

/** To the list of all concepts, which stands beside their pages. */
function listLink(pages: ReportModel["pages"]): Html | undefined {
  const [first] = pages?.values() ?? [];
  if (first === undefined) return undefined;
  return html` <small><a href="${first.replace(/[^/]*$/, "index.html")}">all concepts</a></small>`;
}
