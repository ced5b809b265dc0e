import { problemOf, SaenoError } from "@saeno/backend";
import * as v from "valibot";
import { isRecord } from "../configuration/config-files.ts";
import { expression } from "./expressions.ts";
import { plot } from "./plots.ts";
import { type Sense, senses } from "./reproduction-data.ts";

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
  /** Rows to judge the others by: an expression for each column, null if there is none. */
  baselines: v.optional(v.array(v.strictObject({ name: v.string(), cells: v.array(v.nullable(expression)) })), []),
});

const verdict = v.strictObject({
  /** The checks in words. */
  rule: v.string(),
  /** What the checks are applied to; each setting says which run stands for which name of the checks. */
  settings: v.pipe(
    v.array(v.strictObject({ name: v.string(), runs: v.optional(v.record(v.string(), v.string()), {}) })),
    v.minLength(1),
  ),
  checks: v.pipe(v.array(check), v.minLength(1)),
});
/** A rule that a figure is judged by. */
export type RecipeVerdict = v.InferOutput<typeof verdict>;

const run = v.strictObject({
  name: v.string(),
  /** Which of the recipe's presets it starts from. */
  preset: v.exactOptional(v.string()),
  settings,
  scales: v.optional(perScale, {}),
  /** Where it is measured otherwise than the others. */
  measures: v.optional(settings, {}),
});

const described = {
  figure: v.string(),
  title: v.string(),
  /** What the paper says. */
  claim: v.string(),
  /** Who says so, where it is not the paper. */
  source: v.optional(v.string()),
  /** How it is examined here, a sentence each. */
  setup: v.array(v.string()),
  /** What all runs share. */
  base: settings,
  /** What some runs share, by name, such as the paper's settings and those of a controlled comparison. */
  presets: v.optional(v.record(v.string(), settings), {}),
  scales: perScale,
  /** What is measured of them, as `measures` of a configuration. */
  measures: settings,
  runs: v.record(v.pipe(v.string(), v.regex(/^[\w.-]+$/)), run),
  /** Checks beside the claim, which no verdict depends on. */
  observations: v.optional(v.array(check), []),
  tables: v.optional(v.array(table), []),
  plots: v.optional(v.array(plot), []),
};

const recipeSchema = v.strictObject({
  ...described,
  verdicts: v.pipe(
    v.strictObject({ paper: v.exactOptional(verdict), controlled: v.exactOptional(verdict) }),
    v.check((given) => senses.some((sense) => given[sense] !== undefined), `give ${senses.join(" or ")}, or both`),
  ),
});

/** Recipes used to have one rule, at the top. */
const olderSchema = v.pipe(
  v.strictObject({ ...described, ...verdict.entries }),
  v.transform(({ rule, settings, checks, ...others }): v.InferOutput<typeof recipeSchema> => {
    return { ...others, verdicts: { paper: { rule, settings, checks } } };
  }),
);

/** A figure of the paper as a file that can be read and edited: runs, numbers, pictures, and the rules of its verdicts. */
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
  const schema = isRecord(content) && "rule" in content ? olderSchema : recipeSchema;
  const parsed = v.safeParse(schema, content);
  if (!parsed.success) {
    const problems = parsed.issues.map((issue) => `${v.getDotPath(issue) ?? "recipe"}: ${problemOf(issue)}`);
    throw recipeError(`${file} is not a recipe: ${problems.join("; ")}.`);
  }
  const recipe = { ...parsed.output, content };
  const refuseUnknown = (what: string, named: readonly string[], known: object) => {
    const unknown = named.find((name) => !Object.hasOwn(known, name));
    if (unknown === undefined) return;
    const names = Object.keys(known).join(", ") || "none";
    throw recipeError(`${file}: there is no ${what} "${unknown}". Its ${what}s are ${names}.`);
  };
  refuseUnknown("run", namedRuns(recipe), recipe.runs);
  refuseUnknown(
    "preset",
    Object.values(recipe.runs).flatMap(({ preset }) => preset ?? []),
    recipe.presets,
  );
  return recipe;
}

/** The verdicts that a recipe has a rule for. */
export function verdictsOf({ verdicts }: Pick<Recipe, "verdicts">): (RecipeVerdict & { readonly sense: Sense })[] {
  return senses.flatMap((sense) => {
    const given = verdicts[sense];
    return given === undefined ? [] : [{ sense, ...given }];
  });
}

/** What the names of observations stand for: what they do in the first setting. */
export function observedRuns(recipe: Pick<Recipe, "verdicts">): Readonly<Record<string, string>> {
  return verdictsOf(recipe)[0]?.settings[0]?.runs ?? {};
}

/** Every run that is named somewhere. */
function namedRuns(recipe: Recipe): string[] {
  const { observations, tables, plots } = recipe;
  const inChecks = (given: readonly RecipeCheck[], names: Readonly<Record<string, string>>) =>
    given.flatMap(({ value, bound }) => [...value.runs, ...bound.runs]).map((name) => names[name] ?? name);
  return [
    ...verdictsOf(recipe).flatMap(({ settings, checks }) =>
      settings.flatMap(({ runs }) => [...Object.values(runs), ...inChecks(checks, runs)]),
    ),
    ...inChecks(observations, observedRuns(recipe)),
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
