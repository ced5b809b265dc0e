import { type Activation, type MapSparsityOptions, mapSparsity, topK } from "@saeno/activations";
import type { Padding } from "@saeno/backend";
import { createRandom, type Grid, type Modes, SaenoError } from "@saeno/backend";
import type { DictionaryConfig } from "./dictionary.ts";
import type { FourierStart } from "./fourier-dictionary.ts";
import { modelFromConfig } from "./model-from-config.ts";
import type { SparseAutoencoder } from "./sparse-autoencoder.ts";

/** What the models for functions share. */
export interface FunctionModelOptions {
  readonly channels: number;
  /** `K`. */
  readonly concepts: number;
  /** `k_c`, concepts active in a sample. */
  readonly active: number;
  /** Where they may be active; default a density of 0.04. */
  readonly domain?: MapSparsityOptions["domain"];
  readonly energy?: MapSparsityOptions["energy"];
  readonly energyGrid?: MapSparsityOptions["energyGrid"];
  /** The encoder is the dictionary's adjoint times a gain. Default false. */
  readonly tied?: boolean;
  /** Default 0. */
  readonly seed?: number;
}

export interface SaeFnoOptions extends FunctionModelOptions {
  readonly modes: Modes;
  readonly start?: FourierStart;
}

export interface SaeCnnOptions extends FunctionModelOptions {
  readonly kernel: Grid;
  readonly padding?: Padding;
}

export interface SaeMlpOptions {
  /** `n`, the length of a sample. */
  readonly inputs: number;
  readonly concepts: number;
  readonly active: number;
  readonly tied?: boolean;
  readonly seed?: number;
}

/** SAE-FNO: concepts are spectra, so one model works on every grid that holds its modes. `[B, ...N, C]`. */
export function saeFno(options: SaeFnoOptions): SparseAutoencoder {
  const { channels, concepts, modes, start = "localised" } = options;
  return preset({ kind: "fourier", channels, concepts, modes, start }, maps(options), options);
}

/** SAE-CNN: concepts are kernels of a fixed number of points. `[B, ...N, C]`. */
export function saeCnn(options: SaeCnnOptions): SparseAutoencoder {
  const { channels, concepts, kernel, padding = "circular" } = options;
  return preset({ kind: "conv", channels, concepts, kernel, padding }, maps(options), options);
}

/** SAE-MLP, the standard sparse autoencoder with TopK: concepts are vectors. `[B, n]`. */
export function saeMlp(options: SaeMlpOptions): SparseAutoencoder {
  const { inputs, concepts, active } = options;
  return preset({ kind: "dense", inputs, concepts }, topK({ k: active }), options);
}

function maps(options: FunctionModelOptions): Activation {
  const { active, domain = { density: 0.04 }, energy = "rectified", energyGrid = 1 } = options;
  return mapSparsity({ concepts: active, domain, energy, energyGrid });
}

function preset(
  dictionary: DictionaryConfig,
  activation: Activation,
  options: { readonly concepts: number; readonly active: number; readonly tied?: boolean; readonly seed?: number },
): SparseAutoencoder {
  for (const name of ["channels", "inputs", "concepts"]) {
    const value = dictionary[name];
    if (value !== undefined && !(Number.isInteger(value) && (value as number) >= 1)) {
      throw new SaenoError(`model.${name}`, `${name} is a whole number of at least 1; got ${value}.`);
    }
  }
  if (options.active > options.concepts) {
    throw new SaenoError(
      "model.active",
      `${options.active} active concepts of only ${options.concepts}: lower active, or give the dictionary more concepts.`,
    );
  }
  const encoder = { kind: "shallow", tied: options.tied ?? false };
  const random = createRandom(options.seed ?? 0).split("model");
  return modelFromConfig({ dictionary, encoder, activation: activation.toConfig() }, random);
}
