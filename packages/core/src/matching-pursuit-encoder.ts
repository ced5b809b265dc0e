import { type Codes, toDense } from "@saeno/activations";
import { SaenoError } from "@saeno/backend";
import { add, sub, type Tensor } from "@tensorflow/tfjs-core";
import type { Dictionary } from "./dictionary.ts";
import type { Encoder } from "./encoder.ts";

/**
 * Matching pursuit (Mallat and Zhang 1993; as an encoder Costa et al. 2025, arXiv:2506.03093): from `r_0 = x`, step by step,
 * `dz = sigma(D* r_t)`, `z <- z + dz`, `r_{t+1} = r_t - D dz`. With an activation that keeps one entry, `topK({ k: 1 })` for scalar codes or
 * `mapSparsity({ concepts: 1, domain: { count: 1 } })` for maps, every step takes the concept that explains most of what is left.
 * Differentiable through the kept entries; no parameters of its own.
 *
 * @throws SaenoError `encoder.steps` for a number of steps that is none.
 */
export function matchingPursuitEncoder(dictionary: Dictionary, options: { readonly steps: number }): Encoder {
  const { steps } = options;
  if (!Number.isInteger(steps) || steps < 1) {
    throw new SaenoError("encoder.steps", `steps is a whole number of at least 1; got ${steps}.`);
  }
  return {
    kind: "matching-pursuit",
    encode(x, activation, applyOptions) {
      let preCodes = dictionary.preCodes(x);
      let taken: Codes = activation.apply(preCodes, applyOptions);
      let codes = toDense(taken);
      let residual: Tensor = x;
      for (let step = 1; step < steps; step++) {
        residual = sub(residual, dictionary.synthesize(taken));
        preCodes = dictionary.preCodes(residual);
        taken = activation.apply(preCodes, applyOptions);
        codes = add(codes, toDense(taken));
      }
      return { codes: steps === 1 ? taken : { kind: "dense", values: codes }, preCodes: () => preCodes };
    },
    parameters: () => [],
    toConfig: () => ({ kind: "matching-pursuit", steps }),
    dispose() {},
  };
}
