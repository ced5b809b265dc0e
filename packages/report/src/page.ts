import { type HtmlValue, html } from "./html.ts";
import { stylesheet } from "./stylesheet.ts";

export interface Page {
  readonly title: string;
  /** A few words above the title. */
  readonly eyebrow: string;
  /** Paragraphs below the title. */
  readonly summary?: readonly string[] | undefined;
  /** What else the header holds, below the summary. */
  readonly head?: HtmlValue;
  readonly body: HtmlValue;
}

/** A page as HTML text that carries its own style, and needs neither a network nor scripts. */
export function pageText({ title, eyebrow, summary = [], head, body }: Page): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${{ markup: stylesheet }}</style>
</head>
<body>
<main>
<header><p class="eyebrow">${eyebrow}</p><h1>${title}</h1>${summary.map((line) => html`<p>${line}</p>`)}${head}</header>
${body}
</main>
</body>
</html>
`.markup;
}
