import type { Activation, ActivationConfig, Codes } from "@saeno/activations";
import { SaenoError } from "@saeno/backend";
import { add, div, mul, sub, sum, type Tensor, type Tensor1D, tidy, zeros } from "@tensorflow/tfjs-core";
import type { Dictionary, DictionaryConfig } from "./dictionary.ts";
import type { Encoder, EncoderConfig } from "./encoder.ts";
import { type Parameter, trainable } from "./parameter.ts";

/** Everything needed to make a model of the same form again, as JSON. */
export interface ModelConfig {
  readonly dictionary: DictionaryConfig;
  readonly encoder: EncoderConfig;
  readonly activation: ActivationConfig;
}

export interface SparseAutoencoderParts {
  readonly dictionary: Dictionary;
  readonly encoder: Encoder;
  readonly activation: Activation;
}

export interface Reconstruction {
  readonly codes: Codes;
  /** `D z + b_dec`, `[B, ...N, C]`. */
  readonly reconstruction: Tensor;
}

/**
 * A sparse autoencoder (SPEC 4): `z = sigma(E* (x - b_dec) + b)`, `x_hat = D z + b_dec`, put together from a dictionary,
 * an encoder and an activation. A variant is another object for one of the three, never a subclass of this.
 * Functions are `[B, ...N, C]` on any grid that the dictionary takes; vectors `[B, n]`.
 */
export class SparseAutoencoder {
  readonly dictionary: Dictionary;
  readonly encoder: Encoder;
  readonly activation: Activation;
  readonly #decoderBias: Parameter;

  constructor(parts: SparseAutoencoderParts) {
    this.dictionary = parts.dictionary;
    this.encoder = parts.encoder;
    this.activation = parts.activation;
    const variable = tidy(() => trainable(zeros([parts.dictionary.channels])));
    this.#decoderBias = { name: "decoder.bias", variable, atoms: false };
  }

  /** The codes of x `[B, ...N, C]`, differentiable. The caller disposes them (`disposeCodes`). */
  encode(x: Tensor): Codes {
    this.#check(x);
    return tidy(() => this.encoder.encode(sub(x, this.#decoderBias.variable), this.activation) as never) as Codes;
  }

  /** `D z + b_dec`, `[B, ...N, C]`, differentiable. The caller disposes it. */
  decode(codes: Codes): Tensor {
    return tidy(() => add(this.dictionary.synthesize(codes), this.#decoderBias.variable));
  }

  /** Codes and reconstruction of x `[B, ...N, C]`, differentiable. The caller disposes both. */
  forward(x: Tensor): Reconstruction {
    const codes = this.encode(x);
    return { codes, reconstruction: this.decode(codes) };
  }

  /** All trained tensors, by the names they have in a file. */
  parameters(): readonly Parameter[] {
    const { parameterName, parameter } = this.dictionary;
    return [
      { name: `dictionary.${parameterName}`, variable: parameter, atoms: true },
      ...this.encoder.parameters(),
      this.#decoderBias,
    ];
  }

  /** Sets the decoder's bias, one value for each channel (dense: coordinate), for example to the mean of the data. */
  setDecoderBias(values: Tensor1D): void {
    this.#decoderBias.variable.assign(values);
  }

  /**
   * Scales the encoder so that reconstructions start at the size of the data (SPEC 3):
   * `s = <x - b_dec, x_hat> / <x_hat, x_hat>` on one batch. Returns s; leaves the encoder as it is where nothing is active.
   */
  fitGain(x: Tensor): number {
    const gain = tidy(() => {
      const centred = sub(x, this.#decoderBias.variable);
      const estimate = sub(this.forward(x).reconstruction, this.#decoderBias.variable);
      return div(sum(mul(centred, estimate)), sum(mul(estimate, estimate))).dataSync()[0] as number;
    });
    if (!Number.isFinite(gain) || gain <= 0) return 1;
    this.encoder.scale(gain);
    return gain;
  }

  toConfig(): ModelConfig {
    return {
      dictionary: this.dictionary.toConfig(),
      encoder: this.encoder.toConfig(),
      activation: this.activation.toConfig(),
    };
  }

  dispose(): void {
    this.dictionary.dispose();
    this.encoder.dispose();
    this.#decoderBias.variable.dispose();
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
    this.dictionary.checkGrid(x.shape.slice(1, -1));
  }
}
