import { type Random, SaenoError } from "@saeno/backend";
import { type Lifting, type LiftingOptions, lifting } from "@saeno/lifting";
import { eye, type Tensor2D, tidy, transpose } from "@tensorflow/tfjs-core";
import { type ConvDictionaryOptions, convDictionary } from "./conv-dictionary.ts";
import { type DenseDictionaryOptions, denseDictionary } from "./dense-dictionary.ts";
import type { Dictionary, DictionaryConfig } from "./dictionary.ts";
import type { Encoder, EncoderConfig } from "./encoder.ts";
import { type FourierDictionaryOptions, fourierDictionary } from "./fourier-dictionary.ts";
import { liftedDictionary } from "./lifted-dictionary.ts";
import { matchingPursuitEncoder } from "./matching-pursuit-encoder.ts";
import { type ShallowEncoderOptions, shallowEncoder } from "./shallow-encoder.ts";
import { type UnrolledEncoderOptions, unrolledEncoder } from "./unrolled-encoder.ts";

type DictionaryFactory = (config: DictionaryConfig, random: Random) => Dictionary;
type EncoderFactory = (config: EncoderConfig, dictionary: Dictionary) => Encoder;

/** A config file says what it says: the factories check it. */
function options<Options>(config: object): Options {
  const given: unknown = config;
  return given as Options;
}

const dictionaries = new Map<string, DictionaryFactory>([
  ["dense", (config, random) => denseDictionary(options<DenseDictionaryOptions>(config), random)],
  ["conv", (config, random) => convDictionary(options<ConvDictionaryOptions>(config), random)],
  ["fourier", (config, random) => fourierDictionary(options<FourierDictionaryOptions>(config), random)],
  ["lifted", lifted],
]);

const encoders = new Map<string, EncoderFactory>([
  ["shallow", (config, dictionary) => shallowEncoder(dictionary, options<ShallowEncoderOptions>(config))],
  ["unrolled", (config, dictionary) => unrolledEncoder(dictionary, options<UnrolledEncoderOptions>(config))],
  ["matching-pursuit", (config, dictionary) => matchingPursuitEncoder(dictionary, options(config))],
]);

/** Makes a dictionary known by its kind, so that config files can refer to it. A later one replaces an earlier. */
export function registerDictionary(kind: string, factory: DictionaryFactory): void {
  dictionaries.set(kind, factory);
}

/** Makes an encoder known by its kind, so that config files can refer to it. A later one replaces an earlier. */
export function registerEncoder(kind: string, factory: EncoderFactory): void {
  encoders.set(kind, factory);
}

/** @throws SaenoError `model.dictionary` with the kinds that are known. */
export function dictionaryFromConfig(config: DictionaryConfig, random: Random): Dictionary {
  return find("dictionary", dictionaries, config.kind)(config, random);
}

/** @throws SaenoError `model.encoder` with the kinds that are known. */
export function encoderFromConfig(config: EncoderConfig, dictionary: Dictionary): Encoder {
  return find("encoder", encoders, config.kind)(config, dictionary);
}

/** Atoms start in the range of L, as the atoms of a dictionary of the data would, lifted: gradient descent stays in it (specification: Propositions 1). */
function lifted(config: DictionaryConfig, random: Random): Dictionary {
  const { lifting: how, dictionary: inner } = options<{ lifting: LiftingOptions; dictionary: DictionaryConfig }>(
    config,
  );
  const matrices = lifting(how, random.split("lifting"));
  const dictionary = dictionaryFromConfig(inner, random);
  tidy(() => dictionary.mapChannels?.(projection(matrices)));
  dictionary.normalize();
  return liftedDictionary(dictionary, matrices);
}

/** `L P`. */
function projection({ lift, project, lifted: size }: Lifting): Tensor2D {
  // Rows are the images of unit vectors.
  return transpose(lift(project(eye(size)))) as Tensor2D;
}

function find<Factory>(what: string, factories: ReadonlyMap<string, Factory>, kind: string): Factory {
  const factory = factories.get(kind);
  if (factory === undefined) {
    const known = [...factories.keys()].sort().join(", ");
    throw new SaenoError(
      `model.${what}`,
      `There is no ${what} "${kind}". Known: ${known}. Register others with register${what === "encoder" ? "Encoder" : "Dictionary"} before the model is made.`,
    );
  }
  return factory;
}
