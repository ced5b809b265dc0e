import { customGrad, engine, type Tensor } from "@tensorflow/tfjs-core";
import type { Tensors } from "../contract.ts";
import { unrolledMapsGradient } from "./unrolled-maps-gradient.ts";
import { type UnrolledMapsAttributes, type UnrolledMapsInput, unrolledMapsTrace } from "./unrolled-maps-trace.ts";

export interface UnrolledMaps {
  (inputs: Tensors<UnrolledMapsInput>, attributes: UnrolledMapsAttributes): { codes: Tensor };
  readonly definition: {
    readonly name: string;
    readonly inputs: readonly UnrolledMapsInput[];
    readonly outputs: readonly "codes"[];
    readonly gradient: object;
  };
}

const inputNames = ["xRe", "xIm", "dRe", "dIm", "stepSize"] as const;

const definition: UnrolledMaps["definition"] = {
  name: "SaenoUnrolledMaps",
  inputs: inputNames,
  outputs: ["codes"],
  gradient: unrolledMapsGradient,
};

/**
 * Codes by unrolled thresholding with a fourier dictionary (specification: Dictionaries, Encoders): xRe, xIm the spectrum of x `[B, C, M]`, dRe, dIm the weights
 * `D(w)` `[K, C, M]`, stepSize `[]` to codes `[B, K, |N|]`, `z_0 = 0`, `z_(t+1) = sigma(z_t + stepSize D* (x - D z_t))`. The gradient goes back
 * through all T steps, to all five inputs. Two contracts in one: {@link unrolledMapsTrace} forward, {@link unrolledMapsGradient}
 * backward; what the first saves for the second (8 T B (C + K) M bytes) never becomes an output, to which tfjs would send gradients of zeros.
 *
 * @throws SaenoError `data.nan` when a pre-activation is NaN.
 */
export const unrolledMaps: UnrolledMaps = Object.assign(
  (inputs: Tensors<UnrolledMapsInput>, attributes: UnrolledMapsAttributes) => {
    const run = customGrad((...given) => {
      // tfjs's types know only tensors; the last argument is a function.
      const save = given[inputNames.length] as unknown as (tensors: Tensor[]) => void;
      const own = named(inputNames, given as Tensor[]);
      // Of steps that nobody goes back through nothing is kept.
      const outputs = unrolledMapsTrace(own, { ...attributes, traced: engine().state.gradientDepth > 0 });
      const names = [...inputNames, ...unrolledMapsTrace.definition.outputs];
      const all = { ...own, ...outputs };
      save(names.map((name) => all[name]));
      return {
        value: outputs.codes,
        gradFunc(upstream, saved) {
          const kept = named(names, saved);
          const gradients = unrolledMapsGradient({ upstream: upstream, ...kept }, attributes);
          return inputNames.map((name) => gradients[name]);
        },
      };
    });
    return { codes: run(...inputNames.map((name) => inputs[name])) };
  },
  { definition },
);

function named<Name extends string>(names: readonly Name[], tensors: readonly Tensor[]): Record<Name, Tensor> {
  return Object.fromEntries(names.map((name, i) => [name, tensors[i]])) as Record<Name, Tensor>;
}
