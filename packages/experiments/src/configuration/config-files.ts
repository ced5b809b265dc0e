import { type ComponentConfig, SaenoError } from "@saeno/backend";
import { readModelConfig } from "@saeno/core";
import { flagOf, type Setting } from "./settings.ts";

/** Settings by their names, or the content of a config file. */
export type Settings = Readonly<Record<string, unknown>>;

/** The content of a config file, taken apart. */
export interface ConfigFile {
  /** Its sections, as `config.json` has them. */
  readonly sections: Readonly<Record<Section, Settings>>;
  /** Settings by their flags, as older files and short ones have them. */
  readonly flat: ReadonlyMap<string, unknown>;
  /** The plugins that the run was made with. */
  readonly plugins: readonly string[];
}

const sectionNames = ["data", "model", "training", "measures"] as const;
type Section = (typeof sectionNames)[number];

/** What config.json of a run folder holds beside the configuration: facts about the run. */
const facts = [
  "saeno",
  "madeIn",
  "modelConfig",
  "trainingGrid",
  "channels",
  "reading",
  "imported",
  "interrupted",
  "plugins",
];

/** Older files hold these whatever the data is. */
const imageSettings = ["crop", "color", "colour", "whiten"];

/** Reads a configuration, nested or flat, of this version or an older one. */
export function readConfigFile(content: Settings, known: readonly Setting[]): ConfigFile {
  const sections: Record<Section, Settings> = { data: {}, model: {}, training: {}, measures: {} };
  const flat = new Map<string, unknown>();
  const ignored =
    typeof content.data === "string" && content.data.startsWith("images") ? facts : [...facts, ...imageSettings];
  for (const [name, value] of Object.entries(upgraded(content))) {
    const section = sectionNames.find((known) => known === name);
    if (section !== undefined && isRecord(value)) sections[section] = value;
    else if (value !== undefined && !ignored.includes(name)) flat.set(flagOf(name, known), value);
  }
  const plugins = Array.isArray(content.plugins) ? content.plugins.map(String) : [];
  return { sections, flat, plugins };
}

/** Older files: flat, in British spelling, with activations that had a name instead of a kind. */
function upgraded(content: Settings): Settings {
  const { activation, dictionary, start } = content;
  if (!isRecord(activation) && !isRecord(dictionary) && start !== "localised") return content;
  const none = { kind: "none" };
  const { lifting: _, ...model } = readModelConfig(
    { dictionary: dictionary ?? none, encoder: none, activation: isRecord(activation) ? activation : none },
    "The configuration",
  );
  return {
    ...content,
    ...(isRecord(activation) ? { activation: model.activation } : {}),
    ...(isRecord(dictionary) ? { dictionary: model.dictionary } : {}),
    ...(start === "localised" ? { start: "localized" } : {}),
  };
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An object of a file; an empty one for anything else. */
export function recordOf(value: unknown): Settings {
  return isRecord(value) ? value : {};
}

export function isComponent(value: unknown): value is ComponentConfig {
  return isRecord(value) && typeof value.kind === "string";
}

/** An error in settings. */
export function configError(problem: string): SaenoError {
  return new SaenoError("config.value", problem);
}
