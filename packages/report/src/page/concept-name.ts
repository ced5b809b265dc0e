/**
 * What people call concepts, on a page. Every place for a name is marked with its concept, also where there is none yet: a name that is given later is put
 * into pages that are there, without the model and its data.
 */
import { type Html, html } from "./html.ts";

/** The name of a concept behind its number: nothing to be seen where it has none. */
export function nameElement(concept: number, name: string | undefined): Html {
  return html`<span class="name" data-concept="${concept}">${name === undefined ? "" : ` ${name}`}</span>`;
}

/** The title of the page of a concept. */
export function titleElement(concept: number, name: string | undefined): Html {
  return html`<title data-concept="${concept}">Concept ${concept}${name === undefined ? "" : ` ${name}`}</title>`;
}

/** A page with another name for a concept; an empty name removes it. */
export function withConceptName(page: string, concept: number, name: string): string {
  const text = name === "" ? undefined : name;
  const [element, title] = [nameElement(concept, text).markup, titleElement(concept, text).markup];
  // Functions, as a name may hold what a replacement would take for a pattern.
  return page
    .replaceAll(new RegExp(`<span class="name" data-concept="${concept}">[^<]*</span>`, "g"), () => element)
    .replaceAll(new RegExp(`<title data-concept="${concept}">[^<]*</title>`, "g"), () => title);
}
