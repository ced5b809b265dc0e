import { type ActivationComponent, findActivation } from "@saeno/activations";
import { type ComponentConfig, parseOptions } from "@saeno/backend";
import {
  chosenCodes,
  type EncoderComponent,
  findDictionary,
  findEncoder,
  type ModelConfig,
  pairedConfigs,
} from "@saeno/core";
import { liftingSchema } from "@saeno/lifting";
import type * as v from "valibot";
import { configError, isComponent, recordOf, type Settings } from "./config-files.ts";
import { type Choice, completed, type GivenSettings, isSame, merged } from "./given-settings.ts";
import type { Option } from "./options.ts";
import { componentOptions, modelSchema, type RunComponent, slots } from "./parts.ts";

/** The model of a run, as its configuration has it. */
export interface RunModel extends v.InferOutput<typeof modelSchema> {
  readonly dictionary: ComponentConfig;
  readonly encoder: ComponentConfig;
  readonly activation: ComponentConfig;
  /** Absent if the data is not lifted. */
  readonly lifting?: Settings;
}

const parts = ["dictionary", "encoder", "activation", "lifting"] as const;

/**
 * The model of a configuration: a dictionary, an encoder and an activation, each what the others make of what was left open.
 *
 * @param below the section of the file.
 * @param usual what the data makes of defaults.
 */
export function modelOf(given: GivenSettings, below: Settings, usual: Settings = {}): RunModel {
  const { dictionary: _, encoder: __, activation: ___, lifting: ____, ...others } = below;
  const [dictionaryBelow, encoderBelow, activationBelow, liftingBelow] = parts.map((part) => recordOf(below[part]));
  const flags = ["dictionary", slots.dictionary.flag];
  const chosen = given.choose(slots.dictionary, dictionaryBelow, { flags });
  const dictionary = given.configOf(chosen, "dictionary");
  const encoder = given.choose(slots.encoder, encoderBelow);
  const codes = chosenCodes(chosen.component);
  // An activation that was the usual one makes way for that of another dictionary or encoder.
  const usualKind = encoder.component.activation ?? "topk";
  const isUsual =
    usualActivation(dictionaryBelow.kind, encoderBelow.kind) === activationBelow.kind &&
    (dictionaryBelow.kind !== dictionary.kind || encoderBelow.kind !== encoder.component.kind);
  const activation = given.choose(slots.activation, activationBelow, { usual: usualKind, anew: isUsual });
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
  const pair = (touched && encoder.component.pair?.(asGiven, codes)) || asGiven;
  const both = pairedConfigs(
    {
      encoder: { ...merged(encoderOwn, pair.encoder, options[0]), kind: pair.encoder.kind },
      activation: { ...merged(activation.own, pair.activation, options[1]), kind: pair.activation.kind },
    },
    codes,
  );
  const lifting = liftingOf(given, liftingBelow);
  const model = {
    dictionary,
    ...(lifting === undefined ? {} : { lifting }),
    encoder: completed(findEncoder(both.encoder.kind), both.encoder, "encoder"),
    activation: completed(findActivation(both.activation.kind), both.activation, "activation"),
    ...given.section(modelSchema, { ...usual, ...others }, "model"),
  };
  checkActive(model);
  return model;
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
  return (chosenCodes(findDictionary(dictionary)) === "maps" ? onMaps(component) : component).kind;
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
export const usualLearningRate = 0.02;

/** What training does differently with the components of a model. */
export function defaultsOf({ dictionary, encoder }: Settings | RunModel): Settings {
  return {
    learningRate: usualLearningRate,
    ...(isComponent(dictionary) ? findDictionary(dictionary.kind).defaults : {}),
    ...(isComponent(encoder) ? findEncoder(encoder.kind).defaults : {}),
  };
}

/** The form of a model that was made elsewhere, as a configuration has it. */
export function runModelOf({ normalized, ...form }: ModelConfig): RunModel {
  return { ...form, normalization: normalized === true ? "channel" : "none" };
}
