import { type ActivationConfig, type MapSparsityOptions, mapOptions } from "@saeno/activations";
import { createRandom, type Grid, type Modes, type Padding } from "@saeno/backend";
import type { LiftingOptions } from "@saeno/lifting";
import type { DictionaryConfig } from "./dictionary.ts";
import type { EncoderConfig } from "./encoder.ts";
import type { FourierStart } from "./fourier-dictionary.ts";
import { modelFromConfig } from "./model-from-config.ts";
import type { SparseAutoencoder } from "./sparse-autoencoder.ts";

/** What all models share. */
export interface SharedModelOptions {
  /** `K`. */
  readonly concepts: number;
  /** `k` or `k_c`, concepts active in a sample. */
  readonly active: number;
  /** The encoder is the dictionary's adjoint times a gain. Default false. */
  readonly tied?: boolean;
  /** Another encoder, such as `{ kind: "unrolled", iterations: 15, stepSize: 0.2 }`. */
  readonly encoder?: EncoderConfig;
  /** Another activation than the top-k of the preset, such as `{ kind: "hard-threshold", threshold: 2 }`. */
  readonly activation?: ActivationConfig;
  /** The autoencoder runs in a lifted space (specification: Lifting). */
  readonly lifting?: Omit<LiftingOptions, "channels">;
  /** Normalize inputs. Default false. */
  readonly normalized?: boolean;
  /** Default 0. */
  readonly seed?: number;
}

/** What the models for functions share. */
export interface FunctionModelOptions extends SharedModelOptions {
  readonly channels: number;
  /**
   * Where the `active` concepts of each sample are. Default: `active` is a budget for the batch, and maps have peaks, together 4 % as many numbers as a
   * sample has.
   */
  readonly domain?: MapSparsityOptions["domain"];
  readonly energy?: MapSparsityOptions["energy"];
  readonly energyGrid?: MapSparsityOptions["energyGrid"];
}

export interface SaeFnoOptions extends FunctionModelOptions {
  readonly modes: Modes;
  readonly start?: FourierStart;
  /** R, to make each atom of R functions, each times a pattern of channels: for hundreds of channels. Default: no such factors. */
  readonly rank?: number;
}

export interface SaeCnnOptions extends FunctionModelOptions {
  readonly kernel: Grid;
  readonly padding?: Padding;
}

export interface SaeMlpOptions extends SharedModelOptions {
  /** `n`, the length of a sample. */
  readonly inputs: number;
}

export interface SaeTokensOptions extends SharedModelOptions {
  readonly channels: number;
  /** Of the grid. Default 2. */
  readonly axes?: number;
}

/** SAE-FNO: concepts are spectra, so one model works on every grid that holds its modes. `[B, ...N, C]`. */
export function saeFno(options: SaeFnoOptions): SparseAutoencoder {
  const { channels, concepts, modes, start = "localized", rank } = options;
  return preset(
    { kind: "fourier", concepts, modes, start, ...(rank === undefined ? {} : { rank }) },
    maps(options),
    channels,
    options,
  );
}

/** SAE-CNN: concepts are kernels of a fixed number of points. `[B, ...N, C]`. */
export function saeCnn(options: SaeCnnOptions): SparseAutoencoder {
  const { channels, concepts, kernel, padding = "circular" } = options;
  return preset({ kind: "conv", concepts, kernel, padding }, maps(options), channels, options);
}

/** SAE-MLP, the standard sparse autoencoder with TopK: concepts are vectors. `[B, n]`. */
export function saeMlp(options: SaeMlpOptions): SparseAutoencoder {
  const { inputs, concepts, active } = options;
  return preset({ kind: "dense", concepts }, { kind: "topk", k: active }, inputs, options);
}

/** The standard sparse autoencoder at every point of a function by itself, as others use it on tokens, with `active` concepts at each. `[B, ...N, C]`. */
export function saeTokens(options: SaeTokensOptions): SparseAutoencoder {
  const { channels, concepts, active, axes = 2 } = options;
  return preset({ kind: "tokens", concepts, axes }, { kind: "topk", k: active }, channels, options);
}

function maps(options: FunctionModelOptions): ActivationConfig {
  const { active, domain, energy = "kept", energyGrid = 1 } = options;
  const rules = domain === undefined ? { active } : mapOptions(active, domain);
  return { kind: "map-sparsity", ...rules, energy, energyGrid };
}

function preset(
  dictionary: DictionaryConfig,
  usual: ActivationConfig,
  channels: number,
  { tied = false, encoder, activation, lifting, normalized = false, seed = 0 }: SharedModelOptions,
): SparseAutoencoder {
  const config = {
    dictionary,
    encoder: encoder ?? { kind: "shallow", tied },
    activation: activation ?? usual,
    ...(lifting === undefined ? {} : { lifting: { ...lifting } }),
    normalized,
  };
  return modelFromConfig(config, createRandom(seed).split("model"), { channels });
}
