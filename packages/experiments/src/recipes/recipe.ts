import { SaenoError } from "@saeno/backend";
import { z } from "zod";

/** Settings of `saeno train`, by the names of config.json; checked as such when the runs are planned. */
const settings = z.record(z.string(), z.unknown());

/** How much is computed: `quick` for minutes, `full` for the paper's sizes. */
export const scaleNames = ["quick", "full"] as const;
export type Scale = (typeof scaleNames)[number];
const perScale = z.strictObject({ quick: settings.default({}), full: settings.default({}) });

/** A number of the runs, for each seed: `RUN:NUMBER` as in summary.json, or made of others. */
export type Expression =
  | string
  | number
  | { readonly ratio: readonly [Expression, Expression] }
  | { readonly difference: readonly [Expression, Expression] }
  | { readonly range: readonly Expression[] }
  | { readonly largest: readonly Expression[] }
  | { readonly smallest: readonly Expression[] }
  /** Steps until a curve of a run is at most a level for the first time; infinite where it never is. */
  | { readonly stepsTo: { readonly run: string; readonly curve: CurveName; readonly level: Expression } }
  /** A curve of a run at a step. */
  | { readonly at: { readonly run: string; readonly curve: CurveName; readonly step: number } }
  /** The mean matched |cosine| of the atoms of two runs with the same seed. */
  | { readonly matched: readonly [string, string] }
  /** The mean matched |cosine| of the atoms of a run between its seeds, of each pair of them. */
  | { readonly stability: string };

const curveName = z.enum(["loss", "relativeError", "recoveryError"]);
export type CurveName = z.infer<typeof curveName>;

const expression: z.ZodType<Expression> = z.lazy(() =>
  z.union([
    z.string().regex(/^[^:]+:[^:]+$/, "write RUN:NUMBER"),
    z.number(),
    z.strictObject({ ratio: z.tuple([expression, expression]) }),
    z.strictObject({ difference: z.tuple([expression, expression]) }),
    z.strictObject({ range: z.array(expression).min(2) }),
    z.strictObject({ largest: z.array(expression).min(1) }),
    z.strictObject({ smallest: z.array(expression).min(1) }),
    z.strictObject({ stepsTo: z.strictObject({ run: z.string(), curve: curveName, level: expression }) }),
    z.strictObject({ at: z.strictObject({ run: z.string(), curve: curveName, step: z.number().int().min(0) }) }),
    z.strictObject({ matched: z.tuple([z.string(), z.string()]) }),
    z.strictObject({ stability: z.string() }),
  ]),
);

/** What is measured; checked with the settings. */
const measures = z.record(z.string(), z.unknown());

const check = z
  .strictObject({
    /** The name of the number in reproduction.json. */
    id: z.string().regex(/^[\w-]+$/),
    says: z.string(),
    value: expression,
    atMost: expression.optional(),
    atLeast: expression.optional(),
    /** Whether it must hold for every seed, or for the mean over seeds. */
    over: z.enum(["every seed", "mean"]).default("every seed"),
  })
  .refine((given) => (given.atMost === undefined) !== (given.atLeast === undefined), "give atMost or atLeast");
export type RecipeCheck = z.infer<typeof check>;

const table = z.strictObject({
  title: z.string(),
  /** Pairs of a heading and the number of a run under it. */
  columns: z.array(z.tuple([z.string(), z.string()])),
  runs: z.array(z.string()),
  /** Rows to judge the others by: an expression for each column, null where there is none. */
  baselines: z.array(z.strictObject({ name: z.string(), cells: z.array(expression.nullable()) })).default([]),
});

const titled = { title: z.string() };
const runKeys = z.array(z.string()).min(1);
const plot = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("resolution"), ...titled, runs: runKeys }),
  z.strictObject({ kind: z.literal("rotation"), ...titled, runs: runKeys }),
  z.strictObject({
    kind: z.literal("history"),
    ...titled,
    curve: curveName,
    runs: runKeys,
    log: z.boolean().default(true),
  }),
  z.strictObject({
    kind: z.literal("histogram"),
    ...titled,
    of: z.enum(["cosineSample", "hoyerScores"]),
    label: z.string(),
    runs: runKeys,
  }),
  z.strictObject({
    kind: z.literal("distributions"),
    ...titled,
    of: z.enum(["hoyerScores"]),
    label: z.string(),
    x: z.string(),
    /** By name of the group, runs by their place on the x axis. */
    groups: z.record(z.string(), z.record(z.string(), z.string())),
    reference: z.strictObject({ name: z.string(), value: expression }).optional(),
  }),
  z.strictObject({ kind: z.literal("utilization"), ...titled, runs: runKeys }),
  z.strictObject({
    kind: z.literal("atoms"),
    ...titled,
    runs: runKeys,
    count: z.number().int().min(1).default(16),
  }),
]);
export type RecipePlot = z.infer<typeof plot>;

const recipeSchema = z.strictObject({
  figure: z.string(),
  title: z.string(),
  /** What the paper says. */
  claim: z.string(),
  /** Who says so, where it is not the paper. */
  source: z.string().optional(),
  /** How it is examined here, a sentence each. */
  setup: z.array(z.string()),
  /** The checks in words. */
  rule: z.string(),
  /** What all runs share. */
  base: settings,
  scales: perScale,
  measures,
  runs: z.record(
    z.string().regex(/^[\w.-]+$/),
    z.strictObject({
      name: z.string(),
      settings,
      scales: perScale.default({ quick: {}, full: {} }),
      /** Where it is measured otherwise than the others. */
      measures: measures.optional(),
    }),
  ),
  /** The settings that the rule is applied to, the paper's first; each says which run stands for which name of the checks. */
  settings: z.array(z.strictObject({ name: z.string(), runs: z.record(z.string(), z.string()).default({}) })).min(1),
  checks: z.array(check).min(1),
  /** Checks beside the claim, which the verdict does not depend on. */
  observations: z.array(check).default([]),
  tables: z.array(table).default([]),
  plots: z.array(plot).default([]),
});

/** A figure of the paper as a file that can be read and edited: runs, numbers, pictures, and the rule of the verdict. */
export type Recipe = z.infer<typeof recipeSchema>;

/**
 * A recipe, checked.
 *
 * @param file what to call it in errors.
 * @throws SaenoError `recipe.file` saying what is wrong with it.
 */
export function parseRecipe(content: unknown, file: string): Recipe {
  const parsed = recipeSchema.safeParse(content);
  if (!parsed.success) {
    throw new SaenoError("recipe.file", `${file} is not a recipe:\n${z.prettifyError(parsed.error)}`, { kind: "data" });
  }
  const unknown = unknownRun(parsed.data);
  if (unknown !== undefined) {
    const known = Object.keys(parsed.data.runs).join(", ");
    throw new SaenoError("recipe.file", `${file}: there is no run "${unknown}". Its runs are ${known}.`, {
      kind: "data",
    });
  }
  return parsed.data;
}

/** The first run that is named somewhere and does not exist. */
function unknownRun({ runs, settings, checks, observations, tables, plots }: Recipe): string | undefined {
  const own = (given: readonly RecipeCheck[]) =>
    given.flatMap(({ value, atMost = 0, atLeast = 0 }) => [value, atMost, atLeast].flatMap(runsIn));
  const named = [
    ...settings.flatMap((setting) => [
      ...Object.values(setting.runs),
      ...own(checks).map((name) => setting.runs[name] ?? name),
    ]),
    ...own(observations).map((name) => settings[0]?.runs[name] ?? name),
    ...tables.flatMap((given) => [
      ...given.runs,
      ...given.baselines.flatMap(({ cells }) => cells.flatMap((cell) => (cell === null ? [] : runsIn(cell)))),
    ]),
    ...plots.flatMap((given) =>
      given.kind === "distributions"
        ? Object.values(given.groups).flatMap((group) => Object.values(group))
        : given.runs,
    ),
  ];
  return named.find((name) => !(name in runs));
}

/** The runs that an expression names. */
function runsIn(expression: Expression): string[] {
  if (typeof expression === "number") return [];
  if (typeof expression === "string") return [expression.slice(0, expression.indexOf(":"))];
  if ("ratio" in expression) return expression.ratio.flatMap(runsIn);
  if ("difference" in expression) return expression.difference.flatMap(runsIn);
  if ("range" in expression) return expression.range.flatMap(runsIn);
  if ("largest" in expression) return expression.largest.flatMap(runsIn);
  if ("smallest" in expression) return expression.smallest.flatMap(runsIn);
  if ("stepsTo" in expression) return [expression.stepsTo.run, ...runsIn(expression.stepsTo.level)];
  if ("at" in expression) return [expression.at.run];
  if ("matched" in expression) return [...expression.matched];
  return [expression.stability];
}
