import { html } from "./html.ts";
import type { Section } from "./section.ts";

/** The configuration as JSON, folded. Nothing without one. */
export function configSection(config: unknown): Section | undefined {
  const text = JSON.stringify(config, null, 2);
  if (text === undefined) return undefined;
  return {
    id: "config",
    title: "Configuration",
    reading: "The settings that this run was made with.",
    body: html`<details><summary>Show as JSON</summary><pre>${text}</pre></details>`,
  };
}
