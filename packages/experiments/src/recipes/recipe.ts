import { problemOf, SaenoError } from "@saeno/backend";
import * as v from "valibot";
import { expression } from "./expressions.ts";
import { plot } from "./plots.ts";

/** Settings of a configuration, by their names; checked as such when the runs are planned. */
const settings = v.record(v.string(), v.unknown());

/** How much is computed: `quick` for minutes, `full` for the paper's sizes. */
export const scaleNames = ["quick", "full"] as const;
export type Scale = (typeof scaleNames)[number];
const perScale = v.strictObject({ quick: v.optional(settings, {}), full: v.optional(settings, {}) });

const check = v.pipe(
  v.strictObject({
    /** The name of the number in reproduction.json. */
    id: v.pipe(v.string(), v.regex(/^[\w-]+$/)),
    says: v.string(),
    value: expression,
    atMost: v.optional(expression),
    atLeast: v.optional(expression),
    /** Whether it must hold for every seed, or for the mean over seeds. */
    over: v.optional(v.picklist(["every seed", "mean"]), "every seed"),
  }),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const { atMost, atLeast, ...given } = dataset.value;
    const bound = atMost ?? atLeast;
    if (bound !== undefined && (atMost === undefined || atLeast === undefined))
      return { ...given, bound, upper: atMost !== undefined };
    addIssue({ message: "give atMost or atLeast" });
    return NEVER;
  }),
);
/** A number that has to stay within a bound: an upper one, or a lower one. */
export type RecipeCheck = v.InferOutput<typeof check>;

const table = v.strictObject({
  title: v.string(),
  /** Pairs of a heading and the number of a run under it. */
  columns: v.array(v.strictTuple([v.string(), v.string()])),
  runs: v.array(v.string()),
  /** Rows to judge the others by: an expression for each column, null where there is none. */
  baselines: v.optional(v.array(v.strictObject({ name: v.string(), cells: v.array(v.nullable(expression)) })), []),
});

const run = v.strictObject({
  name: v.string(),
  settings,
  scales: v.optional(perScale, {}),
  /** Where it is measured otherwise than the others. */
  measures: v.optional(settings, {}),
});

const recipeSchema = v.strictObject({
  figure: v.string(),
  title: v.string(),
  /** What the paper says. */
  claim: v.string(),
  /** Who says so, where it is not the paper. */
  source: v.optional(v.string()),
  /** How it is examined here, a sentence each. */
  setup: v.array(v.string()),
  /** The checks in words. */
  rule: v.string(),
  /** What all runs share. */
  base: settings,
  scales: perScale,
  /** What is measured of them, as `measures` of a configuration. */
  measures: settings,
  runs: v.record(v.pipe(v.string(), v.regex(/^[\w.-]+$/)), run),
  /** The settings that the rule is applied to, the paper's first; each says which run stands for which name of the checks. */
  settings: v.pipe(
    v.array(v.strictObject({ name: v.string(), runs: v.optional(v.record(v.string(), v.string()), {}) })),
    v.minLength(1),
  ),
  checks: v.pipe(v.array(check), v.minLength(1)),
  /** Checks beside the claim, which the verdict does not depend on. */
  observations: v.optional(v.array(check), []),
  tables: v.optional(v.array(table), []),
  plots: v.optional(v.array(plot), []),
});

/** A figure of the paper as a file that can be read and edited: runs, numbers, pictures, and the rule of the verdict. */
export interface Recipe extends v.InferOutput<typeof recipeSchema> {
  /** The file as it stands. */
  readonly content: unknown;
}

/**
 * A recipe, checked.
 *
 * @param file what to call it in errors.
 * @throws SaenoError `recipe.file` saying what is wrong with it.
 */
export function parseRecipe(content: unknown, file: string): Recipe {
  const parsed = v.safeParse(recipeSchema, content);
  if (!parsed.success) {
    const problems = parsed.issues.map((issue) => `${v.getDotPath(issue) ?? "recipe"}: ${problemOf(issue)}`);
    throw recipeError(`${file} is not a recipe: ${problems.join("; ")}.`);
  }
  const recipe = { ...parsed.output, content };
  const unknown = namedRuns(recipe).find((name) => !(name in recipe.runs));
  if (unknown === undefined) return recipe;
  const known = Object.keys(recipe.runs).join(", ");
  throw recipeError(`${file}: there is no run "${unknown}". Its runs are ${known}.`);
}

/** Every run that is named somewhere. */
function namedRuns({ settings, checks, observations, tables, plots }: Recipe): string[] {
  const inChecks = (given: readonly RecipeCheck[], names: Readonly<Record<string, string>> = {}) =>
    given.flatMap(({ value, bound }) => [...value.runs, ...bound.runs]).map((name) => names[name] ?? name);
  return [
    ...settings.flatMap(({ runs }) => [...Object.values(runs), ...inChecks(checks, runs)]),
    ...inChecks(observations, settings[0]?.runs),
    ...tables.flatMap(({ runs, baselines }) => [
      ...runs,
      ...baselines.flatMap(({ cells }) => cells.flatMap((cell) => cell?.runs ?? [])),
    ]),
    ...plots.flatMap(({ runs }) => runs),
  ];
}

function recipeError(message: string): SaenoError {
  return new SaenoError("recipe.file", message, { kind: "data" });
}
