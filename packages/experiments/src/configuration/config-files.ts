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

/** Older files: flat, in British spelling, with activations that had a name instead of a kind, or from before defaults moved. */
function upgraded(content: Settings): Settings {
  const training = recordOf(content.training);
  if (isBeforeConcepts(training.optimizer)) {
    const model = settledModel(recordOf(content.model), recordOf(content.modelConfig));
    return { ...content, model, training: settledTraining(training) };
  }
  const { activation, dictionary, start, optimizer } = content;
  if (typeof optimizer === "string" && isRecord(content.modelConfig)) {
    const { density, ...rules } = beforeConcepts;
    const isOpen = !isRecord(activation) && content.count === undefined;
    return upgraded({
      ...rules,
      ...(isOpen ? { density } : {}),
      ...content,
      start: start === "global" ? start : "random",
      optimizer: { kind: optimizer, ...(optimizer === "adam" ? { moments: "entry" } : {}) },
    });
  }
  if (!isRecord(activation) && !isRecord(dictionary) && start !== "localised") return content;
  const none = { kind: "none" };
  const { lifting: _, ...read } = readModelConfig(
    { dictionary: dictionary ?? none, encoder: none, activation: isRecord(activation) ? activation : none },
    "The configuration",
  );
  return {
    ...content,
    ...(isRecord(activation) ? { activation: read.activation } : {}),
    ...(isRecord(dictionary) ? { dictionary: read.dictionary } : {}),
    ...(start === "localised" ? { start: "localized" } : {}),
  };
}

/** What flat files left open. */
const beforeConcepts: Settings = { density: 0.04, conceptRule: "topk", domainRule: "topk", locality: 0 };

/** Whether a run is older than the defaults that make concepts local and selective: its optimizer had no word for moments. */
function isBeforeConcepts(optimizer: unknown): boolean {
  return isRecord(optimizer) && optimizer.kind === "adam" && "beta1" in optimizer && !("moments" in optimizer);
}

/** What an older run left open of its model, as it was then. */
function settledModel(model: Settings, made: Settings): Settings {
  const [activation, dictionary] = [recordOf(model.activation), recordOf(model.dictionary)];
  const isOpen = ["density", "count", "budget"].every((name) => activation[name] === undefined);
  const { density } = recordOf(made.activation);
  return {
    ...model,
    ...(activation.kind === "map-sparsity" && isOpen && density !== undefined
      ? { activation: { ...activation, density } }
      : {}),
    ...(dictionary.start === "localized" ? { dictionary: { ...dictionary, start: "random" } } : {}),
  };
}

function settledTraining(training: Settings): Settings {
  const { extensions } = training;
  return {
    ...training,
    optimizer: { ...recordOf(training.optimizer), moments: "entry" },
    extensions: [...(Array.isArray(extensions) ? extensions : []), { kind: "locality", weight: 0 }],
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
