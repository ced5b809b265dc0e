import { type Html, html } from "./html.ts";

/** A value as JSON, folded. Nothing of what JSON cannot hold. */
export function foldedJson(value: unknown, summary = "Show as JSON"): Html | undefined {
  const text = JSON.stringify(value, null, 2);
  if (text === undefined) return undefined;
  return html`<details><summary>${summary}</summary><pre>${text}</pre></details>`;
}
