import type { ReportAtoms, ReportConcept, ReportModel, ReportSample } from "../data/report-data.ts";
import { type Html, html } from "../page/html.ts";
import { modelColor, modelLabel } from "../page/legend.ts";
import { formatCount, formatNumber, formatShare } from "../page/numbers.ts";
import { atomFunction } from "../pictures/atoms.ts";
import { colorLegend } from "../pictures/color-map.ts";
import { channelOf, functionElement, linePicture, pictureNotes } from "../pictures/function-picture.ts";
import { mapPicture } from "../pictures/map-picture.ts";
import { pictureElement } from "../pictures/picture.ts";
import {
  type ColorRange,
  dataRange,
  type GridFunction,
  largestMagnitude,
  type Plane,
  planeOf,
  symmetricRange,
} from "../pictures/plane.ts";
import { shownConcepts } from "./atoms.ts";
import { defineSection, type ReportSection } from "./section.ts";

/** How many concepts are shown of a sample, those of most energy. */
const strongest = 8;
/** How much stronger than the input a residual is drawn. */
const residualGain = 2;
/** CSS pixels. */
const [fieldSize, conceptSize, atomSize] = [112, 92, 28];

export const samples: ReportSection = defineSection({
  kind: "samples",
  summary: "Samples decomposed: what went in, what came out, what is missing, and which concepts made it.",
  draw({ models }) {
    const count = Math.max(0, ...models.map(({ samples = [] }) => samples.length));
    if (count === 0) return undefined;
    const panels = Array.from({ length: count }, (_, s) => {
      const rows = models.flatMap((model, m) => {
        const sample = model.samples?.[s];
        return sample === undefined ? [] : [samplePanel(model, m, sample)];
      });
      return html`<div class="sample"><h3>Sample ${s + 1}</h3>${rows}</div>`;
    });
    return {
      title: "Samples decomposed",
      reading:
        "Input and reconstruction share one color scale; the residual, input minus reconstruction, is drawn twice as strong. Beside them are the active concepts: where each is active (bright points on a faint picture of the input), its atom, and its share of the code's energy.",
      body: html`${legends(models)}${panels}`,
    };
  },
});

function legends(models: readonly ReportModel[]): Html | undefined {
  const model = models.find(({ samples = [] }) => samples.length > 0);
  const [sample] = model?.samples ?? [];
  if (model === undefined || sample === undefined) return undefined;
  const field = sampleFunction(sample.input, sample, model.atoms);
  const onPlane = field.grid.length >= 2;
  const maps = onPlane && sample.concepts.some(({ map }) => map.length > 1);
  return html`<p class="note">${onPlane && field.channels === 1 ? colorLegend("diverging", "residual −", "+") : undefined}${
    maps ? colorLegend("points", "map: weak", "strong") : undefined
  } ${pictureNotes(field).join(" ")} ${
    field.grid.length === 3 ? "Maps show the largest value along the first axis." : undefined
  }</p>`;
}

/** One sample as one model sees it: input, reconstruction, residual, and the active concepts by falling energy. */
function samplePanel(model: ReportModel, index: number, sample: ReportSample): Html {
  const { reconstruction, concepts } = sample;
  const input = sampleFunction(sample.input, sample, model.atoms);
  const residual = { ...input, values: sample.input.map((value, i) => value - reconstruction[i]) };
  const error = norm(residual.values) / norm(sample.input);
  const total = sample.codeEnergy ?? concepts.reduce((sum, { energy }) => sum + energy, 0);
  const sorted = [...concepts].sort((a, b) => b.energy - a.energy);
  const shown = sorted.slice(0, strongest);
  const left = sorted.length - shown.length;
  const fields =
    input.grid.length < 2
      ? lineFields(input, { ...input, values: reconstruction }, residual, index)
      : planeFields(input, { ...input, values: reconstruction }, residual);
  const conceptFigures = shown.map((concept) => conceptFigure(model, index, input, concept, total));
  return html`<div class="panel"><p>${modelLabel(model.name, index)} <small>relative error ${formatNumber(error)}${
    left > 0 ? `, ${formatCount(left, "weaker concept")} not shown` : ""
  }</small></p><div class="panel-row"><div class="fields">${fields}</div><div class="concepts">${conceptFigures}</div></div></div>`;
}

function planeFields(input: GridFunction, reconstruction: GridFunction, residual: GridFunction): Html[] {
  // A reconstruction may dip below zero where the input does not, so the input decides whether pictures are gray.
  const own = dataRange(planeOf(input));
  const shared = own.kind === "gray" ? own : dataRange(planeOf(input), planeOf(reconstruction));
  const limit = (own.kind === "gray" ? own.high : own.limit) / residualGain;
  const field = (description: string, values: GridFunction, range: ColorRange) =>
    figure(functionElement(values, { size: fieldSize, range, description }), html`${description}`);
  return [
    field("input", input, shared),
    field("reconstruction", reconstruction, shared),
    field("residual", residual, { kind: symmetricRange(planeOf(residual)).kind, limit }),
  ];
}

function lineFields(input: GridFunction, reconstruction: GridFunction, residual: GridFunction, index: number): Html[] {
  const color = modelColor(index);
  const limit = 1.05 * (largestMagnitude(input.values) || 1);
  const both = [
    { values: channelOf(input, 0), color: "var(--ink)" },
    { values: channelOf(reconstruction, 0), color },
  ];
  const rest = [{ values: channelOf(residual, 0), color }];
  const [description, size] = ["input and reconstruction", { width: 2 * fieldSize, height: 72 }];
  const small = { width: fieldSize, height: 72, limit: limit / residualGain, description: "residual" };
  return [
    figure(linePicture(both, { ...size, limit, description }), html`input, reconstruction in color`),
    figure(linePicture(rest, small), html`residual`),
  ];
}

function conceptFigure(
  model: ReportModel,
  index: number,
  input: GridFunction,
  active: ReportConcept,
  total: number,
): Html {
  const { concept, map, energy } = active;
  const { atoms } = model;
  const known = concept >= 0 && concept < (atoms.shape[0] ?? 0);
  const description = `atom of concept ${concept}`;
  const atom = (size: number) =>
    known ? functionElement(atomFunction(atoms, concept), { size, description }) : undefined;
  const scalar = map.length === 1;
  const picture = scalar ? atom(conceptSize) : mapElement(input, active, index);
  const thumb = scalar ? undefined : html`<span class="thumb">${atom(atomSize)}</span>`;
  const bold = html`<b>${concept}</b>`;
  const name = shownConcepts(model).includes(concept) ? html`<a href="#atom-${index}-${concept}">${bold}</a>` : bold;
  return figure(picture, html`${thumb}<span>${name}<br>${formatShare(energy / total)}</span>`);
}

function mapElement(input: GridFunction, { concept, map }: ReportConcept, index: number): Html {
  const description = `where concept ${concept} is active`;
  if (input.grid.length < 2) {
    const stems = [{ values: map, color: modelColor(index) }];
    return linePicture(stems, { width: conceptSize, height: 72, stems: true, description });
  }
  const plane = planeOf(input);
  const options = { input: plane, inputRange: dataRange(plane), size: 2 * conceptSize };
  return pictureElement(mapPicture(largestAlongFirst(map, plane), options), conceptSize, description);
}

/** A map on three axes seen along the first: the value of largest magnitude on each line. */
function largestAlongFirst(map: Float32Array, { width, height }: Plane): Float32Array {
  const seen = new Float32Array(width * height);
  for (const [i, value] of map.entries()) {
    const at = i % seen.length;
    if (Math.abs(value) > Math.abs(seen[at])) seen[at] = value;
  }
  return seen;
}

function norm(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}

function figure(picture: Html | undefined, caption: Html): Html {
  return html`<figure>${picture}<figcaption>${caption}</figcaption></figure>`;
}

/** Values of a sample as they are drawn: a vector in the shape it was flattened from, or else as a function on a line. */
function sampleFunction(
  values: Float32Array,
  { grid, channels }: Pick<ReportSample, "grid" | "channels">,
  { sampleShape }: Pick<ReportAtoms, "sampleShape">,
): GridFunction {
  if (grid.length > 0) return { values, grid, channels };
  const shape = sampleShape ?? [channels, 1];
  return { values, grid: shape.slice(0, -1), channels: shape.at(-1) ?? 1 };
}
