import type { Activation, ActivationConfig, ApplyOptions, Codes, PreCodes } from "@saeno/activations";
import {
  type Component,
  type ComponentConfig,
  defineComponent,
  type OptionsSchema,
  type Parameter,
} from "@saeno/backend";
import type { Tensor, Tensor1D } from "@tensorflow/tfjs-core";
import type { InferOutput } from "valibot";
import type { AssignOptions, Dictionary } from "./dictionary.ts";

export type EncoderConfig = ComponentConfig;

/** Codes, and the pre-codes that the (last) activation was applied to, for losses that look at what was nearly active. */
export interface Encoding {
  readonly codes: Codes;
  preCodes(): PreCodes;
  /** What the dictionary makes of these codes, and `shift [C]`: `[B, ...N, C]`; absent where that is not less than synthesis takes. */
  synthesizeShifted?(shift: Tensor): Tensor;
}

/** `E* x + b`: correlation with the atoms of a dictionary, and a bias `[K]`. */
export interface LinearEncoding {
  /** Owned by whoever asked. */
  readonly operator: Dictionary;
  readonly bias: Tensor1D;
}

/** Turns functions, with the decoder's bias already subtracted, into codes (specification: Encoders). */
export interface Encoder {
  readonly kind: string;
  /** x `[B, ...N, C]` to codes. Called inside a `tidy`; differentiable. */
  encode(x: Tensor, activation: Activation, options?: ApplyOptions): Encoding;
  /**
   * The codes of `x - center`, center `[C]`. Absent, or nothing for an activation, if that is not cheaper than the two apart. Called inside a `tidy`;
   * differentiable.
   */
  encodeCentered?(x: Tensor, center: Tensor, activation: Activation, options?: ApplyOptions): Encoding | undefined;
  /** Parameters of its own, not those of a dictionary it shares with the model. */
  parameters(): readonly Parameter[];
  /** Multiplies the linear part of the pre-codes by a number: how the gain is set. Absent if there is nothing to set. */
  scale?(factor: number): void;
  /**
   * Sets the rows of some concepts to functions, as `Dictionary.assign` does with atoms, at the norms that they had times a number. Absent where it has no
   * rows of its own.
   */
  assign?(functions: Tensor, options: AssignOptions): void;
  /**
   * Makes it an encoder of x where it was one of x / scale, scale `[C]`, in place; called before the dictionary changes. Absent if
   * that cannot be.
   *
   * @throws SaenoError `model.fold` where the scale must be the same for all channels and is not.
   */
  foldScale?(scale: Tensor1D): void;
  /** Its pre-codes as a linear map of x, gain and distances folded in. Absent if they are none. The caller disposes of both parts. */
  linear?(): LinearEncoding;
  toConfig(): EncoderConfig;
  dispose(): void;
}

/** An encoder and an activation that are to work together. */
export interface Pairing {
  readonly encoder: EncoderConfig;
  readonly activation: ActivationConfig;
}

/** An encoder as configurations and the command line know it. */
export interface EncoderComponent<Schema extends OptionsSchema = OptionsSchema> extends Component<Schema> {
  readonly type: "encoder";
  /** The kind of activation that is used with it where none is named; default `topk`. */
  readonly activation?: string;
  /** What training does differently with it, by the names of its options, such as `learningRate`. */
  readonly defaults?: Readonly<Record<string, unknown>>;
  create(options: InferOutput<Schema>, dictionary: Dictionary): Encoder;
  /** What encoder and activation make of each other's options before defaults are filled in. */
  pair?(given: Pairing, codes: Dictionary["codes"]): Pairing;
}

/** Describes an encoder; `register` makes it known by its kind. */
export function defineEncoder<const Schema extends OptionsSchema>(
  definition: Omit<EncoderComponent<Schema>, "type">,
): EncoderComponent<Schema> {
  return defineComponent("encoder", definition);
}
