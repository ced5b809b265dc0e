import type { ActivationConfig } from "@saeno/activations";
import { createRandom, SaenoError } from "@saeno/backend";
import { type DictionaryConfig, type EncoderConfig, modelFromConfig, type SparseAutoencoder } from "@saeno/core";
import type { RunConfig } from "../configuration/run-config.ts";
import type { DataSource } from "../data/data-source.ts";
import { knownStart, startNearTruth } from "./start-near-truth.ts";

/**
 * The model that a run's settings describe, for samples as the data has them. The number of axes is the data's.
 *
 * @throws SaenoError `config.value` for settings that do not go together or with the data.
 */
export function buildModel(config: RunConfig, source: DataSource): SparseAutoencoder {
  const dataset = source.train;
  const truth = config.startNoise === undefined ? undefined : knownStart(config, source);
  const activation = activationOf(config);
  const modelConfig = {
    dictionary: config.dictionary ?? dictionaryOf(config),
    ...(config.lifting === undefined ? {} : { lifting: liftingOf(config) }),
    encoder: encoderOf(config),
    activation: config.balance > 0 ? { kind: "balanced", activation } : activation,
    normalized: config.normalize !== "none",
  };
  const model = modelFromConfig(modelConfig, createRandom(config.seed).split("model"), {
    channels: dataset.channels,
    grid: dataset.grid,
    truthful: truth !== undefined,
  });
  if (truth !== undefined) startNearTruth(config, model, truth, dataset.grid);
  return model;
}

function dictionaryOf({ model, concepts, modes, start, kernel, padding }: RunConfig): DictionaryConfig {
  switch (model) {
    case "fno":
      return { kind: "fourier", concepts, start, ...(modes === undefined ? {} : { modes }) };
    case "cnn":
      return { kind: "conv", concepts, padding, ...(kernel === undefined ? {} : { kernel }) };
    case "mlp":
      return { kind: "dense", concepts };
    default:
      throw model satisfies never;
  }
}

function liftingOf(config: RunConfig): Readonly<Record<string, unknown>> {
  const { liftingStart: start, liftingTied: tied, liftingLearned: learned } = config;
  const given = Object.entries({ start, tied, learned }).filter(([, value]) => value !== undefined);
  return { lifted: config.lifting, ...Object.fromEntries(given) };
}

function encoderOf(config: RunConfig): EncoderConfig {
  const { encoder, tied, iterations, active } = config;
  if (typeof encoder !== "string") return encoder as EncoderConfig;
  switch (encoder) {
    case "shallow":
      return { kind: "shallow", tied, distance: config.activation === "spade" };
    case "unrolled": {
      const { stepSize, learnStepSize, momentum, gradient, residual } = config;
      const given = Object.entries({ stepSize, learnStepSize, momentum, gradient, residual });
      const settings = Object.fromEntries(given.filter(([, value]) => value !== undefined));
      return { kind: "unrolled", iterations: iterations ?? 10, ...settings };
    }
    case "matching-pursuit":
      return { kind: "matching-pursuit", steps: iterations ?? active };
    default:
      return { kind: encoder };
  }
}

function activationOf(config: RunConfig): ActivationConfig {
  const { activation, model, encoder, active } = config;
  if (activation !== undefined && typeof activation !== "string") return activation as ActivationConfig;
  const vectors = model === "mlp";
  const usual = encoder === "unrolled" ? "hard-threshold" : vectors ? "topk" : "map-sparsity";
  const name = activation ?? usual;
  const start = thresholdOf(config, name);
  const threshold = start === undefined ? {} : { threshold: start };
  const bandwidth = config.bandwidth === undefined ? {} : { bandwidth: config.bandwidth };
  // One step of a pursuit takes one concept.
  const k = encoder === "matching-pursuit" ? 1 : active;
  switch (name) {
    case "topk":
    case "batchtopk":
      if (!vectors) return mapRules({ ...config, ...(name === "batchtopk" ? { conceptRule: "batch" } : {}) }, k);
      return { kind: name, k };
    case "map-sparsity":
      return mapRules(config, k);
    case "jumprelu":
      return { kind: name, ...threshold, ...bandwidth };
    case "hard-threshold":
      return { kind: name, ...threshold, oneSided: config.oneSided ?? false };
    case "soft-threshold":
      return { kind: name, ...threshold };
    default:
      return { kind: name };
  }
}

/** Concept and domain sparsity, each by top-k, by a budget of the batch or by a learned threshold. */
function mapRules(config: RunConfig, active: number): ActivationConfig {
  const { conceptRule = "topk", domainRule = "topk", energy, energyGrid, count, density = 0.04 } = config;
  const { threshold, bandwidth } = config;
  return {
    kind: "map-sparsity",
    active,
    conceptRule,
    domainRule,
    ...(count === undefined ? { density } : { count }),
    ...(threshold === undefined ? {} : { threshold }),
    ...(bandwidth === undefined ? {} : { bandwidth }),
    energy,
    energyGrid,
  };
}

/** The threshold of an activation; one that is fixed must be given. */
function thresholdOf(config: RunConfig, activation: string): number | undefined {
  if (config.threshold !== undefined) return config.threshold;
  if (activation === "hard-threshold" || activation === "soft-threshold") {
    throw new SaenoError(
      "config.value",
      `${activation} needs --threshold: the size below which a code is zero, in units of the pre-codes.`,
    );
  }
  return undefined;
}
