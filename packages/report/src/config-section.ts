import { foldedJson } from "./folded-json.ts";
import type { Section } from "./section.ts";

/** The configuration as JSON, folded. Nothing without one. */
export function configSection(config: unknown): Section | undefined {
  const body = foldedJson(config);
  if (body === undefined) return undefined;
  return { id: "config", title: "Configuration", reading: "The settings that this run was made with.", body };
}
