import { type ComponentConfig, createRandom, findComponent, parseOptions } from "@saeno/backend";
import { modelFromConfig, type SparseAutoencoder } from "@saeno/core";
import type { Dataset } from "@saeno/datasets";
import { extensionComponents } from "@saeno/training";
import type { RunModel } from "../configuration/run-model.ts";
import { knownStart, startNearTruth } from "./start-near-truth.ts";

/** What a model is made for. */
export interface ModelContext {
  /** Samples as it takes them: what the configuration leaves open follows from them. */
  readonly dataset: Dataset;
  /** Default 0. */
  readonly seed?: number;
  /** Extensions of its training, which may need another activation. */
  readonly extensions?: readonly ComponentConfig[];
}

/**
 * The model that a configuration describes, before training.
 *
 * @throws SaenoError `config.value` for options that do not go together or with the data.
 */
export function buildModel(config: RunModel, { dataset, seed = 0, extensions = [] }: ModelContext): SparseAutoencoder {
  const { dictionary, encoder, lifting, normalization, startNoise } = config;
  const truth = startNoise === undefined ? undefined : knownStart(dataset);
  const random = createRandom(seed);
  const model = modelFromConfig(
    {
      dictionary,
      encoder,
      ...(lifting === undefined ? {} : { lifting }),
      activation: extensions.reduce(activationFor, config.activation),
      normalized: normalization !== "none",
    },
    random.split("model"),
    { channels: dataset.channels, grid: dataset.grid, truthful: truth !== undefined },
  );
  if (truth === undefined) return model;
  try {
    startNearTruth(model, truth, { grid: dataset.grid, noise: startNoise ?? 0, random: random.split("start-noise") });
    return model;
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** The activation that an extension needs, made of the one there is. */
function activationFor(activation: ComponentConfig, { kind, ...given }: ComponentConfig): ComponentConfig {
  const component = findComponent("extension", kind, extensionComponents);
  const isOff = component.isOff?.(parseOptions(component, given, "extension")) ?? false;
  return isOff ? activation : (component.activation?.(activation) ?? activation);
}
