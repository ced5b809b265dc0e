import {
  type Activation,
  type ActivationConfig,
  type ApplyOptions,
  type Codes,
  type PreCodes,
  toDense,
} from "@saeno/activations";
import { type Grid, isConstant, type Parameter, SaenoError, sizeOf, tidied, trainable } from "@saeno/backend";
import {
  abs,
  add,
  div,
  max,
  mul,
  reshape,
  slice,
  sub,
  sum,
  type Tensor,
  type Tensor1D,
  tensor1d,
  tidy,
  zeros,
} from "@tensorflow/tfjs-core";
import type { Dictionary, DictionaryConfig } from "./dictionary.ts";
import type { Encoder, EncoderConfig } from "./encoder.ts";
import { isLifted } from "./lifted-dictionary.ts";
import { type Normalization, normalization } from "./normalization.ts";
import { diagonal } from "./rows.ts";

/** Pre-codes that a threshold is measured on, at most; at least those of one sample. */
const measuredEntries = 2 ** 22;

/** Everything needed to make another model of the same form, as JSON. */
export interface ModelConfig {
  readonly dictionary: DictionaryConfig;
  readonly encoder: EncoderConfig;
  readonly activation: ActivationConfig;
  /** How the data is lifted; the dictionary is then one of the lifted space. Absent if the data is not lifted. */
  readonly lifting?: Readonly<Record<string, unknown>>;
  /** Whether inputs are normalized. Default false. */
  readonly normalized?: boolean;
}

export interface SparseAutoencoderParts {
  readonly dictionary: Dictionary;
  readonly encoder: Encoder;
  readonly activation: Activation;
  /** Normalize inputs and denormalize outputs, by the numbers given to `setNormalization`. Default false. */
  readonly normalized?: boolean;
}

export interface Reconstruction {
  readonly codes: Codes;
  /** `D z + b_dec`, `[B, ...N, C]`. */
  readonly reconstruction: Tensor;
}

/** A forward pass as losses see it: everything `[B, ...N, C]`, after normalization; if each point has a code of its own, `[B |N|, C]`. */
export interface Pass {
  readonly input: Tensor;
  readonly output: Tensor;
  readonly codes: Codes;
  /** What the activation was applied to. */
  preCodes(): PreCodes;
}

export interface PassOptions extends ApplyOptions {
  /** In place of the model's own, for this pass, such as a wrapper around it. */
  readonly activation?: Activation;
}

/**
 * A sparse autoencoder (specification: Encoders): `z = sigma(E* (x - b_dec) + b)`, `x_hat = D z + b_dec`, put together from a dictionary, an encoder and an
 * activation. A variant is another object for one of the three, never a subclass of this class. Functions are `[B, ...N, C]` on any grid that the
 * dictionary takes; vectors `[B, n]`.
 */
export class SparseAutoencoder {
  readonly dictionary: Dictionary;
  readonly encoder: Encoder;
  readonly activation: Activation;
  readonly #decoderBias: Parameter;
  #normalization: Normalization | undefined;

  constructor(parts: SparseAutoencoderParts) {
    this.dictionary = parts.dictionary;
    this.encoder = parts.encoder;
    this.activation = parts.activation;
    const { channels } = parts.dictionary;
    const variable = tidy(() => trainable(zeros([channels])));
    this.#decoderBias = { name: "decoder.bias", variable, role: "decoder bias" };
    this.#normalization = parts.normalized === true ? normalization(channels) : undefined;
  }

  /** The codes of x `[B, ...N, C]`, differentiable. The caller disposes of them (`disposeCodes`). */
  encode(x: Tensor): Codes {
    this.#check(x);
    return tidied(() => this.#mapsOf(this.#encode(this.#encoded(x)).codes, x));
  }

  /** `D z + b_dec`, `[B, ...N, C]`, differentiable, on a grid, which maps bring with them. The caller disposes of it. */
  decode(codes: Codes, grid?: Grid): Tensor {
    return tidy(() => {
      const output = this.#decode(codes, grid);
      return this.#normalization?.undo(output) ?? output;
    });
  }

  /** Codes and reconstruction of x `[B, ...N, C]`, differentiable. The caller disposes of both. */
  forward(x: Tensor): Reconstruction {
    const codes = this.encode(x);
    return { codes, reconstruction: this.decode(codes, x.shape.slice(1, -1)) };
  }

  /** A forward pass and all that losses may ask about it. Call it inside a `tidy`, which owns all results. */
  pass(x: Tensor, options: PassOptions = {}): Pass {
    this.#check(x);
    const input = this.#encoded(x);
    const { codes, preCodes, synthesizeShifted } = this.#encode(input, options);
    const output = synthesizeShifted?.(this.decoderBias) ?? this.#decode(codes, input.shape.slice(1, -1));
    return { input, output, codes, preCodes };
  }

  /** x as the model sees it, `[B, ...N, C]`: normalized, if it normalizes its inputs. Call it inside a `tidy`. */
  normalized(x: Tensor): Tensor {
    return this.#normalization?.apply(x) ?? x;
  }

  /** All tensors of the model, trained and frozen, by the names they have in a file. */
  parameters(): readonly Parameter[] {
    const { parameters, sharedParameters = [] } = this.dictionary;
    return [
      ...parameters.map((parameter) => ({ ...parameter, name: `dictionary.${parameter.name}` })),
      ...sharedParameters,
      ...this.encoder.parameters(),
      ...(this.activation.parameters?.() ?? []),
      this.#decoderBias,
      ...(this.#normalization?.parameters ?? []),
    ];
  }

  /** Sets the decoder's bias, one value for each channel (dense: coordinate), for example to the mean of the data. */
  setDecoderBias(values: Tensor1D): void {
    this.#decoderBias.variable.assign(values);
  }

  /** `b_dec [C]`. */
  get decoderBias(): Tensor {
    return this.#decoderBias.variable;
  }

  /** What inputs are normalized by, `[C]` each; nothing if they are not. */
  get normalization(): Pick<Normalization, "mean" | "scale"> | undefined {
    return this.#normalization;
  }

  /** Whether inputs are normalized. */
  get isNormalized(): boolean {
    return this.#normalization !== undefined;
  }

  /**
   * Sets what inputs are normalized by, `(x - mean) / scale`, a number for each channel.
   *
   * @throws SaenoError `model.normalization` for a model made without, and for scales that are not positive.
   */
  setNormalization(statistics: { readonly mean: ArrayLike<number>; readonly scale: ArrayLike<number> }): void {
    const found = this.#normalization;
    if (found === undefined) {
      throw new SaenoError(
        "model.normalization",
        "This model does not normalize its inputs: make it with normalized: true.",
      );
    }
    if (Array.from(statistics.scale).some((value) => !(value > 0 && Number.isFinite(value)))) {
      throw new SaenoError("model.normalization", "Scales are positive numbers: is a channel of the data constant?", {
        kind: "data",
      });
    }
    const [mean, scale] = found.parameters;
    tidy(() => {
      mean?.variable.assign(tensor1d(Float32Array.from(statistics.mean)));
      scale?.variable.assign(tensor1d(Float32Array.from(statistics.scale)));
    });
  }

  /**
   * Writes the normalization into dictionary, encoder and bias, in place: the same codes and reconstructions without it. Atoms then have
   * the scale of the data instead of unit norm.
   *
   * @throws SaenoError `model.fold` where it cannot be: lifted dictionaries, and encoders that run on the dictionary itself, unless all
   *   channels share one scale.
   */
  foldNormalization(): void {
    const found = this.#normalization;
    if (found === undefined) return;
    const { mean, scale } = found;
    if (this.dictionary.mapChannels === undefined || this.encoder.foldScale === undefined) {
      throw new SaenoError(
        "model.fold",
        `The normalization of a model with a ${this.encoder.kind} encoder${this.dictionary.sharedParameters ? " and a lifting" : ""} cannot be folded into its weights; only that of shallow encoders without lifting.`,
      );
    }
    // The encoder may refuse, and comes first.
    this.encoder.foldScale(scale);
    const { variable } = this.#decoderBias;
    tidy(() => {
      this.dictionary.mapChannels?.(diagonal(scale));
      variable.assign(add(mul(variable, scale), mean));
    });
    found.dispose();
    this.#normalization = undefined;
  }

  /**
   * Scales the encoder so that reconstructions start at the size of the data (specification: Dictionaries): `s = <x - b_dec, x_hat> / <x_hat, x_hat>` on
   * one batch. Returns s. Leaves the encoder as it is if nothing is active, if it has no gain, or if the batch is nothing but the decoder's bias, up to
   * rounding.
   */
  fitGain(x: Tensor): number {
    const { encoder } = this;
    if (encoder.scale === undefined) return 1;
    const gain = tidy(() => {
      const { input, output } = this.pass(x);
      const centered = sub(input, this.#decoderBias.variable);
      const estimate = sub(output, this.#decoderBias.variable);
      // What is left of a constant is rounding.
      if (isConstant(largestOf(centered), largestOf(input))) return 1;
      return div(sum(mul(centered, estimate)), sum(mul(estimate, estimate))).dataSync()[0];
    });
    if (!Number.isFinite(gain) || gain <= 0) return 1;
    encoder.scale(gain);
    return gain;
  }

  /**
   * Measures what the activation leaves to the data (specification: Activations): thresholds and bandwidths that were not given as numbers, on the
   * pre-codes of one batch. They have the scale of the encoder, so measure again after fitting its gain.
   */
  measureActivation(x: Tensor): void {
    const { activation, dictionary } = this;
    const { measured } = activation;
    if (measured === undefined) return;
    const points = dictionary.codes === "scalar" ? 1 : sizeOf(x.shape.slice(1, -1));
    const count = Math.max(1, Math.floor(measuredEntries / (points * dictionary.conceptCount)));
    tidy(() => {
      let isFirst = true;
      // An unrolled encoder asks several times: the first pre-codes are those of the data.
      const apply: Activation["apply"] = (preCodes, options) => {
        if (isFirst) measured.measure(preCodes);
        isFirst = false;
        return activation.apply(preCodes, options);
      };
      const some = count < x.shape[0] ? slice(x, 0, count) : x;
      this.pass(some, { activation: { kind: activation.kind, apply, toConfig: activation.toConfig } });
    });
  }

  toConfig(): ModelConfig {
    return {
      dictionary: this.dictionary.toConfig(),
      encoder: this.encoder.toConfig(),
      activation: this.activation.toConfig(),
      ...(isLifted(this.dictionary) ? { lifting: { ...this.dictionary.lifting.toConfig() } } : {}),
      ...(this.#normalization === undefined ? {} : { normalized: true }),
    };
  }

  dispose(): void {
    this.dictionary.dispose();
    this.encoder.dispose();
    this.activation.dispose?.();
    this.#decoderBias.variable.dispose();
    this.#normalization?.dispose();
  }

  /** x as the encoder takes it: normalized, and as points where each has codes of its own. */
  #encoded(x: Tensor): Tensor {
    const input = this.normalized(x);
    return this.dictionary.codesByPoint === true ? reshape(input, [-1, this.dictionary.channels]) : input;
  }

  /** Codes of points as the maps that they are. */
  #mapsOf(codes: Codes, x: Tensor): Codes {
    const { codesByPoint = false, conceptCount } = this.dictionary;
    if (!codesByPoint) return codes;
    return {
      kind: "dense",
      values: reshape(toDense(codes), [...x.shape.slice(0, -1), conceptCount]),
      zerosAreConstant: true,
    };
  }

  #encode(input: Tensor, { activation = this.activation, ...options }: PassOptions = {}) {
    const { encoder } = this;
    const { variable: center } = this.#decoderBias;
    return (
      encoder.encodeCentered?.(input, center, activation, options) ??
      encoder.encode(sub(input, center), activation, options)
    );
  }

  #decode(codes: Codes, grid: Grid | undefined): Tensor {
    const { dictionary } = this;
    const { variable: shift } = this.#decoderBias;
    return dictionary.synthesizeShifted?.(codes, shift) ?? add(dictionary.synthesize(codes, grid), shift);
  }

  #check(x: Tensor): void {
    const { channels } = this.dictionary;
    const found = x.shape[x.rank - 1];
    if (x.rank < 2 || found !== channels) {
      throw new SaenoError(
        "model.shape",
        `This model takes samples with ${channels} ${channels === 1 ? "channel" : "channels"} on the last axis, [B, ...N, ${channels}]; got [${x.shape.join(", ")}].`,
      );
    }
    this.dictionary.checkGrid(x.shape.slice(1, -1), { truncated: true });
  }
}

function largestOf(x: Tensor): number {
  return max(abs(x)).dataSync()[0];
}
