/** What a concept does to the outputs of the network whose layer it is of. */
import { type ChannelChange, type ConceptEffect, editInWords, type KeptEffects } from "@saeno/inspect";
import { maxIndex, range } from "d3-array";
import { type Html, type HtmlValue, html } from "../page/html.ts";
import { formatCost, formatCount, formatGrid, formatNumber, formatShare } from "../page/numbers.ts";
import { pictureElement } from "../pictures/picture.ts";
import { channelOf, type GridFunction, largestMagnitude, type Plane, planePicture } from "../pictures/plane.ts";
import { type MapOutline, outlineElement } from "./map-outline.ts";

/** An output for one image, without and with the edit of a concept. */
export interface ChangedOutput {
  /** Which of the images that effects were measured on. */
  readonly sample: number;
  /** Values 0 to 1. */
  readonly image: GridFunction;
  /** Where the concept is. */
  readonly outline?: MapOutline | undefined;
  /** `[...grid, channels]`, or `[channels]` of a classifier. */
  readonly shape: readonly number[];
  readonly before: Float32Array;
  readonly after: Float32Array;
}

/** The effects that pages speak of first: those of removal, the newest. */
export function mainEffects(effects: readonly KeptEffects[]): KeptEffects | undefined {
  return effects.find(({ edit }) => "factor" in edit && edit.factor === 0) ?? effects[0];
}

/** CSS pixels of a picture. */
const size = 150;
/** Classes whose numbers are told, at most. */
const mostClasses = 6;

/** Effects on the page of a concept. @param file of the photograph of `changed`. */
export function networkPart(
  effects: readonly KeptEffects[],
  concept: number,
  changed: (ChangedOutput & { readonly file: string }) | undefined,
): Html | undefined {
  const main = mainEffects(effects);
  const own = main?.concepts.find((each) => each.concept === concept);
  if (main === undefined || own === undefined) return undefined;
  const others = effects.flatMap((each) => {
    const effect = each === main ? undefined : each.concepts.find((other) => other.concept === concept);
    const { edit, output } = each;
    return effect === undefined
      ? []
      : [html`<li>${editInWords(edit)}: ${changeText(effect, each)} <small>${output}</small></li>`];
  });
  const rank = 1 + main.concepts.findIndex((each) => each.concept === concept);
  const guess =
    own.attribution === undefined
      ? undefined
      : html` The gradient guesses ${signed(own.attribution)} of the output, the truth is ${signed(own.effect)}.`;
  return html`<section><h2>What the network says without it <small>${main.output} of ${main.layer}</small></h2><p>With it ${editInWords(main.edit)} ${changeText(own, main)}: number ${rank} of ${main.concepts.length}.${guess}</p>${
    others.length > 0 ? html`<ul>${others}</ul>` : undefined
  }${changed === undefined ? undefined : changedPart(main, changed)}</section>`;
}

/** `it changes by 12%, most in dog (63% of that, less of it)`. */
function changeText({ change, channels = [] }: ConceptEffect, effects: KeptEffects): Html {
  const told = channels.filter(({ share }, i) => share > 0 && (i === 0 || share >= leastShare));
  const most = told.map(
    (channel) =>
      html`${channelName(channel.channel, effects)} (${formatShare(channel.share)}, ${directionText(channel)})`,
  );
  const list = most.map((text, i) => html`${i === 0 ? "" : ", "}${text}`);
  return html`the output changes by <b>${formatCost(change)}</b>${most.length > 0 ? html`, most in ${list}` : undefined}`;
}

/** Other channels than the first have to have this share of the change to be told. */
const leastShare = 0.1;

function directionText({ direction }: ChannelChange): string {
  return direction < -0.3 ? "less of it" : direction > 0.3 ? "more of it" : "more in places, less in others";
}

export function channelName(channel: number, { channelNames }: Pick<KeptEffects, "channelNames">): string {
  return channelNames?.[channel] ?? `channel ${channel}`;
}

function signed(share: number): string {
  return `${share < 0 ? "−" : "+"}${formatCost(Math.abs(share))}`;
}

/** The photograph, and the output without and with the edit. */
function changedPart(
  effects: KeptEffects,
  { sample, outline, shape, before, after, file }: ChangedOutput & { readonly file: string },
): Html {
  const over = outline === undefined ? undefined : outlineElement(outline);
  const photograph = figure(
    html`<div class="shot"><img src="${file}" alt="image ${sample}" loading="lazy">${over}</div>`,
    html`image ${sample} <small>where it is</small>`,
  );
  const count = shape.at(-1) ?? 1;
  const grid = shape.slice(0, -1);
  if (grid.length !== 2) {
    const rows = grid.length === 0 ? classRows(effects, before, after) : undefined;
    return html`<div class="figures changed">${photograph}${rows}</div>`;
  }
  // The channel that changes most in this image.
  const squares = new Float64Array(count);
  for (let i = 0; i < before.length; i++) squares[i % count] = squares[i % count] + (after[i] - before[i]) ** 2;
  const channel = maxIndex(squares);
  const plane = (values: Float32Array): Plane => ({ width: grid[1], height: grid[0], channels: 1, values });
  const of = (values: Float32Array) => plane(Float32Array.from(channelOf({ values, grid, channels: count }, channel)));
  const [clean, edited] = [of(before), of(after)];
  const low = Math.min(...clean.values, ...edited.values);
  const high = Math.max(...clean.values, ...edited.values);
  const map = (shown: Plane, description: string) =>
    pictureElement(planePicture(shown, { kind: "gray", low, high }), size, description);
  const difference = plane(clean.values.map((value, i) => edited.values[i] - value));
  const limit = largestMagnitude(difference.values) || 1;
  const name = count === 1 ? effects.output : channelName(channel, effects);
  const peak = ({ values }: Plane) => formatNumber(Math.max(...values));
  return html`<div class="figures changed">${[
    photograph,
    figure(map(clean, "output"), html`${name} <small>at most ${peak(clean)}</small>`),
    figure(
      map(edited, "output after the edit"),
      html`${editInWords(effects.edit)} <small>at most ${peak(edited)}</small>`,
    ),
    figure(
      pictureElement(planePicture(difference, { kind: "diverging", limit }), size, "difference"),
      html`what changes <small>to ±${formatNumber(limit)}</small>`,
    ),
  ]}</div>`;
}

/** The classes that change most. */
function classRows(effects: KeptEffects, before: Float32Array, after: Float32Array): Html {
  const order = range(before.length).sort((a, b) => Math.abs(after[b] - before[b]) - Math.abs(after[a] - before[a]));
  const rows = order
    .slice(0, mostClasses)
    .map(
      (channel) =>
        html`<tr><th>${channelName(channel, effects)}</th><td class="number">${formatNumber(before[channel])}</td><td class="number">${formatNumber(after[channel])}</td></tr>`,
    );
  return html`<table><thead><tr><th>output</th><th class="number">as it is</th><th class="number">${editInWords(effects.edit)}</th></tr></thead><tbody>${rows}</tbody></table>`;
}

function figure(picture: HtmlValue, caption: HtmlValue): Html {
  return html`<figure>${picture}<figcaption>${caption}</figcaption></figure>`;
}

/** What effects are, on what they were measured, and how far the gradient can be trusted: once for all concepts. */
export function effectsNote(effects: KeptEffects): Html {
  const { output, network, layer, samples, edit, rankCorrelation, pairs } = effects;
  return html`Effect: how much ${output} of ${network} changes, as a share of its norm, with the concept ${editInWords(edit)} in ${layer}; the mean over ${formatCount(samples, "image")}, one run of the rest of the network for each edit.${
    rankCorrelation === undefined
      ? undefined
      : html` Of how much of the output is lost or gained, attribution is the guess by the gradient, one run for all: it ranks ${formatCount(pairs, "pair")} of an image and a concept as the truth does with Spearman’s correlation ${formatNumber(rankCorrelation)}.`
  }`;
}

/** In words, the image that receptive fields are parts of. */
export function fieldNote(grid: readonly number[], receptiveField: readonly number[] | undefined): string {
  if (receptiveField === undefined) return "";
  if (receptiveField.every((points, axis) => points >= grid[axis]))
    return `A point of the map can see ${formatGrid(receptiveField)} points: most or all of an image.`;
  return `Rectangles: what the point where it is strongest can see, ${formatGrid(receptiveField)} points.`;
}
