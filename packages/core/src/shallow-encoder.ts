import type { Activation, ApplyOptions, PreCodes } from "@saeno/activations";
import { option, type Parameter, SaenoError, trainable, yesOrNo } from "@saeno/backend";
import { div, mul, scalar, square, sub, type Tensor, type Tensor1D, tidy, zeros } from "@tensorflow/tfjs-core";
import * as v from "valibot";
import type { AssignOptions, Dictionary } from "./dictionary.ts";
import { defineEncoder, type Encoder, type EncoderComponent, type Encoding } from "./encoder.ts";
import { diagonal } from "./rows.ts";

export const shallowComponent: EncoderComponent = defineEncoder({
  kind: "shallow",
  summary: "one correlation with atoms of its own, or with the dictionary's",
  schema: v.strictObject({
    tied: v.optional(option(yesOrNo, "encode with the dictionary itself"), false),
    distance: v.optional(
      option(yesOrNo, "codes from distances to atoms instead of correlations", {
        default: "with the activation spade",
      }),
      false,
    ),
  }),
  create: (options, dictionary) => shallowEncoder(dictionary, options),
});

export interface ShallowEncoderOptions {
  /** Use the dictionary's own adjoint, times a trained gain. Default false: a second dictionary that starts as a copy. */
  readonly tied?: boolean;
  /**
   * Pre-codes are `<e_k, x> - |e_k|^2 / 2`, half the negated squared distance from x to `e_k`, up to a term that all concepts share: the encoder of SpaDE.
   * Default false.
   */
  readonly distance?: boolean;
}

/**
 * One correlation, one activation (specification: Encoders): `z = sigma(E* (x - b_dec) + b)`, b one bias per concept, zero at the start.
 * `E` is a second dictionary of the same kind, or the dictionary itself times a gain (tied).
 */
export function shallowEncoder(dictionary: Dictionary, options: ShallowEncoderOptions = {}): Encoder {
  const { tied = false, distance = false } = options;
  const bias = tidy(() => trainable(zeros([dictionary.conceptCount])));
  const own = tied ? undefined : dictionary.copy();
  const gain = tied ? tidy(() => trainable(scalar(1))) : undefined;
  const parameters: Parameter[] = [
    ...(gain === undefined ? [] : [{ name: "encoder.gain", variable: gain, role: "gain" } as const]),
    ...(own?.parameters ?? []).map(
      (parameter): Parameter => ({
        ...parameter,
        name: `encoder.${parameter.name}`,
        role: "encoder atoms",
      }),
    ),
    { name: "encoder.bias", variable: bias, role: "encoder bias" },
  ];
  const matrix = own ?? dictionary;

  function offset(): Tensor1D {
    const shift: Tensor = bias;
    return (distance ? sub(shift, mul(matrix.squaredNorms(), 0.5)) : shift) as Tensor1D;
  }

  function foldScale(scale: Tensor1D): void {
    if (own !== undefined) {
      tidy(() => own.mapChannels?.(diagonal(div(1, scale))));
      return;
    }
    const scales = scale.dataSync();
    if (scales.some((value) => value !== scales[0])) {
      throw new SaenoError(
        "model.fold",
        "A tied encoder has no weights of its own to take up a scale for each channel: normalize by one scale for all.",
      );
    }
    // The dictionary is about to grow by the scale.
    tidy(() => gain?.assign(div(gain, square(scalar(scales[0])))));
  }

  const encoding = (preCodes: PreCodes, activation: Activation, options?: ApplyOptions): Encoding => ({
    codes: activation.apply(preCodes, options),
    preCodes: () => preCodes,
  });
  const { centeredPreCodes } = own ?? {};

  return {
    kind: "shallow",
    encode: (x, activation, options) =>
      encoding(matrix.preCodes(gain === undefined ? x : mul(x, gain), offset()), activation, options),
    ...(centeredPreCodes === undefined
      ? {}
      : {
          encodeCentered: (x: Tensor, center: Tensor, activation: Activation, options?: ApplyOptions) =>
            encoding(centeredPreCodes(x, center, offset()), activation, options),
        }),
    parameters: () => parameters,
    scale(factor) {
      // Distances have no gain: prototypes are where they are.
      if (distance) return;
      own?.scale(factor);
      tidy(() => gain?.assign(mul(gain, factor)));
    },
    ...(own === undefined ? {} : { assign: (functions: Tensor, how: AssignOptions) => own.assign(functions, how) }),
    ...(distance || (own !== undefined && own.mapChannels === undefined) ? {} : { foldScale }),
    linear() {
      const operator = matrix.copy();
      if (gain !== undefined) operator.scale(gain.dataSync()[0]);
      return { operator, bias: tidy(() => offset().clone()) };
    },
    toConfig: () => ({ kind: "shallow", tied, distance }),
    dispose() {
      bias.dispose();
      own?.dispose();
      gain?.dispose();
    },
  };
}
