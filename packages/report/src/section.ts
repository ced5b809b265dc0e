import { type Html, html } from "./html.ts";

/** A titled part of the page. `reading` says in a sentence how to read it. */
export interface Section {
  readonly id: string;
  readonly title: string;
  readonly reading: string;
  readonly body: Html;
}

export function sectionElement({ id, title, reading, body }: Section): Html {
  return html`<section id="${id}"><h2>${title}</h2><p class="reading">${reading}</p>${body}</section>`;
}
