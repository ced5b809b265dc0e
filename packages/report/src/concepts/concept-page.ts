import { relativeNorm } from "@saeno/backend";
import { type Coactive, type IndexedConcept, type IndexHeader, mostChannels, type SampleRecord } from "@saeno/inspect";
import { max, range, sum } from "d3-array";
import { nameElement, titleElement } from "../page/concept-name.ts";
import { type Html, type HtmlValue, html } from "../page/html.ts";
import { formatCost, formatCount, formatGrid, formatNumber, formatShare } from "../page/numbers.ts";
import { documentText } from "../page/page.ts";
import { middleOf, middleShare } from "../pictures/crop.ts";
import {
  channelsNote,
  functionElement,
  functionLegend,
  linePicture,
  pictureNotes,
} from "../pictures/function-picture.ts";
import { pictureElement } from "../pictures/picture.ts";
import {
  channelOf,
  dataRange,
  type GridFunction,
  hasNegative,
  largestMagnitude,
  planeOf,
  planePicture,
  shownChannels,
  symmetricRange,
} from "../pictures/plane.ts";
import type { AtomThumbnails } from "./atom-thumbnails.ts";
import type { ConceptPageData, ConceptSet, Removal } from "./concept-data.ts";
import { siteText } from "./concept-words.ts";
import { outlineElement } from "./map-outline.ts";
import { networkPart } from "./network-part.ts";
import { amplitudes } from "./spectrum.ts";

/** Samples of most energy, samples by quantile, and concepts active with it that are shown, at most. */
export const shownTop: number = 12;
export const shownDrawn: number = 6;
const shownPartners = 12;
/** CSS pixels of pictures in the first column, and of a sample with and without the concept. */
const [atomSize, removalSize] = [150, 150];
/** Channels that have a bar each, at most. */
const mostBars = 32;

/** The page of a concept: what it is, on one screen. It stands in a folder with its style, the pictures of samples, and the other pages. */
export function renderConceptPage(set: ConceptSet, data: ConceptPageData, thumbnails: AtomThumbnails): string {
  const { concept, samples } = data;
  const { names } = set;
  const drawn = spread(concept.drawn, shownDrawn);
  const name = names.get(concept.concept);
  const body = html`<main class="concept">
${navigation(set, concept.concept)}
<header><h1>Concept ${concept.concept}${nameElement(concept.concept, name)}</h1><p>${facts(set, concept)}</p>${
    set.note === undefined ? undefined : html`<p class="note">${set.note}</p>`
  }</header>
<div class="columns">
<div>${[...atomParts(data, set.about), histogramPart(concept)]}</div>
<div>${[
    networkPart(set.effects ?? [], concept.concept, data.changed),
    sampleGrid(
      "Samples with most of it",
      concept.top.slice(0, shownTop).filter(({ sample }) => samples.has(sample)),
      set,
      data,
    ),
    sampleGrid(
      "From little of it to much",
      drawn.filter(({ sample }) => samples.has(sample)),
      set,
      data,
    ),
    data.removal === undefined ? undefined : removalPart(data.removal),
  ]}</div>
<div>${[labelPart(set, concept), partnersPart(set, concept, thumbnails)]}</div>
</div>
</main>`;
  return documentText({ title: titleElement(concept.concept, name), style: "style.css", body });
}

/** Some records of a list, evenly spread from its first to its last. */
export function spread<Item>(items: readonly Item[], most: number): Item[] {
  if (items.length <= most) return [...items];
  return range(most).map((i) => items[Math.round((i * (items.length - 1)) / (most - 1))]);
}

function navigation({ title, pages, names }: ConceptSet, concept: number): Html {
  const at = pages.indexOf(concept);
  const link = (text: string, to: number | undefined) =>
    to === undefined ? undefined : html`<a href="${to}.html">${text} ${to}${nameElement(to, names.get(to))}</a>`;
  return html`<nav><a href="../report.html">${title}</a><a href="index.html">all concepts</a>${link("costs more:", pages[at - 1])}${link("costs less:", at < 0 ? undefined : pages[at + 1])}</nav>`;
}

/** What a concept is, in words. */
function facts({ about, summaries }: ConceptSet, concept: IndexedConcept): HtmlValue {
  const { power, error, samples, data } = about;
  const { share, count, cost, site, atom } = concept;
  if (count === 0) return `It is active in none of ${data}.`;
  const rank = 1 + summaries.filter((other) => other.count > 0 && other.cost > cost).length;
  const active = summaries.filter((other) => other.count > 0).length;
  const costs =
    cost < 0
      ? html`<b>Does harm</b>: without it the squared error is lower by ${formatCost(-cost / power)} of the samples’ squares`
      : html`<b>Costs ${formatCost(cost / power)}</b> of the samples’ squares to lose (the error is ${formatShare(error / power)}): number ${rank} of ${active}`;
  const { orientation, anisotropy = 0, frequency } = atom;
  const waves =
    frequency === undefined || frequency.every((f) => f === 0)
      ? undefined
      : `strongest at ${frequency.map((f) => formatNumber(f)).join(", ")} cycles${
          orientation === undefined || anisotropy < 0.3
            ? ""
            : `, waves at ${Math.round((180 * orientation) / Math.PI)}°`
        }`;
  const parts = [
    html`active in <b>${formatShare(share)}</b> of ${formatCount(samples, "sample")}`,
    site === undefined ? undefined : siteText(site),
    waves,
  ].filter((part) => part !== undefined);
  return html`${costs}; ${parts.map((part, i) => html`${i === 0 ? "" : "; "}${part}`)}. <small>Measured on ${data}.</small>`;
}

function part(title: HtmlValue, body: HtmlValue, note?: HtmlValue): Html {
  return html`<section><h2>${title}</h2>${body}${note === undefined ? undefined : html`<p class="note">${note}</p>`}</section>`;
}

function figure(picture: HtmlValue, caption: HtmlValue): Html {
  return html`<figure>${picture}<figcaption>${caption}</figcaption></figure>`;
}

/** The atom, the same between its points, its spectrum, where it is active on the whole, and its channels. */
function atomParts({ atom, fine, concept }: ConceptPageData, about: IndexHeader): Html[] {
  const shown = shownChannels(atom.channels, atom);
  const drawn = (field: GridFunction, description: string) =>
    functionElement(field, { size: atomSize, shown, description });
  const onGrid = atom.grid.length === 1 && atom.channels === 1 ? `${atom.grid[0]} points` : formatGrid(atom.grid);
  const pictures = [
    figure(drawn(atom, "atom"), html`atom, ${onGrid} ${channelsNote(atom, shown)}`),
    fine === undefined ? undefined : fineFigure(fine, drawn),
    about.grid.length === 0 && atom.grid.length === 1 ? undefined : spectrumFigure(atom),
    siteFigure(concept, about),
  ];
  const legend = functionLegend(atom, "−", "+");
  const notes = pictureNotes(atom);
  return [
    part(
      "Atom",
      html`<div class="figures">${pictures}</div>`,
      legend === undefined && notes.length === 0 ? undefined : html`${legend} ${notes.join(" ")}`,
    ),
    ...[channelPart(atom, concept)].filter((each) => each !== undefined),
  ];
}

/** The atom between the points of the grid, and closely where it fills only the middle. */
function fineFigure(fine: GridFunction, drawn: (field: GridFunction, description: string) => Html): Html {
  const share = fine.grid.length === 2 ? middleShare(fine) : 1;
  const caption = `on ${formatGrid(fine.grid)}${share === 1 ? "" : `, the middle ${share === 0.5 ? "half" : "quarter"}`}`;
  return figure(drawn(middleOf(fine, share), "atom on a finer grid"), caption);
}

function spectrumFigure(atom: GridFunction): Html | undefined {
  const field = amplitudes(atom);
  if (field === undefined || field.values.length < 2) return undefined;
  const reach = Math.max(...field.grid.map((count) => (count - 1) / 2));
  if (field.grid.length === 1) {
    // Those of a real function are the same below zero.
    const values = Float32Array.from(field.values).subarray((field.values.length - 1) / 2);
    const picture = linePicture([{ values, color: "var(--model-0)" }], {
      ...{ width: atomSize, height: Math.round(0.6 * atomSize), stems: true, description: "spectrum" },
    });
    return figure(picture, `spectrum, 0 to ${formatNumber(reach)} cycles`);
  }
  const plane = planeOf(field);
  const picture = planePicture(plane, { kind: "gray", low: 0, high: largestMagnitude(plane.values) || 1 });
  return figure(
    pictureElement(picture, atomSize, "spectrum"),
    `spectrum, to ${formatNumber(reach)} cycles, 0 in the middle`,
  );
}

/** Where on the domain it is active, over all samples. */
function siteFigure({ map, count }: IndexedConcept, { siteGrid }: IndexHeader): Html | undefined {
  if (map === undefined || count === 0 || siteGrid.length === 0) return undefined;
  const field = { values: map, grid: siteGrid, channels: 1 };
  if (siteGrid.length === 1) {
    const picture = linePicture([{ values: map, color: "var(--model-1)" }], {
      ...{ width: atomSize, height: Math.round(0.6 * atomSize), stems: true, description: "places" },
    });
    return figure(picture, "its places, all samples");
  }
  const plane = planeOf(field);
  const picture = planePicture(plane, { kind: "gray", low: 0, high: largestMagnitude(plane.values) || 1 });
  return figure(pictureElement(picture, atomSize, "places"), "its places, all samples");
}

function channelPart(atom: GridFunction, { atom: { channels } }: IndexedConcept): Html | undefined {
  if (atom.grid.length === 0 || atom.channels < 2) return undefined;
  const energies = range(atom.channels).map((channel) => sum(channelOf(atom, channel), (value) => value ** 2));
  const total = sum(energies) || 1;
  const shown =
    atom.channels <= mostBars
      ? energies.map((energy, channel) => ({ channel, share: energy / total }))
      : channels.slice(0, mostChannels);
  const most = max(shown, ({ share }) => share) || 1;
  const [bar, height] = [100 / shown.length, 44];
  const bars = shown.map(({ share }, i) => {
    const size = (height * share) / most || 0;
    return html`<path d="M${(bar * i).toFixed(1)} ${height}v-${size.toFixed(1)}h${(0.82 * bar).toFixed(1)}V${height}z"/>`;
  });
  const strongest = channels.slice(0, 4).map(({ channel, share }) => `${channel}: ${formatShare(share)}`);
  return part(
    "Channels",
    html`<svg class="chart" role="img" aria-label="energy by channel" viewBox="0 0 100 ${height}" preserveAspectRatio="none">${bars}</svg>`,
    `${shown.length < atom.channels ? `The strongest ${shown.length} of ${atom.channels}.` : `Channels 0 to ${atom.channels - 1}, by energy.`} ${strongest.join(", ")}`,
  );
}

function sampleGrid(
  title: string,
  records: readonly SampleRecord[],
  { about }: ConceptSet,
  { samples, signed, photographs = false }: ConceptPageData,
): Html | undefined {
  if (records.length === 0) return undefined;
  const shots = records.map((record) => {
    const { file = "", label, outline } = samples.get(record.sample) ?? {};
    const caption = html`<b>${record.sample}</b>${label === undefined ? "" : ` ${label}`} <small>${
      record.quantile === undefined ? formatCost(record.cost / about.power) : `${formatShare(record.quantile)}`
    }</small>`;
    const over = outline === undefined ? undefined : outlineElement(outline);
    return html`<figure><div class="shot"><img src="${file}" alt="sample ${record.sample}" loading="lazy">${over}</div><figcaption>${caption}</figcaption></figure>`;
  });
  const hasMaps = records.some(({ sample }) => samples.get(sample)?.outline !== undefined);
  const says = records.every(({ quantile }) => quantile !== undefined)
    ? "number; how many of the samples with it have no more"
    : `number${records.some(({ sample }) => samples.get(sample)?.label !== undefined) ? ", label" : ""}; cost in this sample`;
  return html`<section><h2>${title} <small>${says}${hasMaps ? "; lines: where it is" : ""}</small></h2><div class="${photographs ? "shots photographs" : signed ? "shots signed" : "shots"}">${shots}</div></section>`;
}

/** A sample, what the model makes of it, what it makes of it without the concept, and the difference. */
function removalPart({ sample, input, reconstruction, without }: Removal): Html {
  const difference = {
    ...input,
    values: Float32Array.from(input.values, (_, i) => reconstruction.values[i] - without.values[i]),
  };
  const error = (field: GridFunction) =>
    relativeNorm(
      sum(input.values, (value, i) => (value - field.values[i]) ** 2),
      sum(input.values, (value) => value ** 2),
    );
  const shown = shownChannels(input.channels, input);
  const isPlane = input.grid.length >= 2;
  const limit = 1.05 * (largestMagnitude(input.values) || 1);
  const lines = (field: GridFunction, description: string, scale?: number) =>
    shown.map((channel) =>
      linePicture([{ values: channelOf(field, channel), color: "var(--model-0)" }], {
        ...{ width: removalSize, height: Math.round(0.6 * removalSize), description },
        ...(scale === undefined ? {} : { limit: scale }),
      }),
    );
  const range = isPlane ? dataRange(planeOf(input, shown), hasNegative(input.values)) : undefined;
  const drawn = (field: GridFunction, description: string) =>
    range === undefined
      ? html`${lines(field, description, limit)}`
      : functionElement(field, { size: removalSize, range, shown, description });
  const taken = isPlane
    ? functionElement(difference, {
        size: removalSize,
        range: symmetricRange(planeOf(difference, shown)),
        shown,
        description: "difference",
      })
    : html`${lines(difference, "difference")}`;
  return html`<section><h2>Without it <small>in sample ${sample}</small></h2><div class="figures removal">${[
    figure(drawn(input, "sample"), "the sample"),
    figure(
      drawn(reconstruction, "reconstruction"),
      html`reconstruction <small>error ${formatNumber(error(reconstruction))}</small>`,
    ),
    figure(
      drawn(without, "reconstruction without it"),
      html`without it <small>error ${formatNumber(error(without))}</small>`,
    ),
    figure(taken, html`what it adds <small>on its own scale</small>`),
  ]}</div></section>`;
}

function histogramPart({ histogram, energy, count }: IndexedConcept): Html | undefined {
  const { counts, edges } = histogram;
  const most = max(counts);
  if (count === 0 || most === undefined || counts.length === 0) return undefined;
  const [bar, height] = [100 / counts.length, 60];
  const bars = counts.map((number, i) => {
    if (number === 0) return "";
    const size = Math.max(1, (height * number) / most).toFixed(1);
    return `M${(bar * i).toFixed(1)} ${height}v-${size}h${(0.88 * bar).toFixed(1)}v${size}z`;
  });
  return part(
    "Energy where it is active",
    html`<svg class="chart" role="img" aria-label="how many samples have how much of it" viewBox="0 0 100 ${height}" preserveAspectRatio="none"><path d="${bars.join("")}"/></svg><p class="ends"><span>${formatNumber(edges[0])}</span><span>median ${formatNumber(energy.quantiles[3])}</span><span>${formatNumber(edges.at(-1))}</span></p>`,
  );
}

function labelPart({ about }: ConceptSet, { label }: IndexedConcept): Html | undefined {
  if (label === undefined) return undefined;
  const name = about.labelNames?.[label.label] ?? String(label.label);
  return part(
    "Label",
    html`<p>Tells <b>${name}</b> best: AUC ${formatNumber(label.auc, 2)}, ${label.information.toFixed(2)} bits</p>`,
  );
}

function partnersPart(
  { names, pages }: ConceptSet,
  { coactive }: IndexedConcept,
  thumbnails: AtomThumbnails,
): Html | undefined {
  const shown = coactive.slice(0, shownPartners);
  if (shown.length === 0) return undefined;
  const hasOverlap = shown.some(({ overlap }) => Number.isFinite(overlap));
  const linked = new Set(pages);
  const row = ({ concept, count, lift, overlap }: Coactive) => {
    const text = html`<b>${concept}</b>${nameElement(concept, names.get(concept))}`;
    const link = linked.has(concept) ? html`<a href="${concept}.html">${text}</a>` : text;
    return html`<tr><td>${thumbnails.of(concept)}</td><th>${link}</th><td class="number">${formatNumber(lift)}×</td><td class="number">${formatNumber(count)}</td>${
      hasOverlap ? html`<td class="number">${formatNumber(overlap, 2)}</td>` : undefined
    }</tr>`;
  };
  return part(
    "Active together with",
    html`<table><thead><tr><th></th><th>concept</th><th class="number">lift</th><th class="number">samples</th>${
      hasOverlap ? html`<th class="number">overlap</th>` : undefined
    }</tr></thead><tbody>${shown.map(row)}</tbody></table>`,
    `Lift: how many times as often as by chance${hasOverlap ? "; overlap: how alike the places are" : ""}.`,
  );
}
