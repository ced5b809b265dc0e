import { SaenoError } from "@saeno/backend";
import { z } from "zod";
import { flagName, misplacedSetting } from "./misplaced-setting.ts";

const count = z.number().int().min(1);
const share = z.number().gt(0).max(1);

/** What is measured after training, beside errors on held-out samples on the grid of the data. */
const measuresSchema = z.strictObject({
  /** Grids to evaluate on too: a number for all axes, or one for each. */
  grids: z.array(z.union([count, z.array(count).min(1).max(3)])).default([]),
  /** Angles to turn the samples by, in degrees. */
  rotations: z.array(z.number()).default([]),
  /** Whether to describe the atoms. */
  atoms: z.boolean().default(false),
  /** Other metrics, by kind. */
  metrics: z.array(z.looseObject({ kind: z.string() })).default([]),
});
export type Measures = z.infer<typeof measuresSchema>;

const named = z.union([z.string().min(1), z.looseObject({})]);

/** Everything that determines a run. `config.json` of a run folder holds it, and `--config` reads it back. */
export const runConfigSchema = z.strictObject({
  data: z.string().min(1),
  /** Held-out samples from elsewhere, in one place or on several grids. */
  testData: z.array(z.string().min(1)).min(1).optional(),
  limit: count.optional(),
  test: count.optional(),
  crop: count.default(64),
  color: z.boolean().default(false),
  whiten: z.boolean().default(true),
  model: z.enum(["fno", "cnn", "mlp"]).default("fno"),
  concepts: count.default(64),
  modes: z.array(count).min(1).max(3).optional(),
  kernel: z.array(count).min(1).max(3).optional(),
  padding: z.enum(["circular", "zero"]).default("circular"),
  active: count.default(8),
  density: share.optional(),
  count: count.optional(),
  energy: z.enum(["rectified", "preactivation", "kept"]).default("kept"),
  energyGrid: z.union([z.number().gt(0), z.literal("data")]).default(1),
  start: z.enum(["localized", "global"]).default("localized"),
  startNoise: z.number().min(0).optional(),
  tied: z.boolean().default(false),
  /** A name, or the whole config of one; likewise the encoder. */
  activation: named.optional(),
  threshold: z.number().min(0).optional(),
  bandwidth: z.number().gt(0).optional(),
  oneSided: z.boolean().optional(),
  conceptRule: z.enum(["topk", "batch", "threshold"]).optional(),
  domainRule: z.enum(["topk", "batch", "threshold"]).optional(),
  encoder: named.default("shallow"),
  iterations: count.optional(),
  stepSize: z.union([z.number().gt(0), z.literal("power")]).optional(),
  learnStepSize: z.boolean().optional(),
  momentum: z.boolean().optional(),
  gradient: z.enum(["backpropagation", "analytic"]).optional(),
  residual: z.enum(["lifted", "data"]).optional(),
  /** A dictionary of somebody else's kind, in place of the model's. */
  dictionary: z.looseObject({ kind: z.string() }).optional(),
  lifting: count.optional(),
  liftingStart: z.enum(["orthogonal", "gaussian"]).optional(),
  liftingTied: z.boolean().optional(),
  liftingLearned: z.boolean().optional(),
  normalize: z.enum(["none", "mean", "scale", "channel"]).default("none"),
  l1: z.number().min(0).default(0),
  l0: z.number().min(0).default(0),
  auxiliary: z.number().min(0).optional(),
  deadAfter: count.optional(),
  resample: z.number().int().min(0).default(0),
  balance: z.number().min(0).default(0),
  unitAtoms: z.boolean().default(true),
  /** Default: `mean` for a dense dictionary, else `zero`. */
  decoderBias: z.enum(["mean", "zero", "none"]).optional(),
  recoveryEvery: count.optional(),
  steps: count.default(250),
  batch: count.default(48),
  lr: z.number().gt(0).optional(),
  schedule: z.enum(["constant", "linear", "cosine"]).default("linear"),
  warmup: z.number().int().min(0).default(0),
  optimizer: z.enum(["adam", "sgd"]).default("adam"),
  seed: z.number().int().min(0).default(0),
  backend: z.string().default("auto"),
  measures: measuresSchema.prefault({}),
});

export interface RunConfig extends z.infer<typeof runConfigSchema> {
  readonly lr: number;
}

/** What shallow encoders of maps learn best at, and all others safely (docs/defaults.md). */
function usualLearningRate({ model, encoder }: z.infer<typeof runConfigSchema>): number {
  return model !== "mlp" && encoder === "shallow" ? 0.02 : 0.005;
}

/** What a run folder's config.json holds beside the settings: facts about the run, ignored when it is read as settings. */
const facts = ["saeno", "modelConfig", "trainingGrid", "channels", "imported"];

export type Settings = Readonly<Record<string, unknown>>;

/**
 * The configuration that settings make, with the defaults of the rest.
 *
 * @param base settings of a file, over which the others win.
 * @param file what to call it in errors.
 * @throws SaenoError `config.value` naming the setting, what it must be and what came.
 */
export function resolveRunConfig(settings: Settings, base: Settings = {}, file?: string): RunConfig {
  const below: Record<string, unknown> = { ...base };
  for (const fact of facts) delete below[fact];
  // Of density and count the one given last wins.
  if (settings.density !== undefined) delete below.count;
  if (settings.count !== undefined) delete below.density;
  const partOf = (value: unknown) => (typeof value === "object" ? value : {});
  const measures = { ...partOf(below.measures), ...partOf(settings.measures) };
  const given = Object.fromEntries(
    Object.entries({ ...below, ...settings, measures }).filter(([, value]) => value !== undefined),
  );
  const parsed = runConfigSchema.safeParse(given);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new SaenoError("config.value", describeIssue(issue, given, file));
  }
  const config = { ...parsed.data, lr: parsed.data.lr ?? usualLearningRate(parsed.data) };
  if (config.density !== undefined && config.count !== undefined) {
    throw new SaenoError(
      "config.value",
      "density and count exclude each other: give a share of the domain or a number of points.",
    );
  }
  const misplaced = misplacedSetting(config);
  if (misplaced !== undefined) throw new SaenoError("config.value", misplaced);
  if (config.active > config.concepts) {
    throw new SaenoError(
      "config.value",
      `--active ${config.active} is more than --concepts ${config.concepts}: lower it, or give the dictionary more concepts.`,
    );
  }
  return config;
}

type Issue = z.core.$ZodIssue | undefined;

function describeIssue(issue: Issue, given: Record<string, unknown>, file: string | undefined): string {
  const where = file === undefined ? "" : ` (flags or ${file})`;
  if (issue?.code === "unrecognized_keys")
    return `Unknown setting ${issue.keys.map((key) => `"${key}"`).join(", ")} in ${file ?? "the flags"}.`;
  const name = String(issue?.path[0] ?? "");
  if (given[name] === undefined && name === "data") {
    return "Name the data to train on with --data, such as mnist:DIR, images:DIR, npy:FILE, flow or sparse-functions.";
  }
  return `--${flagName(name)}: ${issue?.message ?? "invalid"}; got ${JSON.stringify(given[name])}${where}.`;
}

/** `L-SAE-FNO`. */
export function modelName({ lifting, model }: RunConfig): string {
  return `${lifting === undefined ? "" : "L-"}SAE-${model.toUpperCase()}`;
}
