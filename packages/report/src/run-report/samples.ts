import { relativeNorm } from "@saeno/backend";
import { mapOutline, outlineElement } from "../concepts/map-outline.ts";
import { photographElement } from "../concepts/photograph.ts";
import type { ReportAtoms, ReportConcept, ReportModel, ReportSample } from "../data/report-data.ts";
import { type Html, html } from "../page/html.ts";
import { modelColor, modelLabel } from "../page/legend.ts";
import { formatCount, formatNumber, formatShare } from "../page/numbers.ts";
import { asDrawn, atomFunction } from "../pictures/atoms.ts";
import { colorLegend } from "../pictures/color-map.ts";
import {
  channelsNote,
  functionElement,
  functionLegend,
  linePicture,
  pictureNotes,
} from "../pictures/function-picture.ts";
import { mapPicture } from "../pictures/map-picture.ts";
import { pictureElement } from "../pictures/picture.ts";
import {
  channelOf,
  dataRange,
  type GridFunction,
  hasNegative,
  largestMagnitude,
  lengthPlane,
  planeOf,
  shownChannels,
  symmetricRange,
} from "../pictures/plane.ts";
import { shownConcepts } from "./atoms.ts";
import { conceptLabel } from "./concept-label.ts";
import { defineSection, type ReportSection } from "./section.ts";

/** How many concepts are shown of a sample, those of most energy. */
const strongest = 8;
/** How much stronger than the input a residual is drawn. */
const residualGain = 2;
/** CSS pixels. */
const [fieldSize, conceptSize, atomSize, lineHeight] = [112, 92, 28, 72];

export const samples: ReportSection = defineSection({
  kind: "samples",
  summary: "Samples decomposed: what went in, what came out, what is missing, and which concepts made it.",
  draw({ models }) {
    const count = Math.max(0, ...models.map(({ samples = [] }) => samples.length));
    if (count === 0) return undefined;
    const drawn = drawnFunctions(models);
    const signed = drawn.some(({ values }) => hasNegative(values));
    const panels = Array.from({ length: count }, (_, s) => {
      const rows = models.flatMap((model, m) => {
        const sample = model.samples?.[s];
        return sample === undefined ? [] : [samplePanel(model, m, sample, { signed, id: `photo-${m}-${s}` })];
      });
      const name = models.map(({ samples = [] }) => samples[s]?.name).find((known) => known !== undefined);
      return html`<div class="sample"><h3>${name ?? `Sample ${s + 1}`}</h3>${rows}</div>`;
    });
    return {
      title: "Samples decomposed",
      reading: [
        drawn.some(isPlane) &&
          "Input and reconstruction are drawn in the colors of the input's scale, the same under every model; the residual, input minus reconstruction, twice as strong.",
        !drawn.every(isPlane) &&
          "Lines of input and reconstruction share the scale of the input, the same under every model; the residual, input minus reconstruction, is drawn twice as high.",
        ...conceptNotes(models),
      ]
        .filter(Boolean)
        .join(" "),
      body: html`${legends(models, signed)}${panels}`,
    };
  },
});

const isPlane = ({ grid }: Pick<GridFunction, "grid">) => grid.length >= 2;

/** The inputs of all samples as they are drawn. */
function drawnFunctions(models: readonly ReportModel[]): GridFunction[] {
  return models.flatMap(({ samples = [], atoms }) =>
    samples.map((sample) => sampleFunction(sample.input, sample, atoms)),
  );
}

/** How to read what stands beside the fields, as maps and atoms are drawn. */
function conceptNotes(models: readonly ReportModel[]): string[] {
  const all = models.flatMap(({ samples = [] }) => samples);
  const maps = all.filter(({ concepts }) => concepts.some(({ map }) => map.length > 1));
  const where = [
    maps.some(({ photograph }) => photograph !== undefined) &&
      "contours over the image, of how much it adds to the reconstruction; a rectangle is what the strongest point can see, where that is not most of it",
    maps.some((sample) => isPlane(sample) && sample.photograph === undefined) &&
      "bright points on a faint picture of the input",
    maps.some((sample) => !isPlane(sample)) && "stems at the points",
  ].filter(Boolean);
  const place = where.length > 0 ? `where it is active (${where.join("; or ")}), ` : "";
  return [
    `Beside them are the active concepts, the strongest first: ${place}its atom and its share of the code's energy.`,
  ];
}

function legends(models: readonly ReportModel[], signed: boolean): Html | undefined {
  const model = models.find(({ samples = [] }) => samples.length > 0);
  const [sample] = model?.samples ?? [];
  if (model === undefined || sample === undefined) return undefined;
  const field = sampleFunction(sample.input, sample, model.atoms);
  const maps = isPlane(field) && sample.photograph === undefined && sample.concepts.some(({ map }) => map.length > 1);
  const gray = isPlane(field) && dataRange(planeOf(field), signed).kind === "gray";
  return html`<p class="note">${gray ? colorLegend("gray", "input: 0", "largest") : undefined}${functionLegend(field, gray ? "residual −" : "−", "+")}${
    maps ? colorLegend("points", "map: weak", "strong") : undefined
  } ${pictureNotes(field).join(" ")}</p>`;
}

interface Drawn {
  readonly signed: boolean;
  /** Of its photograph on the page. */
  readonly id: string;
}

type Photographed = Pick<NonNullable<ReportSample["photograph"]>, "grid" | "receptiveField"> & Pick<Drawn, "id">;

/** One sample as one model sees it: input, reconstruction, residual, and the active concepts by falling energy. */
function samplePanel(model: ReportModel, index: number, sample: ReportSample, { signed, id }: Drawn): Html {
  const { reconstruction, concepts } = sample;
  const input = sampleFunction(sample.input, sample, model.atoms);
  const residual = { ...input, values: sample.input.map((value, i) => value - reconstruction[i]) };
  const error = relativeNorm(squaresOf(residual.values), squaresOf(sample.input));
  const total = sample.codeEnergy ?? concepts.reduce((sum, { energy }) => sum + energy, 0);
  const sorted = [...concepts].sort((a, b) => b.energy - a.energy);
  const shown = sorted.slice(0, strongest);
  const left = sorted.length - shown.length;
  const output = { ...input, values: reconstruction };
  const fields = isPlane(input)
    ? planeFields(input, output, residual, signed)
    : lineFields(input, output, residual, modelColor(index));
  const { photograph } = sample;
  const picture = photograph && figure(photographElement(photograph.file, photograph.grid, id), html`the image`);
  const over = photograph && { ...photograph, id };
  const conceptFigures = shown.map((concept) => conceptFigure(model, index, input, concept, { total, over }));
  return html`<div class="panel"><p>${modelLabel(model.name, index)} <small>relative error ${formatNumber(error)}${
    left > 0 ? `, ${formatCount(left, "weaker concept")} not shown` : ""
  }</small></p><div class="panel-row"><div class="fields">${picture}${fields}</div><div class="concepts">${conceptFigures}</div></div></div>`;
}

/** The input decides the scale and the channels, so that they are the same under every model. */
function planeFields(
  input: GridFunction,
  reconstruction: GridFunction,
  residual: GridFunction,
  signed: boolean,
): Html[] {
  const shown = shownChannels(input.channels, input);
  const plane = planeOf(input, shown);
  const [range, { kind, limit }] = [dataRange(plane, signed), symmetricRange(plane)];
  const note = channelsNote(input, shown);
  const field = (description: string, values: GridFunction, of: typeof range, more?: Html) =>
    figure(functionElement(values, { size: fieldSize, range: of, shown, description }), html`${description}${more}`);
  return [
    field("input", input, range, note && html`<br>${note}`),
    field("reconstruction", reconstruction, range),
    field("residual", residual, { kind, limit: limit / residualGain }),
  ];
}

/** A row for each channel that is drawn. */
function lineFields(input: GridFunction, reconstruction: GridFunction, residual: GridFunction, color: string): Html[] {
  const limit = 1.05 * (largestMagnitude(input.values) || 1);
  const shown = shownChannels(input.channels, input);
  const rows = (picture: (channel: number) => Html) =>
    shown.map((channel) =>
      input.channels === 1 ? picture(channel) : html`${picture(channel)}<small>channel ${channel}</small>`,
    );
  const both = rows((channel) =>
    linePicture(
      [
        { values: channelOf(input, channel), color: "var(--ink)" },
        { values: channelOf(reconstruction, channel), color },
      ],
      { width: 2 * fieldSize, height: lineHeight, limit, description: "input and reconstruction" },
    ),
  );
  const rest = rows((channel) =>
    linePicture([{ values: channelOf(residual, channel), color }], {
      ...{ width: fieldSize, height: lineHeight, limit: limit / residualGain, description: "residual" },
    }),
  );
  return [
    figure(html`${both}`, html`input, reconstruction in the color of its model`),
    figure(html`${rest}`, html`residual`),
  ];
}

function conceptFigure(
  model: ReportModel,
  index: number,
  input: GridFunction,
  active: ReportConcept,
  { total, over }: { readonly total: number; readonly over: Photographed | undefined },
): Html {
  const { concept, map, energy } = active;
  const { atoms } = model;
  const known = concept >= 0 && concept < (atoms.shape[0] ?? 0);
  const description = `atom of concept ${concept}`;
  const atom = (size: number) =>
    known ? functionElement(atomFunction(atoms, concept), { size, description }) : undefined;
  const scalar = map.length === 1;
  const picture = scalar
    ? atom(conceptSize)
    : over === undefined
      ? mapElement(input, active, index)
      : overPhotograph(input, active, over);
  const thumb = scalar ? undefined : html`<span class="thumb">${atom(atomSize)}</span>`;
  const name = conceptLabel(
    model,
    concept,
    shownConcepts(model).includes(concept) ? `#atom-${index}-${concept}` : undefined,
  );
  return figure(picture, html`${thumb}<span>${name}<br>${formatShare(total > 0 ? energy / total : 0)}</span>`);
}

/** The map of a concept over the photograph that stands at the head of the row. */
function overPhotograph(
  input: GridFunction,
  { concept, map, where = map.map(Math.abs) }: ReportConcept,
  { id, grid, receptiveField }: Photographed,
): Html {
  const outline = mapOutline(where, input.grid, { grid, receptiveField });
  const over = outline === undefined ? undefined : outlineElement(outline);
  return html`<div class="shot" style="width:${conceptSize}px" role="img" aria-label="where concept ${concept} is active"><svg class="photo" viewBox="0 0 ${grid[1]} ${grid[0]}"><use href="#${id}"/></svg>${over}</div>`;
}

function mapElement(input: GridFunction, { concept, map }: ReportConcept, index: number): Html {
  const description = `where concept ${concept} is active`;
  if (!isPlane(input)) {
    const stems = [{ values: map, color: modelColor(index) }];
    return linePicture(stems, { width: conceptSize, height: lineHeight, stems: true, description });
  }
  const { values } = planeOf({ values: map, grid: input.grid, channels: 1 });
  const picture = mapPicture(values, { input: lengthPlane(input), size: 2 * conceptSize });
  return pictureElement(picture, conceptSize, description);
}

function squaresOf(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value * value, 0);
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
  return asDrawn(values, grid.length > 0 ? [...grid, channels] : (sampleShape ?? [channels]));
}
