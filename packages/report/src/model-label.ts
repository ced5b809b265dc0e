import { type Html, html } from "./html.ts";
import { modelColour } from "./model-colour.ts";

/** The name of a model behind a dot of its colour. */
export function modelLabel(name: string, index: number): Html {
  return html`<span class="model"><i style="background:${modelColour(index)}"></i>${name}</span>`;
}
