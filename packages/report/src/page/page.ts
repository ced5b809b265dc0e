import { type Html, type HtmlValue, html } from "./html.ts";
import { stylesheet } from "./stylesheet.ts";

export interface Page {
  readonly title: string;
  /** A few words above the title. */
  readonly eyebrow: string;
  /** Paragraphs below the title. */
  readonly summary?: readonly string[] | undefined;
  /** What else the header holds, below the summary. */
  readonly head?: HtmlValue;
  readonly sections: readonly Section[];
}

/** A titled part of a page. */
export interface Section {
  readonly id: string;
  readonly title: string;
  /** How to read it, in a sentence or two. */
  readonly reading: string;
  readonly body: Html;
}

/** A page as HTML text that carries its own style, and needs neither a network nor scripts. */
export function pageText({ title, eyebrow, summary = [], head, sections }: Page): string {
  const body = html`<main>
<header><p class="eyebrow">${eyebrow}</p><h1>${title}</h1>${summary.map((line) => html`<p>${line}</p>`)}${head}</header>
${sections.map(sectionElement)}
</main>`;
  return documentText({ title: html`<title>${title}</title>`, body });
}

interface Document {
  readonly title: Html;
  readonly body: Html;
  /** The file of its style. Default: it carries its own. */
  readonly style?: string;
}

/** A document as HTML text. */
export function documentText({ title, body, style }: Document): string {
  const ofStyle =
    style === undefined
      ? html`<style>${{ markup: stylesheet }}</style>`
      : html`<link rel="stylesheet" href="${style}">`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
${title}
${ofStyle}
</head>
<body>
${body}
</body>
</html>
`.markup;
}

function sectionElement({ id, title, reading, body }: Section): Html {
  return html`<section id="${id}"><h2>${title}</h2><p class="reading">${reading}</p>${body}</section>`;
}

/** A value as JSON, folded. Nothing for what JSON cannot hold. */
export function foldedJson(value: unknown, summary = "Show as JSON"): Html | undefined {
  const text = JSON.stringify(value, null, 2);
  if (text === undefined) return undefined;
  return html`<details><summary>${summary}</summary><pre>${text}</pre></details>`;
}
