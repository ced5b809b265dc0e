import {
  type OptionsSchema,
  oneOf,
  option,
  type Parameter,
  positiveInteger,
  type Random,
  readOptions,
  SaenoError,
  trainable,
  yesOrNo,
} from "@saeno/backend";
import { matMul, mul, reshape, type Tensor, type Tensor2D, tensor, tidy, transpose } from "@tensorflow/tfjs-core";
import * as v from "valibot";
import { orthonormalColumns } from "./orthonormal-columns.ts";

const schema = v.strictObject({
  lifted: option(positiveInteger, "channels that the data is lifted to", { flag: "lifting" }),
  start: v.optional(
    option(oneOf("orthogonal", "gaussian"), "how the lifting matrix starts", { flag: "lifting-start" }),
    "orthogonal",
  ),
  tied: v.optional(
    option(yesOrNo, "tie the projection to the lifting, as its transpose", { flag: "lifting-tied" }),
    true,
  ),
  learned: v.optional(option(yesOrNo, "train the lifting", { flag: "lifting-learned" }), true),
  channels: v.exactOptional(option(positiveInteger, "channels of the data", { hidden: true })),
});

/** The options of a lifting in a configuration. */
export const liftingSchema: OptionsSchema = schema;

/**
 * The lifting that a configuration describes, for data of a number of channels.
 *
 * @throws SaenoError `config.value` for an option that is wrong.
 */
export function liftingFromConfig(
  config: Readonly<Record<string, unknown>>,
  { channels, random }: { readonly channels?: number; readonly random: Random },
): Lifting {
  const options = readOptions(schema, config, "lifting");
  const found = options.channels ?? channels;
  if (found === undefined)
    throw new SaenoError("config.value", "lifting needs channels, the number of those of the data.");
  return lifting({ ...options, channels: found }, random);
}

/** How the lifting matrix is initialized (specification: Lifting): `orthogonal`, `L^T L = I`; or `gaussian`, entries of variance `1 / C`. */
export type LiftingStart = "orthogonal" | "gaussian";

export interface LiftingOptions {
  /** `C`, channels of the data (dense: the length of a sample). */
  readonly channels: number;
  /** `C_l`, the channels that the autoencoder sees. */
  readonly lifted: number;
  /** Default `orthogonal`. */
  readonly start?: LiftingStart;
  /** `P = L^T`. Default true. Otherwise P is a separate matrix that starts as `L^T`. */
  readonly tied?: boolean;
  /** Whether L (and P) are trained. Default true. */
  readonly learned?: boolean;
}

export type LiftingConfig = Required<LiftingOptions>;

/** `L : R^C -> R^(C_l)` and `P : R^(C_l) -> R^C`, one matrix for all grid points. Results are owned by the caller. */
export interface Lifting {
  readonly channels: number;
  readonly lifted: number;
  /** `L x`: `[..., C]` to `[..., C_l]`, differentiable. */
  lift(x: Tensor): Tensor;
  /** `P y`: `[..., C_l]` to `[..., C]`, differentiable. */
  project(y: Tensor): Tensor;
  parameters(): readonly Parameter[];
  toConfig(): LiftingConfig;
  dispose(): void;
}

/**
 * Lifting (specification: Lifting): the autoencoder runs on `L x`, pointwise in space, and its output is projected by `P`.
 *
 * Parameters `lifting.lift [C_l, C]` and, untied, `lifting.project [C, C_l]`.
 *
 * @param start a source of random numbers, or the matrices themselves.
 * @throws SaenoError `lifting.channels` for sizes that are not positive integers, `lifting.start` for an orthogonal start with fewer lifted channels
 *   than channels, for which `L^T L = I` has no solution.
 */
export function lifting(
  options: LiftingOptions,
  start: Random | { readonly lift: Tensor; readonly project?: Tensor },
): Lifting {
  const { channels, lifted, start: form = "orthogonal", tied = true, learned = true } = options;
  check(channels, lifted, form);
  if (start === undefined) {
    throw new SaenoError(
      "lifting.random",
      "lifting needs a source of random numbers, createRandom(seed), or its matrices.",
    );
  }
  const frozen = !learned;
  const initial = () => ("normals" in start ? initialMatrix(channels, lifted, form, start) : start.lift);
  const up = tidy(() => trainable(initial()));
  const liftMatrix = up as Tensor2D;
  const given = "normals" in start ? undefined : start.project;
  const down = tied ? undefined : tidy(() => trainable((given ?? transpose(liftMatrix)) as Tensor2D));
  const parameters: Parameter[] = [{ name: "lifting.lift", variable: up, role: "matrix", frozen }];
  if (down !== undefined) parameters.push({ name: "lifting.project", variable: down, role: "matrix", frozen });

  /** x `[..., n]` times a matrix `[n, m]`. */
  function pointwise(x: Tensor, matrix: Tensor2D, transposed: boolean): Tensor {
    return tidy(() => {
      const columns = matrix.shape[transposed ? 0 : 1];
      const rows = reshape(x, [-1, x.shape[x.rank - 1]]) as Tensor2D;
      return reshape(matMul(rows, matrix, false, transposed), [...x.shape.slice(0, -1), columns]);
    });
  }

  return {
    channels,
    lifted,
    lift: (x) => pointwise(x, liftMatrix, true),
    project: (y) => (down === undefined ? pointwise(y, liftMatrix, false) : pointwise(y, down, true)),
    parameters: () => parameters,
    toConfig: () => ({ channels, lifted, start: form, tied, learned }),
    dispose() {
      for (const { variable } of parameters) variable.dispose();
    },
  };
}

function initialMatrix(channels: number, lifted: number, form: LiftingStart, random: Random): Tensor {
  const normals = random.normals(lifted * channels);
  const shape = [lifted, channels];
  switch (form) {
    case "orthogonal":
      return tensor(orthonormalColumns(normals, lifted, channels), shape);
    case "gaussian":
      return mul(tensor(normals, shape), 1 / Math.sqrt(channels));
    default:
      throw form satisfies never;
  }
}

function check(channels: number, lifted: number, form: LiftingStart): void {
  for (const [name, value] of Object.entries({ channels, lifted })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new SaenoError("lifting.channels", `${name} must be a positive integer; got ${value}.`);
    }
  }
  if (form !== "orthogonal" && form !== "gaussian") {
    throw new SaenoError("lifting.start", `start must be "orthogonal" or "gaussian"; got "${String(form)}".`);
  }
  if (form === "orthogonal" && lifted < channels) {
    throw new SaenoError(
      "lifting.start",
      `An orthogonal lifting needs at least as many lifted channels as channels; got ${lifted} for ${channels}. Raise lifted, or use start: "gaussian".`,
    );
  }
}
