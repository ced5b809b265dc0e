import type { ConceptSummary } from "@saeno/inspect";
import { nameElement } from "../page/concept-name.ts";
import { type Html, html } from "../page/html.ts";
import { formatCost, formatCount, formatNumber, formatShare } from "../page/numbers.ts";
import { documentText } from "../page/page.ts";
import type { AtomThumbnails } from "./atom-thumbnails.ts";
import { byCost, type ConceptSet } from "./concept-data.ts";
import { channelName, effectsNote, mainEffects } from "./network-part.ts";

/** The page that lists all concepts, those that cost most to lose first, and links to those that have a page. */
export function renderConceptList(set: ConceptSet, thumbnails: AtomThumbnails): string {
  const { title, about, summaries, names, pages, effects = [], note } = set;
  const main = mainEffects(effects);
  const changes = new Map(main?.concepts.map((effect) => [effect.concept, effect]));
  const { power, error, data, labelNames } = about;
  const linked = new Set(pages);
  const bySummary = new Map(summaries.map((summary) => [summary.concept, summary]));
  const cell = ({ concept, cost, share, count, label }: ConceptSummary): Html => {
    const text = html`<b>${concept}</b>${nameElement(concept, names.get(concept))}`;
    const tells = label !== undefined && label.auc >= clearlyTells;
    const told = tells ? html`<br>tells ${labelNames?.[label.label] ?? label.label}` : undefined;
    const use = count === 0 ? "dead" : html`${formatCost(cost / power)} · in ${formatShare(share)}`;
    const effect = changes.get(concept);
    const [most] = effect?.channels ?? [];
    const changed =
      main === undefined || effect === undefined
        ? undefined
        : html`<br>changes ${formatCost(effect.change)}${most === undefined ? undefined : html`, ${channelName(most.channel, main)}`}`;
    return html`<figure class="${count === 0 ? "dead" : "alive"}">${thumbnails.of(concept)}<figcaption>${
      linked.has(concept) ? html`<a href="${concept}.html">${text}</a>` : text
    }<br>${use}${told}${changed}</figcaption></figure>`;
  };
  const cells = byCost(summaries).flatMap((concept) => {
    const summary = bySummary.get(concept);
    return summary === undefined ? [] : [cell(summary)];
  });
  const dead = summaries.filter(({ count }) => count === 0).length;
  const without = summaries.filter(({ concept, count }) => count > 0 && !linked.has(concept)).length;
  const body = html`<main class="list">
<nav><a href="../report.html">${title}</a></nav>
<header><h1>${formatCount(summaries.length, "concept")}</h1>
<p>Those that cost most to lose come first. Below each its number and name; by how much the squared error rises without it, as a share of the samples’ squares (the error is ${formatShare(error / power)}); and the share of samples that it is active in.${
    dead > 0 ? ` ${formatNumber(dead)} are active in none.` : ""
  } Measured on ${data}.</p>${main === undefined ? undefined : html`<p>${effectsNote(main)}</p>`}${
    note === undefined ? undefined : html`<p class="note">${note}</p>`
  }${
    without > 0
      ? html`<p class="note">Underlined ones have a page. That of another, such as 7, is written by: saeno concepts RUN --concept 7; those of all by: saeno concepts RUN --pages all</p>`
      : undefined
  }</header>
<div class="cells">${cells}</div>
</main>`;
  return documentText({ title: html`<title>Concepts: ${title}</title>`, style: "style.css", body });
}

/** The AUC from which on a concept is said to tell a class. */
const clearlyTells = 0.8;
