import type { HistogramsPlot } from "@saeno/experiments";
import { group } from "d3-array";
import type { ReportModel } from "../data/report-data.ts";
import { type Html, html } from "../page/html.ts";
import { modelLabel } from "../page/legend.ts";
import { formatCount, formatNumber } from "../page/numbers.ts";
import { atomGallery } from "../pictures/atoms.ts";
import { conceptLabel } from "./concept-label.ts";
import { defineSection, plotsBody, type ReportSection } from "./section.ts";

/** Classes whose best concept is shown, at most. */
const shownClasses = 24;

export const labels: ReportSection = defineSection({
  kind: "labels",
  summary: "What concepts tell about the labels of samples.",
  draw({ models }) {
    const body = plotsBody(
      models,
      [aucPlot(models)].filter((plot) => plot !== undefined),
    );
    if (body === undefined) return undefined;
    return {
      title: "Concepts and labels",
      reading:
        "Training never saw the labels. The AUC of a concept and a class says how likely a sample of that class has more of the concept than one of another: 0.5 is chance, 1 tells them apart without fail. Each concept counts with the class that it tells best; as it may choose, shuffled labels come out above 0.5 too.",
      body: html`<ul class="key">${models.map(note)}</ul>${body}${models.map(best)}`,
    };
  },
});

/** The AUC of each concept in use, with that of shuffled labels. Nothing without labels. */
function aucPlot(models: readonly ReportModel[]): HistogramsPlot | undefined {
  const known = models.flatMap(({ name, evaluation: { labels } }) => (labels === undefined ? [] : [{ name, labels }]));
  if (known.length === 0) return undefined;
  return {
    kind: "histograms",
    title: "AUC of concepts with labels",
    label: "AUC with the class that a concept tells best",
    groups: known.map(({ name, labels: { concepts } }) => ({ name, values: concepts.map(({ auc }) => auc) })),
    references: known.map(({ name, labels: { auc } }) => ({
      name: known.length > 1 ? `labels shuffled, for ${name}` : "labels shuffled, median",
      x: auc.chance,
      group: name,
    })),
    domain: [0.4, 1],
    bins: 30,
  };
}

function note({ name, evaluation: { labels } }: ReportModel, index: number): Html | undefined {
  if (labels === undefined) return undefined;
  const { classes, samples, entropy, auc, information } = labels;
  const bits = `${formatNumber(information.mean)} of ${formatNumber(entropy)} bits`;
  return html`<li>${modelLabel(name, index)} ${formatNumber(classes.length)} classes in ${formatCount(samples, "sample")}; AUC ${formatNumber(auc.median)} in the median (labels shuffled ${formatNumber(auc.chance)}); whether a concept is active tells ${bits} of the label, on average</li>`;
}

/** The concept that tells each class best, as a picture. */
function best(model: ReportModel, index: number): Html | undefined {
  const {
    name,
    atoms,
    evaluation: { labels },
  } = model;
  const told = (labels?.classes ?? []).slice(0, shownClasses).filter(({ concept }) => concept !== undefined);
  const byConcept = group(told, ({ concept }) => concept ?? 0);
  const gallery = atomGallery(atoms, {
    owner: name,
    shown: [...byConcept.keys()],
    labelOf: (concept) => conceptLabel(model, concept),
    captionOf: (concept) =>
      html`${byConcept.get(concept)?.map(({ name, label, auc }) => html`<br>${name ?? label}: AUC ${formatNumber(auc)}`)}`,
    notes: [
      `The concepts that tell ${told.length < (labels?.classes.length ?? 0) ? `the first ${told.length} classes` : "the classes"} best.`,
    ],
  });
  return gallery === undefined ? undefined : html`<h3>${modelLabel(name, index)}</h3>${gallery}`;
}
