import { type Activation, type ActivationConfig, type MapSparsityOptions, mapSparsity, topK } from "@saeno/activations";
import type { Padding } from "@saeno/backend";
import { createRandom, type Grid, type Modes, SaenoError } from "@saeno/backend";
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
  /** Where they may be active; default a density of 0.04. */
  readonly domain?: MapSparsityOptions["domain"];
  readonly energy?: MapSparsityOptions["energy"];
  readonly energyGrid?: MapSparsityOptions["energyGrid"];
}

export interface SaeFnoOptions extends FunctionModelOptions {
  readonly modes: Modes;
  readonly start?: FourierStart;
}

export interface SaeCnnOptions extends FunctionModelOptions {
  readonly kernel: Grid;
  readonly padding?: Padding;
}

export interface SaeMlpOptions extends SharedModelOptions {
  /** `n`, the length of a sample. */
  readonly inputs: number;
}

/** SAE-FNO: concepts are spectra, so one model works on every grid that holds its modes. `[B, ...N, C]`. */
export function saeFno(options: SaeFnoOptions): SparseAutoencoder {
  const { channels, concepts, modes, start = "localized" } = options;
  return preset({ kind: "fourier", channels, concepts, modes, start }, "channels", maps(options), options);
}

/** SAE-CNN: concepts are kernels of a fixed number of points. `[B, ...N, C]`. */
export function saeCnn(options: SaeCnnOptions): SparseAutoencoder {
  const { channels, concepts, kernel, padding = "circular" } = options;
  return preset({ kind: "conv", channels, concepts, kernel, padding }, "channels", maps(options), options);
}

/** SAE-MLP, the standard sparse autoencoder with TopK: concepts are vectors. `[B, n]`. */
export function saeMlp(options: SaeMlpOptions): SparseAutoencoder {
  const { inputs, concepts, active } = options;
  return preset({ kind: "dense", inputs, concepts }, "inputs", topK({ k: active }), options);
}

function maps(options: FunctionModelOptions): Activation {
  const { active, domain = { density: 0.04 }, energy = "kept", energyGrid = 1, concepts } = options;
  return mapSparsity({ concepts: active, domain, energy, energyGrid, conceptCount: concepts });
}

/** @param size the name of the option that says how long the vectors at a grid point are. */
function preset(
  dictionary: DictionaryConfig,
  size: "channels" | "inputs",
  usual: Activation,
  options: SharedModelOptions,
): SparseAutoencoder {
  for (const name of [size, "concepts"]) {
    const value = dictionary[name];
    if (!(Number.isInteger(value) && (value as number) >= 1)) {
      throw new SaenoError(`model.${name}`, `${name} must be a positive integer; got ${value}.`);
    }
  }
  if (options.active > options.concepts) {
    throw new SaenoError(
      "model.active",
      `${options.active} active concepts of only ${options.concepts}: lower active, or give the dictionary more concepts.`,
    );
  }
  const { lifting, normalized = false, tied = false, activation = usual.toConfig() } = options;
  const lifted =
    lifting === undefined
      ? { dictionary }
      : {
          dictionary: { ...dictionary, [size]: lifting.lifted },
          lifting: { ...lifting, channels: dictionary[size] },
        };
  const config = { ...lifted, encoder: options.encoder ?? { kind: "shallow", tied }, activation, normalized };
  return modelFromConfig(config, createRandom(options.seed ?? 0).split("model"));
}
