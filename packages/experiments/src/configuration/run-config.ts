import { type OptionsSchema, pluginOf, SaenoError } from "@saeno/backend";
import { findDictionary } from "@saeno/core";
import {
  type DataConfig,
  type DataParts,
  dataSourceText,
  dataSourceUsage,
  parseDataSource,
  partsSchema,
} from "@saeno/datasets";
import { trainingSchema } from "@saeno/training";
import type * as v from "valibot";
import { configError, isComponent, readConfigFile, recordOf, type Settings } from "./config-files.ts";
import { completed, GivenSettings, isSame, merged } from "./given-settings.ts";
import { optionsOf } from "./options.ts";
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
import { defaultsOf, modelOf, type RunModel, usualLearningRate } from "./run-model.ts";
import type { Measures, RunTraining } from "./run-parts.ts";
import { runSettings } from "./settings.ts";

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
 * @param base the content of a config file, below the settings: nested, or flat as older ones are. Whatever in it does not go with the chosen components is
 *   left out; a setting that does not go with them is an error.
 * @param file what to call it in errors.
 * @throws SaenoError `config.value` naming the setting, what it must be and what came; `component.unknown` for a kind that is not known.
 */
export function resolveRunConfig(settings: Settings, base: Settings = {}, file?: string): RunConfig {
  const { measures: wanted, ...others } = settings;
  const known = runSettings();
  const below = readConfigFile(base, known);
  const given = new GivenSettings(others, below.flat, { known, file });
  return withPlugins(below.plugins, () =>
    ofFile(Object.keys(base).length > 0 ? file : undefined, () => {
      const { data: dataBelow, model: modelBelow, training: trainingBelow, measures: measuresBelow } = below.sections;
      const data = dataOf(given, dataBelow);
      const usual = findIn(slots.dataset, data.kind).defaults ?? {};
      const model = modelOf(given, modelBelow, ofSchema(modelSchema, usual));
      const training = trainingOf(
        given,
        trainingBelow,
        { ...defaultsOf(model), ...ofSchema(trainingSchema, usual) },
        defaultsOf(modelBelow),
      );
      const measures = measuresOf(given, { ...measuresBelow, ...recordOf(wanted) });
      const config = { data, model, training, measures, ...given.section(runSchema, {}, "run") };
      given.refuseRest();
      const plugins = pluginsOf(config);
      return plugins.length > 0 ? { ...config, plugins } : config;
    }),
  );
}

/** What is wrong in a file is said with its name; what is wrong with a flag has that of the flag. */
function ofFile<T>(file: string | undefined, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const { message, code, kind } = SaenoError.isInstance(error) ? error : {};
    if (file === undefined || code !== "config.value" || message === undefined || /--|^Unknown/.test(message))
      throw error;
    throw new SaenoError(code, `${file}: ${message}`, { ...(kind && { kind }), cause: error });
  }
}

/** Those of some options that a schema has. */
function ofSchema(schema: OptionsSchema, options: Settings): Settings {
  return Object.fromEntries(Object.entries(options).filter(([name]) => name in schema.entries));
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
  const which = given.section(partsSchema, parts, "data");
  const { testData: tests = [] }: DataParts = which;
  for (const each of tests) parseDataSource(each);
  return { ...completed(component, options, "data"), ...which };
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
    given.configOf(given.choose(slot, recordOf(config)), slot.type);
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
  const explained = (error: unknown): never => {
    if (plugins.length === 0 || !SaenoError.isInstance(error) || error.code !== "component.unknown") throw error;
    const flags = plugins.map((plugin) => `--plugin ${plugin}`).join(" ");
    const [problem] = error.message.split(" If it comes with a plugin");
    throw new SaenoError(error.code, `${problem} The run was made with a plugin that is not loaded: add ${flags}.`, {
      cause: error,
    });
  };
  try {
    const result = work();
    return result instanceof Promise ? (result.catch(explained) as T) : result;
  } catch (error) {
    return explained(error);
  }
}

/** `L-SAE-FNO`. */
export function modelName({ model: { dictionary, lifting } }: Pick<RunConfig, "model">): string {
  return `${lifting === undefined ? "" : "L-"}${findDictionary(dictionary.kind).label}`;
}

/** The data of a run in shorthand, without the choice of samples. */
export function dataName({ data: { limit: _, test: __, testData: ___, ...data } }: Pick<RunConfig, "data">): string {
  return dataSourceText(data);
}

/** The same for a heading. */
export function dataTitle(config: Pick<RunConfig, "data">): string {
  return findIn(slots.dataset, config.data.kind).title?.(config.data) ?? dataName(config);
}

/** `fno`: for names of folders and progress. */
export function modelKind({ model: { dictionary, lifting } }: Pick<RunConfig, "model">): string {
  return `${lifting === undefined ? "" : "l-"}${nameOf(findIn(slots.dictionary, dictionary.kind))}`;
}
