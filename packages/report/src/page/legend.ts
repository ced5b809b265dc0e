import { type Html, html } from "./html.ts";

const light = ["#4653c4", "#d97706", "#0d8f7f", "#b83280", "#6b7280", "#7c5e10", "#2382c9", "#b4412f"];

/** How many colors there are before they repeat. */
export const modelColors: number = light.length;

/** The color of the model at an index, the same in every picture: a CSS variable, with a fallback where there is no stylesheet. */
export function modelColor(index: number): string {
  const i = index % light.length;
  return `var(--model-${i}, ${light[i]})`;
}

/** The name of a model behind a dot of its color. */
export function modelLabel(name: string, index: number): Html {
  return html`<span class="model"><i style="background:${modelColor(index)}"></i>${name}</span>`;
}

/** How shaded areas are drawn. */
export const bandOpacity = 0.09;

export interface LegendEntry {
  readonly name: string;
  /** Any CSS color. */
  readonly color: string;
  /** Lengths of dashes and gaps; solid without. */
  readonly dash?: string | undefined;
  /** A shaded area, not a line. */
  readonly area?: boolean | undefined;
}

/** The names in a plot, each behind a line as it is drawn. Nothing without names. */
export function plotLegend(entries: readonly LegendEntry[]): Html | undefined {
  if (entries.length === 0) return undefined;
  const items = entries.map(({ name, color, dash, area = false }) => {
    if (area) {
      return html`<li><svg aria-hidden="true" width="24" height="12" style="color:${color}"><path d="M0 0H24V12H0Z" fill="currentColor" fill-opacity="${bandOpacity}"/></svg>${name}</li>`;
    }
    const dashes = dash === undefined ? undefined : html` stroke-dasharray="${dash}"`;
    return html`<li><svg aria-hidden="true" width="24" height="4" style="color:${color}"><path d="M0 2H24" stroke="currentColor" stroke-width="2.5"${dashes}/></svg>${name}</li>`;
  });
  return html`<ul class="curves">${items}</ul>`;
}
