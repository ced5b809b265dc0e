import { activationFromConfig } from "@saeno/activations";
import type { Random } from "@saeno/backend";
import { dictionaryFromConfig, encoderFromConfig } from "./component-registry.ts";
import { type ModelConfig, SparseAutoencoder } from "./sparse-autoencoder.ts";

/**
 * A model of the form that a config describes, its parameters at a fresh start drawn from `random`.
 *
 * @throws SaenoError `model.dictionary`, `model.encoder`, `activation.unknown` for a kind that is not known.
 */
export function modelFromConfig(config: ModelConfig, random: Random): SparseAutoencoder {
  const activation = activationFromConfig(config.activation);
  const dictionary = dictionaryFromConfig(config.dictionary, random);
  const encoder = encoderFromConfig(config.encoder, dictionary);
  return new SparseAutoencoder({ dictionary, encoder, activation, normalized: config.normalized === true });
}
