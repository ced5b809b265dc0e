import type { ReportModel } from "../data/report-data.ts";
import { nameElement } from "../page/concept-name.ts";
import { type Html, html } from "../page/html.ts";

/** A concept by its number and name, linked to its page where it has one, or else to its place in the report. */
export function conceptLabel(
  { names, pages }: Pick<ReportModel, "names" | "pages">,
  concept: number,
  anchor?: string,
): Html {
  const [number, at] = [html`<b>${concept}</b>`, pages?.get(concept) ?? anchor];
  const linked = at === undefined ? number : html`<a href="${at}">${number}</a>`;
  return html`${linked}${nameElement(concept, names?.get(concept))}`;
}
