import { mul, scalar, type Tensor1D, tidy, zeros } from "@tensorflow/tfjs-core";
import type { Dictionary } from "./dictionary.ts";
import type { Encoder } from "./encoder.ts";
import { type Parameter, trainable } from "./parameter.ts";

export interface ShallowEncoderOptions {
  /** Use the dictionary's own adjoint, times a trained gain. Default false: a second dictionary that starts as a copy. */
  readonly tied?: boolean;
}

/**
 * One correlation, one activation (SPEC 4): `z = sigma(E* (x - b_dec) + b)`, b one bias per concept, zero at the start.
 * `E` is a second dictionary of the same kind, or the dictionary itself times a gain (tied).
 */
export function shallowEncoder(dictionary: Dictionary, options: ShallowEncoderOptions = {}): Encoder {
  const { tied = false } = options;
  const bias = tidy(() => trainable(zeros([dictionary.conceptCount])));
  const own = tied ? undefined : dictionary.copy();
  const gain = tied ? tidy(() => trainable(scalar(1))) : undefined;
  const parameters: Parameter[] = [{ name: "encoder.bias", variable: bias, atoms: false }];
  if (own !== undefined)
    parameters.unshift({ name: `encoder.${own.parameterName}`, variable: own.parameter, atoms: false });
  if (gain !== undefined) parameters.unshift({ name: "encoder.gain", variable: gain, atoms: false });
  return {
    kind: "shallow",
    encode(x, activation) {
      const preCodes =
        own === undefined
          ? dictionary.preCodes(mul(x, gain ?? 1), bias as unknown as Tensor1D)
          : own.preCodes(x, bias as unknown as Tensor1D);
      return activation.apply(preCodes);
    },
    parameters: () => parameters,
    scale(factor) {
      const scaled = own?.parameter ?? gain;
      tidy(() => scaled?.assign(mul(scaled, factor)));
    },
    toConfig: () => ({ kind: "shallow", tied }),
    dispose() {
      bias.dispose();
      own?.dispose();
      gain?.dispose();
    },
  };
}
