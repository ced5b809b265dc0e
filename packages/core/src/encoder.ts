import type { Activation, ApplyOptions, Codes, PreCodes } from "@saeno/activations";
import type { ComponentConfig, Parameter } from "@saeno/backend";
import type { Tensor, Tensor1D } from "@tensorflow/tfjs-core";
import type { AssignOptions } from "./dictionary.ts";

export type EncoderConfig = ComponentConfig;

/** Codes, and the pre-codes that the (last) activation was applied to, for losses that look at what nearly was active. */
export interface Encoding {
  readonly codes: Codes;
  preCodes(): PreCodes;
}

/** Turns functions, the decoder's bias already taken off, into codes (specification: Encoders). */
export interface Encoder {
  readonly kind: string;
  /** x `[B, ...N, C]` to codes. Called inside a `tidy`; differentiable. */
  encode(x: Tensor, activation: Activation, options?: ApplyOptions): Encoding;
  /** Parameters of its own, not those of a dictionary it shares with the model. */
  parameters(): readonly Parameter[];
  /** Multiplies the linear part of the pre-codes by a number: how the gain is set. Absent where there is nothing to set. */
  scale?(factor: number): void;
  /**
   * Makes the rows of some concepts functions, as `Dictionary.assign` does with atoms, at the norms that they had times a number. Absent
   * where it has no rows of its own.
   */
  assign?(functions: Tensor, options: AssignOptions): void;
  /**
   * Makes it an encoder of x where it was one of x / scale, scale `[C]`, in place; called before the dictionary changes. Absent where
   * that cannot be.
   *
   * @throws SaenoError `model.fold` where the scale must be the same for all channels and is not.
   */
  foldScale?(scale: Tensor1D): void;
  toConfig(): EncoderConfig;
  dispose(): void;
}
