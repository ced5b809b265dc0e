import { atomFunction } from "./atom-function.ts";
import { type ColorRange, dataRange, symmetricRange } from "./color-range.ts";
import { formatNumber } from "./format-number.ts";
import { formatShare } from "./format-share.ts";
import { functionElement } from "./function-element.ts";
import type { GridFunction } from "./grid-function.ts";
import { type Html, html } from "./html.ts";
import { largestMagnitude } from "./largest-magnitude.ts";
import { linePicture } from "./line-picture.ts";
import { mapPicture } from "./map-picture.ts";
import { modelColor } from "./model-color.ts";
import { modelLabel } from "./model-label.ts";
import { pictureElement } from "./picture-element.ts";
import { type Plane, planeOf } from "./plane.ts";
import type { ReportConcept, ReportModel, ReportSample } from "./report-data.ts";
import { sampleFunction } from "./sample-function.ts";
import { shownConcepts } from "./shown-concepts.ts";

/** Concepts shown of a sample, those of most energy. */
const strongest = 8;
/** How much stronger than the input a residual is drawn. */
const residualGain = 2;
/** CSS pixels. */
const [fieldSize, conceptSize, atomSize] = [112, 92, 28];

/** One sample as one model sees it: input, reconstruction, residual, and the active concepts by falling energy. */
export function samplePanel(model: ReportModel, index: number, sample: ReportSample): Html {
  const { reconstruction, concepts } = sample;
  const input = sampleFunction(sample.input, sample, model.atoms);
  const residual = { ...input, values: sample.input.map((value, i) => value - reconstruction[i]) };
  const error = norm(residual.values) / norm(input.values);
  const total = sample.codeEnergy ?? concepts.reduce((sum, { energy }) => sum + energy, 0);
  const sorted = [...concepts].sort((a, b) => b.energy - a.energy);
  const shown = sorted.slice(0, strongest);
  const left = sorted.length - shown.length;
  const fields =
    input.grid.length < 2
      ? lineFields(input, { ...input, values: reconstruction }, residual, index)
      : planeFields(input, { ...input, values: reconstruction }, residual);
  const conceptFigures = shown.map((concept) => conceptFigure(model, index, input, concept, concept.energy / total));
  return html`<div class="panel"><p>${modelLabel(model.name, index)} <small>relative error ${formatNumber(error)}${
    left > 0 ? `, ${left} weaker concepts not shown` : ""
  }</small></p><div class="panel-row"><div class="fields">${fields}</div><div class="concepts">${conceptFigures}</div></div></div>`;
}

function planeFields(input: GridFunction, reconstruction: GridFunction, residual: GridFunction): Html[] {
  const range = dataRange(planeOf(input), planeOf(reconstruction));
  // A reconstruction may dip below zero where the input does not: the input decides whether pictures are gray.
  const own = dataRange(planeOf(input));
  const shared: ColorRange = own.kind === "gray" ? own : range;
  const limit = own.kind === "gray" ? own.high : own.limit;
  const residualRange: ColorRange = {
    kind: symmetricRange(planeOf(residual)).kind,
    limit: limit / residualGain,
  };
  const parts = {
    input: [input, shared],
    reconstruction: [reconstruction, shared],
    residual: [residual, residualRange],
  } as const;
  return Object.entries(parts).map(([name, [field, colors]]) =>
    figure(functionElement(field, { size: fieldSize, range: colors, description: name }), html`${name}`),
  );
}

function lineFields(input: GridFunction, reconstruction: GridFunction, residual: GridFunction, index: number): Html[] {
  const color = modelColor(index);
  const limit = largestMagnitude(input.values) || 1;
  const size = { width: 2 * fieldSize, height: 72, limit: 1.05 * limit };
  const both = [
    { values: firstChannel(input), color: "var(--ink)" },
    { values: firstChannel(reconstruction), color },
  ];
  return [
    figure(
      linePicture(both, { ...size, description: "input and reconstruction" }),
      html`input, reconstruction in color`,
    ),
    figure(
      linePicture([{ values: firstChannel(residual), color }], {
        ...size,
        width: fieldSize,
        limit: size.limit / residualGain,
        description: "residual",
      }),
      html`residual`,
    ),
  ];
}

function conceptFigure(
  model: ReportModel,
  index: number,
  input: GridFunction,
  active: ReportConcept,
  share: number,
): Html {
  const { concept, map } = active;
  const known = concept >= 0 && concept < (model.atoms.shape[0] ?? 0);
  const atom = (size: number) =>
    known
      ? functionElement(atomFunction(model.atoms, concept), { size, description: `atom of concept ${concept}` })
      : undefined;
  const scalar = map.length === 1;
  const shown = shownConcepts(model).includes(concept);
  const number = html`<b>${concept}</b>`;
  const picture = scalar ? atom(conceptSize) : mapElement(input, active, index);
  const caption = html`${scalar ? undefined : html`<span class="thumb">${atom(atomSize)}</span>`}<span>${shown ? html`<a href="#atom-${index}-${concept}">${number}</a>` : number}<br>${formatShare(share)}</span>`;
  return figure(picture, caption);
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

function firstChannel({ values, channels }: GridFunction): Float32Array {
  return Float32Array.from({ length: values.length / channels }, (_, n) => values[n * channels]);
}

function norm(values: ArrayLike<number>): number {
  return Math.sqrt(Array.from(values).reduce((sum, value) => sum + value * value, 0));
}

function figure(picture: Html | undefined, caption: Html): Html {
  return html`<figure>${picture}<figcaption>${caption}</figcaption></figure>`;
}
