import type { Activation, Codes } from "@saeno/activations";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { Parameter } from "./parameter.ts";

export interface EncoderConfig {
  readonly kind: string;
  readonly [option: string]: unknown;
}

/** Turns functions, the decoder's bias already taken off, into codes (SPEC 4). */
export interface Encoder {
  readonly kind: string;
  /** x `[B, ...N, C]` to codes. Called inside a `tidy`; differentiable. */
  encode(x: Tensor, activation: Activation): Codes;
  /** Parameters of its own, not those of a dictionary it shares with the model. */
  parameters(): readonly Parameter[];
  /** Multiplies the linear part of the pre-codes by a number: how the gain is set. */
  scale(factor: number): void;
  toConfig(): EncoderConfig;
  dispose(): void;
}
