import { activationFromConfig } from "@saeno/activations";
import { type Random, SaenoError } from "@saeno/backend";
import { type ConvDictionaryOptions, convDictionary } from "./conv-dictionary.ts";
import { type DenseDictionaryOptions, denseDictionary } from "./dense-dictionary.ts";
import type { Dictionary, DictionaryConfig } from "./dictionary.ts";
import type { Encoder, EncoderConfig } from "./encoder.ts";
import { type FourierDictionaryOptions, fourierDictionary } from "./fourier-dictionary.ts";
import { shallowEncoder } from "./shallow-encoder.ts";
import { type ModelConfig, SparseAutoencoder } from "./sparse-autoencoder.ts";

/**
 * A model of the form that a config describes, its parameters at a fresh start drawn from `random`.
 *
 * @throws SaenoError `model.dictionary`, `model.encoder`, `activation.unknown` for a kind that is not known.
 */
export function modelFromConfig(config: ModelConfig, random: Random): SparseAutoencoder {
  const activation = activationFromConfig(config.activation);
  const dictionary = dictionaryFromConfig(config.dictionary, random);
  return new SparseAutoencoder({ dictionary, encoder: encoderFromConfig(config.encoder, dictionary), activation });
}

function dictionaryFromConfig(config: DictionaryConfig, random: Random): Dictionary {
  const options: unknown = config;
  switch (config.kind) {
    case "dense":
      return denseDictionary(options as DenseDictionaryOptions, random);
    case "conv":
      return convDictionary(options as ConvDictionaryOptions, random);
    case "fourier":
      return fourierDictionary(options as FourierDictionaryOptions, random);
    default:
      throw new SaenoError("model.dictionary", `There is no dictionary "${config.kind}". Known: conv, dense, fourier.`);
  }
}

function encoderFromConfig(config: EncoderConfig, dictionary: Dictionary): Encoder {
  if (config.kind === "shallow") return shallowEncoder(dictionary, { tied: config.tied === true });
  throw new SaenoError("model.encoder", `There is no encoder "${config.kind}". Known: shallow.`);
}
