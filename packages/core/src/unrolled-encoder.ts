import {
  type Activation,
  type ApplyOptions,
  type Codes,
  densePreCodes,
  entriesOf,
  findActivation,
  type PreCodes,
  toDense,
} from "@saeno/activations";
import {
  detach,
  type Grid,
  oneOf,
  option,
  type Parameter,
  parseOptions,
  positiveInteger,
  positiveNumber,
  SaenoError,
  tidied,
  trainable,
  yesOrNo,
} from "@saeno/backend";
import { add, mul, type Scalar, scalar, sub, type Tensor, tidy } from "@tensorflow/tfjs-core";
import * as v from "valibot";
import type { Dictionary } from "./dictionary.ts";
import { defineEncoder, type Encoder, type EncoderComponent, type Encoding, type Pairing } from "./encoder.ts";
import { largestEigenvalue } from "./largest-eigenvalue.ts";
import { isLifted } from "./lifted-dictionary.ts";

export const unrolledComponent: EncoderComponent = defineEncoder({
  kind: "unrolled",
  summary: "thresholded gradient steps on the error, with the dictionary itself",
  activation: "hard-threshold",
  defaults: { learningRate: 0.005 },
  schema: v.strictObject({
    iterations: v.optional(option(positiveInteger, "gradient steps for a sample"), 10),
    stepSize: v.optional(
      option(
        v.union([positiveNumber, v.literal("power")], 'must be a positive number, or "power"'),
        "length of a step, or power for 1 / the largest eigenvalue",
      ),
      "power",
    ),
    learnStepSize: v.optional(option(yesOrNo, "train the step size"), false),
    momentum: v.optional(option(yesOrNo, "Nesterov's momentum; with soft-threshold, FISTA"), false),
    gradient: v.optional(
      option(oneOf("backpropagation", "analytic"), "through all steps, or with the codes held fixed"),
      "backpropagation",
    ),
    residual: v.optional(option(oneOf("lifted", "data"), "where the residual of a lifted model is taken"), "lifted"),
  }),
  create: (options, dictionary) => unrolledEncoder(dictionary, options),
  pair: topOfSamples,
});

/**
 * A budget of a batch has one threshold for all steps at inference: the first, whose codes are small, would keep nothing, and so would all that
 * follow. Concepts are the strongest of a sample unless told otherwise.
 */
function topOfSamples({ encoder, activation }: Pairing, codes: Dictionary["codes"]): Pairing {
  const component = findActivation(activation.kind);
  const onMaps = component.onMaps?.(parseOptions(component, {}, "activation")) ?? activation;
  const isOpen = codes === "maps" && "conceptRule" in findActivation(onMaps.kind).schema.entries;
  return { encoder, activation: isOpen ? { conceptRule: "topk", ...onMaps, ...activation } : activation };
}

export interface UnrolledEncoderOptions {
  /** `T`. */
  readonly iterations: number;
  /** `alpha`; or `power`: 1 / the largest eigenvalue of `D* D`, from power iteration on the dictionary as it is. Default `power`. */
  readonly stepSize?: number | "power";
  /** Whether the step size is trained, if it is a number. Default false. */
  readonly learnStepSize?: boolean;
  /** Nesterov's momentum: with a soft threshold, FISTA (Beck and Teboulle 2009). Default false. */
  readonly momentum?: boolean;
  /**
   * How gradients are computed: by `backpropagation` through all steps, or `analytic`, with the codes held fixed, so that only the synthesis `D z` is
   * differentiated. Default `backpropagation`.
   */
  readonly gradient?: "backpropagation" | "analytic";
  /**
   * For a lifted dictionary, where the residual is taken: `lifted`, `D_l*(L x - D_l z)`; or `data`, `D_l* L (x - P D_l z)`, which needs no relation between
   * L and P for the codes to be those of `P D_l` (specification: Propositions 1). Default `lifted`.
   */
  readonly residual?: "lifted" | "data";
}

/**
 * Thresholded gradient steps on `|x - D z|^2 / 2` (specification: Encoders), the dictionary tied: `z_0 = 0`, `z_{t+1} = sigma(z_t + alpha D*(x - D z_t))`.
 * `sigma` is the model's activation: a hard threshold, one-sided (JumpReLU), soft (ISTA), top-k (iterative hard thresholding), or any other. Codes stay
 * sparse between the steps if the activation makes them so: the residual and the gradients then cost what is kept.
 *
 * Parameter `encoder.stepSize`, a scalar, if the step size is a number; trained on request.
 *
 * @throws SaenoError `encoder.iterations`, `encoder.stepSize`, `encoder.learnStepSize` for values out of range.
 */
export function unrolledEncoder(dictionary: Dictionary, options: UnrolledEncoderOptions): Encoder {
  const { iterations, stepSize = "power", learnStepSize = false, momentum = false } = options;
  const { gradient = "backpropagation", residual = "lifted" } = options;
  check(options);
  const variable = stepSize === "power" ? undefined : tidy(() => trainable(scalar(stepSize)));
  const parameters: Parameter[] =
    variable === undefined ? [] : [{ name: "encoder.stepSize", variable, role: "gain", frozen: !learnStepSize }];
  const inLifted = residual === "lifted" && isLifted(dictionary);
  const own = inLifted ? dictionary.lifted : dictionary;

  function alphaOn(grid: Grid): Scalar {
    if (variable !== undefined) return variable;
    return detach(scalar(1 / largestEigenvalue(own, grid))) as Scalar;
  }

  /** `z + D*(alpha r)` as pre-codes. */
  function advance(z: Codes | undefined, r: Tensor, alpha: Scalar): PreCodes {
    const correlation = own.preCodes(mul(r, alpha));
    return z === undefined ? correlation : shifted(correlation, toDense(z));
  }

  function stepByStep(x: Tensor, alpha: Scalar, activation: Activation, applyOptions?: ApplyOptions): Encoding {
    const thresholded = (preCodes: PreCodes): Encoding => ({
      codes: activation.apply(preCodes, applyOptions),
      preCodes: () => preCodes,
    });
    let inertia = 1;

    function step({ codes, before }: Iterate): Encoding & Iterate {
      const output = own.synthesize(codes, x.shape.slice(1, -1));
      if (!momentum) return thresholded(advance(codes, sub(x, output), alpha));
      const next = (1 + Math.sqrt(1 + 4 * inertia ** 2)) / 2;
      const share = (inertia - 1) / next;
      inertia = next;
      let from = codes;
      let r = sub(x, output);
      if (before !== undefined && share > 0) {
        // z_t + share (z_t - z_{t-1}), and what it synthesizes, by linearity.
        from = { kind: "dense", values: ahead(toDense(codes), toDense(before.codes), share) };
        r = sub(x, ahead(output, before.output, share));
      }
      return { ...thresholded(advance(from, r, alpha)), before: { codes, output } };
    }

    const first = () => thresholded(advance(undefined, x, alpha));
    if (iterations === 1) return first();
    // Maps that a step forms go with it: those of all steps may not fit. Of the last step pre-codes are asked for.
    let state = tidied((): Iterate => ({ codes: first().codes }));
    for (let t = 1; t < iterations - 1; t++) {
      const now = state;
      state = tidied((): Iterate => {
        const { codes, before } = step(now);
        return before === undefined ? { codes } : { codes, before };
      });
    }
    return step(state);
  }

  /** All steps in one operation, where dictionary and activation have it. */
  function atOnce(x: Tensor, { fixedThreshold }: Activation, center?: Tensor): Encoding | undefined {
    if (fixedThreshold === undefined || own.unrolledCodes === undefined || momentum) return undefined;
    const grid = x.shape.slice(1, -1);
    const alpha = alphaOn(grid);
    const { kind, threshold } = fixedThreshold;
    const steps = { iterations, stepSize: alpha, heldStep: !learnStepSize, kind, threshold, ...(center && { center }) };
    const { codes, synthesizeShifted } = own.unrolledCodes(x, steps);
    return {
      codes,
      preCodes() {
        const centered = center === undefined ? x : sub(x, center);
        return advance(codes, sub(centered, own.synthesize(codes, grid)), alpha);
      },
      // A lifting is between those codes and the data.
      ...(own === dictionary && synthesizeShifted && { synthesizeShifted }),
    };
  }

  /** With an `analytic` gradient, synthesis is of codes that have none. */
  const differentiated = (encoding: Encoding): Encoding =>
    gradient === "analytic" ? { codes: detachCodes(encoding.codes), preCodes: () => encoding.preCodes() } : encoding;

  return {
    kind: "unrolled",
    encode(x, activation, applyOptions) {
      const input = inLifted ? dictionary.lifting.lift(x) : x;
      return differentiated(
        atOnce(input, activation) ?? stepByStep(input, alphaOn(input.shape.slice(1, -1)), activation, applyOptions),
      );
    },
    encodeCentered(x, center, activation) {
      const encoding = own === dictionary ? atOnce(x, activation, center) : undefined;
      return encoding && differentiated(encoding);
    },
    parameters: () => parameters,
    toConfig: () => ({ kind: "unrolled", iterations, stepSize, learnStepSize, momentum, gradient, residual }),
    dispose: () => variable?.dispose(),
  };
}

/** Codes after some steps; with momentum those of the step before, too, and what they synthesize. */
interface Iterate {
  readonly codes: Codes;
  readonly before?: { readonly codes: Codes; readonly output: Tensor };
}

/** Pre-codes with codes `[B, ...N, K]` added. */
function shifted(correlation: PreCodes, codes: Tensor): PreCodes {
  const dense = () => add(correlation.dense(), codes);
  const all = densePreCodes(codes);
  // Codes that were added are as fine as the grid.
  const { resolution: _, ...rest } = correlation;
  return {
    ...rest,
    dense,
    at: (concepts, positions) => add(correlation.at(concepts, positions), entriesOf(codes, concepts, positions)),
    select: (concepts) => add(correlation.select(concepts), all.select(concepts)),
    energies: (options) => densePreCodes(dense()).energies(options),
    points: (...asked) => densePreCodes(dense()).points(...asked),
    among: (...asked) => densePreCodes(dense()).among(...asked),
    ...(correlation.largest === undefined
      ? {}
      : { largest: (k: number) => (densePreCodes(dense()).largest as NonNullable<PreCodes["largest"]>)(k) }),
  };
}

function ahead(now: Tensor, before: Tensor, share: number): Tensor {
  return add(now, mul(sub(now, before), share));
}

/** The same codes without a gradient. */
function detachCodes(codes: Codes): Codes {
  return { ...codes, values: detach(codes.values) } as Codes;
}

function check({ iterations, stepSize, learnStepSize }: UnrolledEncoderOptions): void {
  if (!Number.isInteger(iterations) || iterations < 1) {
    throw new SaenoError("encoder.iterations", `iterations must be a positive integer; got ${iterations}.`);
  }
  if (typeof stepSize === "number" ? !(stepSize > 0 && Number.isFinite(stepSize)) : (stepSize ?? "power") !== "power") {
    throw new SaenoError("encoder.stepSize", `stepSize must be a positive number or "power"; got ${String(stepSize)}.`);
  }
  if (learnStepSize === true && typeof stepSize !== "number") {
    throw new SaenoError("encoder.learnStepSize", "A learned step size starts at a number: set stepSize to one.");
  }
}
