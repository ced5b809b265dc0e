import type { HistogramsPlot } from "@saeno/experiments";
import type { LabeledConcept } from "@saeno/metrics";
import type { ReportModel } from "../data/report-data.ts";
import { type Html, html } from "../page/html.ts";
import { modelLabel } from "../page/legend.ts";
import { formatCount, formatNumber } from "../page/numbers.ts";
import { atomGallery } from "../pictures/atoms.ts";
import { defineSection, plotsBody, type ReportSection } from "./section.ts";

/** Classes of which a concept is shown, at most. */
const shownClasses = 24;

export const labels: ReportSection = defineSection({
  kind: "labels",
  summary: "What concepts know of the labels of samples.",
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
  return html`<li>${modelLabel(name, index)} ${classes} classes in ${formatCount(samples, "sample")}; AUC ${formatNumber(auc.median)} in the median (labels shuffled ${formatNumber(auc.chance)}); that a concept is active tells ${bits} of a label, on average</li>`;
}

/** The concept that tells each class best, as a picture. */
function best({ name, atoms, evaluation }: ReportModel, index: number): Html | undefined {
  const firsts = new Map<number, LabeledConcept>();
  for (const each of evaluation.labels?.concepts ?? []) if (!firsts.has(each.label)) firsts.set(each.label, each);
  const shown = [...firsts.values()].slice(0, shownClasses).sort((a, b) => a.label - b.label);
  const byConcept = new Map(shown.map((each) => [each.concept, each]));
  const gallery = atomGallery(atoms, {
    owner: name,
    shown: shown.map(({ concept }) => concept),
    captionOf(concept) {
      const found = byConcept.get(concept);
      return found && html`tells ${found.name ?? found.label}<br>AUC ${formatNumber(found.auc)}`;
    },
    notes: ["The concept that tells each class best, where one does."],
  });
  return gallery === undefined ? undefined : html`<h3>${modelLabel(name, index)}</h3>${gallery}`;
}
