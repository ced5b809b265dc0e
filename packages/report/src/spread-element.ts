import { spreadText } from "./format-spread.ts";
import { type Html, html } from "./html.ts";
import type { Spread } from "./spread.ts";

/** A mean with its range in small type. */
export function spreadElement(spread: Spread | undefined, digits = 3): Html {
  const { mean, range } = spreadText(spread, digits);
  return range === undefined ? html`${mean}` : html`${mean} <small>(${range})</small>`;
}
