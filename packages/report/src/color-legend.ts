import { type ColorMapName, colorMap } from "./color-map.ts";
import { type Html, html } from "./html.ts";

/** A strip of the colors of a map between what its ends mean. */
export function colorLegend(name: ColorMapName, low: string, high: string): Html {
  const stops = Array.from({ length: 13 }, (_, i) => {
    const share = i / 12;
    return `rgb(${colorMap(name, name === "diverging" ? 2 * share - 1 : share).join(" ")})`;
  });
  return html`<span class="legend">${low}<i style="background:linear-gradient(to right,${stops.join(",")})"></i>${high}</span>`;
}
