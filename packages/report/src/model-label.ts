import { type Html, html } from "./html.ts";
import { modelColor } from "./model-color.ts";

/** The name of a model behind a dot of its color. */
export function modelLabel(name: string, index: number): Html {
  return html`<span class="model"><i style="background:${modelColor(index)}"></i>${name}</span>`;
}
