import { atomFunction } from "./atom-function.ts";
import { colourLegend } from "./colour-legend.ts";
import { conceptOrder } from "./concept-order.ts";
import { formatGrid } from "./format-grid.ts";
import { formatNumber } from "./format-number.ts";
import { formatShare } from "./format-share.ts";
import { functionElement } from "./function-element.ts";
import type { GridFunction } from "./grid-function.ts";
import { type Html, html } from "./html.ts";
import { modelLabel } from "./model-label.ts";
import { pictureNotes } from "./picture-notes.ts";
import type { ReportModel } from "./report-data.ts";
import type { Section } from "./section.ts";
import { isDead, shownConcepts } from "./shown-concepts.ts";

/** CSS pixels. */
const pictureSize = 96;

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
  const [first] = shown;
  if (first === undefined) return undefined;
  const sample = atomFunction(model.atoms, first);
  return html`<h3>${modelLabel(model.name, index)}</h3><p class="note">${legendOf(sample)} ${notesOf(model, sample, shown).join(" ")}</p><div class="gallery">${shown.map(
    (concept) => atomFigure(model, index, concept),
  )}</div>`;
}

function atomFigure(model: ReportModel, index: number, concept: number): Html {
  const dead = isDead(model, concept);
  const picture = functionElement(atomFunction(model.atoms, concept), {
    size: pictureSize,
    description: `Atom of concept ${concept} of ${model.name}`,
  });
  const use = dead ? "dead" : formatShare(model.evaluation.utilisation[concept]);
  return html`<figure id="atom-${index}-${concept}" class="${dead ? "dead" : "alive"}">${picture}<figcaption><b>${concept}</b> ${use}</figcaption></figure>`;
}

function legendOf({ grid, channels }: GridFunction): Html | undefined {
  if (grid.length < 2) return undefined;
  if (channels === 1) return colourLegend("diverging", "negative", "positive");
  return channels === 3 ? undefined : colourLegend("sequential", "0", "largest");
}

function notesOf(model: ReportModel, sample: GridFunction, shown: readonly number[]): string[] {
  const { atoms } = model;
  const vector = atoms.shape.length === 2 && atoms.sampleShape === undefined;
  const notes = [vector ? `Vectors of ${sample.grid[0]} entries.` : `On a grid of ${formatGrid(sample.grid)}.`];
  if (atoms.originAtZero === true) notes.push("The origin is in the middle.");
  notes.push(...pictureNotes(sample));
  if (sample.channels === 3 && sample.grid.length > 1) notes.push("Zero is mid-grey.");
  const left = conceptOrder(model).filter((concept) => !shown.includes(concept));
  const dead = left.filter((concept) => isDead(model, concept)).length;
  if (left.length > 0) {
    notes.push(`${formatNumber(left.length)} more are left out, ${formatNumber(dead)} of them dead.`);
  }
  const broken = shown.filter((concept) => Array.from(atomFunction(atoms, concept).values).some(Number.isNaN));
  if (broken.length > 0) notes.push(`Values that are not numbers, in ${broken.length} of these atoms, are left blank.`);
  return notes;
}
