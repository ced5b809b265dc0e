import { type ActivationComponent, findActivation } from "@saeno/activations";
import { type ComponentConfig, parseOptions, pluginOf, SaenoError } from "@saeno/backend";
import { type EncoderComponent, findDictionary, findEncoder, type ModelConfig, pairedConfigs } from "@saeno/core";
import { type DataConfig, dataSourceText, dataSourceUsage, parseDataSource, partsSchema } from "@saeno/datasets";
import { liftingSchema } from "@saeno/lifting";
import { trainingSchema } from "@saeno/training";
import type * as v from "valibot";
import { configError, isRecord, readConfigFile, type Settings } from "./config-files.ts";
import { type Choice, completed, GivenSettings, isSame, merged } from "./given-settings.ts";
import { type Option, optionsOf } from "./options.ts";
import {
  componentOptions,
  findIn,
  knownIn,
  measuresSchema,
  modelSchema,
  nameOf,
  type RunComponent,
  runSchema,
  type Slot,
  slots,
} from "./parts.ts";
import type { Measures, RunModel, RunTraining } from "./run-parts.ts";

/** Everything that determines a run. `config.json` of a run folder holds it, and `--config` reads it back. */
export interface RunConfig extends v.InferOutput<typeof runSchema> {
  readonly data: DataConfig;
  readonly model: RunModel;
  readonly training: RunTraining;
  readonly measures: Measures;
  /** The plugins that its components come with. */
  readonly plugins?: readonly string[];
}

/**
 * The configuration that settings make, with the defaults of the rest.
 *
 * @param settings by their names on the command line, `stepSize` or `step-size`; values may be text, as those of flags are.
 * @param base the content of a config file, below the settings: nested, or flat as older ones are. What of it does not go with the components
 *   that are chosen is left out; a setting that does not is an error.
 * @param file what to call it in errors.
 * @throws SaenoError `config.value` naming the setting, what it must be and what came; `component.unknown` for a kind that is not known.
 */
export function resolveRunConfig(settings: Settings, base: Settings = {}, file?: string): RunConfig {
  const { measures: wanted, ...others } = settings;
  const below = readConfigFile(base);
  const given = new GivenSettings(others, below.flat, file);
  return withPlugins(below.plugins, () => {
    const { data: dataBelow, model: modelBelow, training: trainingBelow, measures: measuresBelow } = below.sections;
    const data = dataOf(given, dataBelow);
    const model = modelOf(given, modelBelow);
    const training = trainingOf(given, trainingBelow, defaultsOf(model), defaultsOf(modelBelow));
    const measures = measuresOf(given, { ...measuresBelow, ...(isRecord(wanted) ? wanted : {}) });
    const config = { data, model, training, measures, ...given.section(runSchema, {}, "run") };
    given.refuseRest();
    const plugins = pluginsOf(config);
    return plugins.length > 0 ? { ...config, plugins } : config;
  });
}

function dataOf(given: GivenSettings, { limit, test, testData, ...below }: Settings): DataConfig {
  const source = given.take("data") ?? below;
  if (typeof source !== "string" && !isComponent(source)) {
    const known = knownIn(slots.dataset).map(dataSourceUsage);
    throw configError(`Name the data to train on with --data: ${known.join(", ")}.`);
  }
  const { kind, ...own } = parseDataSource(source);
  const component = findIn(slots.dataset, kind);
  const flagged = componentOptions(component).filter(({ flag }) => flag !== undefined);
  // Of other data of the same kind what has a flag stays.
  const kept = flagged.map(({ name }) => [name, kind === below.kind ? below[name] : undefined]);
  const before = { ...Object.fromEntries(kept), ...own };
  const options = merged(before, given.values(flagged, before), flagged);
  const parts = merged({ limit, test, testData }, {}, []);
  return { ...completed(component, options, "data"), ...given.section(partsSchema, parts, "data") };
}

function isComponent(value: unknown): value is ComponentConfig {
  return isRecord(value) && typeof value.kind === "string";
}

function modelOf(given: GivenSettings, below: Settings): RunModel {
  const [dictionaryBelow, encoderBelow, activationBelow] = [below.dictionary, below.encoder, below.activation].map(
    (each): Settings => (isRecord(each) ? each : {}),
  );
  const flags = ["dictionary", slots.dictionary.flag];
  const chosen = given.choose(slots.dictionary, dictionaryBelow, { flags });
  const dictionary = given.configOf(chosen, "dictionary");
  const encoder = given.choose(slots.encoder, encoderBelow);
  const { codes } = chosen.component;
  // An activation that was the usual one makes way for that of another dictionary or encoder.
  const usual = encoder.component.activation ?? "topk";
  const isUsual =
    usualActivation(dictionaryBelow.kind, encoderBelow.kind) === activationBelow.kind &&
    (dictionaryBelow.kind !== dictionary.kind || encoderBelow.kind !== encoder.component.kind);
  const activation = given.choose(slots.activation, activationBelow, { usual, anew: isUsual });
  const encoderOwn =
    activation.component.kind === activationBelow.kind ? encoder.own : apartFrom(activationBelow.kind, encoder);
  const options = [componentOptions(encoder.component), activationOptions(activation.component, codes)] as const;
  const values = {
    encoder: given.values(options[0], encoderOwn),
    activation: given.values(options[1], activation.own),
  };
  const asGiven = {
    encoder: { kind: encoder.component.kind, ...values.encoder },
    activation: { kind: activation.component.kind, ...values.activation },
  };
  const touched = Object.keys(values.encoder).length + Object.keys(values.activation).length > 0;
  const pair = (touched && encoder.component.pair?.(asGiven)) || asGiven;
  const both = pairedConfigs(
    {
      encoder: { ...merged(encoderOwn, pair.encoder, options[0]), kind: pair.encoder.kind },
      activation: { ...merged(activation.own, pair.activation, options[1]), kind: pair.activation.kind },
    },
    codes,
  );
  const lifting = liftingOf(given, isRecord(below.lifting) ? below.lifting : {});
  const { normalization, startNoise } = below;
  const model = {
    dictionary,
    ...(lifting === undefined ? {} : { lifting }),
    encoder: withDefaults(findEncoder(both.encoder.kind), both.encoder, "encoder"),
    activation: withDefaults(findActivation(both.activation.kind), both.activation, "activation"),
    ...given.section(modelSchema, merged({ normalization, startNoise }, {}, []), "model"),
  };
  checkActive(model);
  return model;
}

function withDefaults(
  component: Parameters<typeof completed>[0],
  config: ComponentConfig,
  where: string,
): ComponentConfig {
  const { kind: _, ...options } = config;
  return completed(component, options, where);
}

/** An encoder's options without those that an activation gave it, and without defaults, which another may want to be otherwise. */
function apartFrom(activation: unknown, { component, own }: Choice<EncoderComponent>): Settings {
  const wanted = typeof activation === "string" ? findActivation(activation).encoder : undefined;
  const defaults = Object.fromEntries(componentOptions(component).map((option) => [option.name, option.default]));
  const before: Settings = { ...defaults, ...wanted };
  return Object.fromEntries(Object.entries(own).filter(([name, value]) => !isSame(value, before[name])));
}

/** The kind of activation that a dictionary and an encoder have unless another is named. */
function usualActivation(dictionary: unknown, encoder: unknown): string | undefined {
  if (typeof dictionary !== "string" || typeof encoder !== "string") return undefined;
  const component = findActivation(findEncoder(encoder).activation ?? "topk");
  return (findDictionary(dictionary).codes === "maps" ? onMaps(component) : component).kind;
}

/** What stands in for an activation where codes are maps. */
function onMaps(component: ActivationComponent): ActivationComponent {
  const config = component.onMaps?.(parseOptions(component, {}, "activation"));
  return config === undefined ? component : findActivation(config.kind);
}

/** The options of an activation and, where codes are maps, of what stands in for it. */
function activationOptions(component: ActivationComponent, codes: "scalar" | "maps"): Option[] {
  const own = componentOptions(component);
  const others = codes === "maps" ? componentOptions(onMaps(component)) : [];
  return [...own, ...others.filter(({ flag }) => own.every((option) => option.flag !== flag))];
}

function liftingOf(given: GivenSettings, own: Settings): Settings | undefined {
  if (!given.has("lifting") && own.lifted === undefined) return undefined;
  return given.section(liftingSchema, own, "lifting");
}

/** More concepts cannot be active than there are. */
function checkActive({ dictionary, activation }: Pick<RunModel, "dictionary" | "activation">): void {
  const optionOf = (component: RunComponent, config: ComponentConfig, flag: string) =>
    Number(config[componentOptions(component).find((option) => option.flag === flag)?.name ?? ""]);
  const active = optionOf(findActivation(activation.kind), activation, "active");
  const concepts = optionOf(findDictionary(dictionary.kind), dictionary, "concepts");
  if (active > concepts) {
    throw configError(
      `--active ${active} is more than --concepts ${concepts}: lower it, or give the dictionary more concepts.`,
    );
  }
}

/** What shallow encoders of maps learn best at (docs/defaults.md); components of which that is not true say so. */
const usualLearningRate = 0.02;

/** What training does differently with the components of a model. */
function defaultsOf({ dictionary, encoder }: Settings | RunModel): Settings {
  return {
    learningRate: usualLearningRate,
    ...(isComponent(dictionary) ? findDictionary(dictionary.kind).defaults : {}),
    ...(isComponent(encoder) ? findEncoder(encoder.kind).defaults : {}),
  };
}

function trainingOf(given: GivenSettings, below: Settings, usual: Settings, usualBelow: Settings): RunTraining {
  const { optimizer, schedule, loss, extensions, ...own } = below;
  const options = optionsOf(trainingSchema);
  // What was usual for another model is not what somebody asked for.
  const asked = Object.entries(own).filter(([name, value]) => {
    const before = usualBelow[name] ?? options.find((option) => option.name === name)?.default;
    return !(isSame(value, before) && !isSame(usual[name], usualBelow[name]));
  });
  const one = <C extends RunComponent>(slot: Slot<C>, config: unknown) =>
    given.configOf(given.choose(slot, isRecord(config) ? config : {}), slot.type);
  const numbers = given.section(trainingSchema, { ...usual, ...Object.fromEntries(asked) }, "training");
  return {
    ...numbers,
    learningRate: numbers.learningRate ?? usualLearningRate,
    optimizer: one(slots.optimizer, optimizer),
    schedule: one(slots.schedule, schedule),
    loss: one(slots.loss, loss),
    extensions: given.all(slots.extension, extensions),
  };
}

function measuresOf(given: GivenSettings, { metrics, ...own }: Settings): Measures {
  return { ...given.section(measuresSchema, own, "measures"), metrics: given.all(slots.metric, metrics) };
}

/** The plugins that the components of a configuration come with. */
function pluginsOf({ data, model, training, measures }: Omit<RunConfig, "plugins">): string[] {
  const used = [
    findIn(slots.dataset, data.kind),
    findIn(slots.dictionary, model.dictionary.kind),
    findIn(slots.encoder, model.encoder.kind),
    findIn(slots.activation, model.activation.kind),
    findIn(slots.optimizer, training.optimizer.kind),
    findIn(slots.schedule, training.schedule.kind),
    findIn(slots.loss, training.loss.kind),
    ...training.extensions.map(({ kind }) => findIn(slots.extension, kind)),
    ...measures.metrics.map(({ kind }) => findIn(slots.metric, kind)),
  ];
  return [...new Set(used.flatMap((component) => pluginOf(component) ?? []))];
}

/** A kind that is missing may come with a plugin that the run was made with. */
export function withPlugins<T>(plugins: readonly string[], work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (plugins.length === 0 || !SaenoError.isInstance(error) || error.code !== "component.unknown") throw error;
    const flags = plugins.map((plugin) => `--plugin ${plugin}`).join(" ");
    const [problem] = error.message.split(" If it comes with a plugin");
    throw new SaenoError(error.code, `${problem} The run was made with a plugin that is not loaded: add ${flags}.`, {
      cause: error,
    });
  }
}

/** The form of a model that was made elsewhere, as a configuration has it. */
export function runModelOf({ normalized, ...form }: ModelConfig): RunModel {
  return { ...form, normalization: normalized === true ? "channel" : "none" };
}

/** `L-SAE-FNO`. */
export function modelName({ model: { dictionary, lifting } }: Pick<RunConfig, "model">): string {
  return `${lifting === undefined ? "" : "L-"}${findDictionary(dictionary.kind).label}`;
}

/** The data of a run as people write it, without which of its samples. */
export function dataName({ data: { limit: _, test: __, testData: ___, ...data } }: Pick<RunConfig, "data">): string {
  return dataSourceText(data);
}

/** `fno`: for names of folders and progress. */
export function modelKind({ model: { dictionary, lifting } }: Pick<RunConfig, "model">): string {
  return `${lifting === undefined ? "" : "l-"}${nameOf(findIn(slots.dictionary, dictionary.kind))}`;
}
