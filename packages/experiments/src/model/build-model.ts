import type { ActivationConfig } from "@saeno/activations";
import { createRandom, SaenoError } from "@saeno/backend";
import { type DictionaryConfig, type EncoderConfig, modelFromConfig, type SparseAutoencoder } from "@saeno/core";
import type { Dataset, OpenedData } from "@saeno/datasets";
import { allModes } from "@saeno/fft";
import type { RunConfig } from "../configuration/run-config.ts";
import { knownStart, startNearTruth } from "./start-near-truth.ts";

/**
 * The model that a run's settings describe, for samples as the data has them. The number of axes is the data's.
 *
 * @throws SaenoError `config.value` for settings that do not go together or with the data.
 */
export function buildModel(config: RunConfig, source: OpenedData): SparseAutoencoder {
  const dataset = source.train;
  const truth = config.startNoise === undefined ? undefined : knownStart(config, source);
  const inner = config.dictionary ?? dictionaryOf(config, dataset, config.lifting ?? dataset.channels);
  const dictionary = config.lifting === undefined ? inner : liftedConfig(config, dataset.channels, inner);
  const activation = activationOf(config);
  const modelConfig = {
    dictionary: dictionary,
    encoder: encoderOf(config),
    activation: config.balance > 0 ? balancedConfig(config, activation) : activation,
    normalized: config.normalize !== "none",
  };
  const model = modelFromConfig(modelConfig, createRandom(config.seed).split("model"));
  if (truth !== undefined) startNearTruth(config, model, truth, dataset.grid);
  return model;
}

function dictionaryOf(config: RunConfig, dataset: Dataset, channels: number): DictionaryConfig {
  const { concepts } = config;
  const axes = dataset.grid.length;
  switch (config.model) {
    case "fno": {
      // By default as many modes as the grid holds, at most 32 on an axis; kernels that are known need them all.
      const most = config.startNoise === undefined ? 32 : Number.POSITIVE_INFINITY;
      const modes = perAxis("modes", config.modes, axes) ?? allModes(dataset.grid).map((m) => Math.min(m, most));
      return { kind: "fourier", channels, concepts, modes, start: config.start };
    }
    case "cnn": {
      const kernel = perAxis("kernel", config.kernel, axes) ?? Array<number>(axes).fill(7);
      return { kind: "conv", channels, concepts, kernel, padding: config.padding };
    }
    case "mlp":
      return { kind: "dense", inputs: channels, concepts };
    default:
      throw config.model satisfies never;
  }
}

function liftedConfig(config: RunConfig, channels: number, dictionary: object): DictionaryConfig {
  const {
    lifting,
    liftingStart: start = "orthogonal",
    liftingTied: tied = true,
    liftingLearned: learned = true,
  } = config;
  return { kind: "lifted", lifting: { channels, lifted: lifting, start, tied, learned }, dictionary };
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
  const { activation, model, encoder, active, concepts } = config;
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
      return { kind: name, conceptCount: concepts, ...threshold, ...bandwidth };
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
  const { conceptRule = "topk", domainRule = "topk", energy, energyGrid, count, density = 0.04, concepts } = config;
  const threshold = {
    threshold: config.threshold ?? 0.1,
    ...(config.bandwidth === undefined ? {} : { bandwidth: config.bandwidth }),
  };
  const size = count === undefined ? { density } : { count };
  return {
    kind: "map-sparsity",
    concepts: { topk: active, batch: { batch: active }, threshold }[conceptRule],
    domain: { topk: size, batch: { ...size, batch: true }, threshold }[domainRule],
    energy,
    energyGrid,
    conceptCount: concepts,
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

function balancedConfig({ concepts }: RunConfig, activation: ActivationConfig): ActivationConfig {
  return { kind: "balanced", conceptCount: concepts, activation };
}

/** One number for all axes, or one for each. */
export function perAxis(name: string, values: readonly number[] | undefined, axes: number): number[] | undefined {
  if (values === undefined) return undefined;
  if (values.length === 1) return Array(axes).fill(values[0]);
  if (values.length === axes) return [...values];
  throw new SaenoError(
    "config.value",
    `--${name} ${values.join("x")}: give one number, or one for each of the ${axes} axes of the data.`,
  );
}
