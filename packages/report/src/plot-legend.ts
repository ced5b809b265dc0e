import { type Html, html } from "./html.ts";

export interface LegendEntry {
  readonly name: string;
  /** Any CSS color. */
  readonly color: string;
  /** Lengths of strokes and gaps; solid without. */
  readonly dash?: string;
}

/** The names in a picture, each behind a line as it is drawn. Nothing without names. */
export function plotLegend(entries: readonly LegendEntry[]): Html | undefined {
  if (entries.length === 0) return undefined;
  const items = entries.map(({ name, color, dash }) => {
    const dashes = dash === undefined ? undefined : html` stroke-dasharray="${dash}"`;
    return html`<li><svg aria-hidden="true" width="24" height="4" style="color:${color}"><path d="M0 2H24" stroke="currentColor" stroke-width="2.5"${dashes}/></svg>${name}</li>`;
  });
  return html`<ul class="curves">${items}</ul>`;
}
