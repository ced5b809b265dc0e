import { type Codes, findActivation, toDense, usualActive, usualBudget } from "@saeno/activations";
import { option, positiveInteger, SaenoError } from "@saeno/backend";
import { add, div, maximum, mul, reshape, sub, sum, type Tensor } from "@tensorflow/tfjs-core";
import * as v from "valibot";
import type { Dictionary } from "./dictionary.ts";
import { defineEncoder, type Encoder, type EncoderComponent, type Pairing } from "./encoder.ts";

export const matchingPursuitComponent: EncoderComponent = defineEncoder({
  kind: "matching-pursuit",
  summary: "one concept per step, from what is left, with the dictionary itself",
  defaults: { learningRate: 0.005 },
  schema: v.strictObject({
    steps: v.optional(
      option(positiveInteger, "concepts taken, one per step", { flag: "iterations", default: "what --active says" }),
      8,
    ),
  }),
  create: (options, dictionary) => matchingPursuitEncoder(dictionary, options),
  pair: oneConceptAStep,
});

/**
 * How many concepts are active is the number of steps; one step takes one, of maps with its part of the budget. Both as given where both are.
 */
function oneConceptAStep({ encoder, activation }: Pairing, codes: Dictionary["codes"]): Pairing {
  const { entries } = findActivation(activation.kind).schema;
  const count = ["active", "k"].find((name) => name in entries);
  if (count === undefined) return { encoder, activation };
  const active = activation[count];
  if (active !== undefined && encoder.steps !== undefined) return { encoder, activation };
  const steps = Number(active ?? encoder.steps ?? usualActive);
  const { budget = usualBudget, density, count: points } = activation;
  const ofMaps = {
    conceptRule: "topk",
    domainRule: "topk",
    ...(density === undefined && points === undefined ? { budget: Number(budget) / steps } : {}),
  };
  return {
    encoder: active === undefined ? encoder : { ...encoder, steps: active },
    activation: { ...(codes === "maps" ? ofMaps : {}), ...activation, [count]: 1 },
  };
}

/**
 * Matching pursuit (Mallat and Zhang 1993; as an encoder Costa et al. 2025, arXiv:2506.03093): from `r_0 = x`, step by step,
 * `dz = s sigma(D* r_t)`, `z <- z + dz`, `r_{t+1} = r_t - D dz`, s of each sample the length that leaves the smallest residual,
 * `<r, D dz> / |D dz|^2`; for one atom of unit norm that is 1. With an activation that keeps one entry, `topK({ k: 1 })` for scalar codes or
 * `mapSparsity({ concepts: 1, domain: { count: 1 } })` for maps, every step takes the concept that explains most of what is left.
 * Differentiable through the kept entries; no parameters of its own.
 *
 * @throws SaenoError `encoder.steps` unless it is a positive integer.
 */
export function matchingPursuitEncoder(dictionary: Dictionary, options: { readonly steps: number }): Encoder {
  const { steps } = options;
  if (!Number.isInteger(steps) || steps < 1) {
    throw new SaenoError("encoder.steps", `steps must be a positive integer; got ${steps}.`);
  }
  return {
    kind: "matching-pursuit",
    encode(x, activation, applyOptions) {
      let residual = x;
      let codes: Codes | undefined;
      let preCodes = dictionary.preCodes(residual);
      for (let step = 0; step < steps; step++) {
        if (step > 0) preCodes = dictionary.preCodes(residual);
        const direction = activation.apply(preCodes, applyOptions);
        const output = dictionary.synthesize(direction, x.shape.slice(1, -1));
        const length = bestLength(residual, output);
        residual = sub(residual, mul(output, perSample(length, output.rank)));
        const taken = {
          ...direction,
          values: mul(direction.values, perSample(length, direction.values.rank)),
        } as Codes;
        codes = codes === undefined ? taken : { kind: "dense", values: add(toDense(codes), toDense(taken)) };
      }
      const last = preCodes;
      return { codes: codes as Codes, preCodes: () => last };
    },
    parameters: () => [],
    toConfig: () => ({ kind: "matching-pursuit", steps }),
    dispose() {},
  };
}

/** `<r, y> / |y|^2` of each sample, `[B]`; 0 where y is. */
function bestLength(r: Tensor, y: Tensor): Tensor {
  const rows = (x: Tensor) => reshape(x, [x.shape[0], -1]);
  return div(sum(mul(rows(r), rows(y)), 1), maximum(sum(mul(rows(y), rows(y)), 1), 1e-30));
}

/** `[B]` to `[B, 1, ..]` of a rank. */
function perSample(values: Tensor, rank: number): Tensor {
  return reshape(values, [values.size, ...Array<number>(rank - 1).fill(1)]);
}
