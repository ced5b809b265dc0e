import { spreadOf } from "../sweep/spread.ts";
import type { ExpressionContext } from "./expressions.ts";
import type { FigureResults } from "./figure-results.ts";
import type { Recipe, RecipeCheck } from "./recipe.ts";
import type { FigureCheck, FigureSetting, Verdict } from "./reproduction-data.ts";

export interface JudgedFigure {
  readonly verdict: Verdict;
  readonly reason?: string;
  readonly settings: readonly FigureSetting[];
  readonly observations: readonly FigureCheck[];
  /** For machines: the mean of each check, by setting and id. */
  readonly numbers: Readonly<Record<string, number>>;
}

/**
 * Applies the rule of a recipe. It holds when all checks pass in the paper's setting, the first; under these settings when they pass in
 * others only. Of a setting of which a run is missing, of any seed, nothing is known.
 */
export async function judgeFigure(recipe: Recipe, results: FigureResults): Promise<JudgedFigure> {
  const judgeAll = async (checks: readonly RecipeCheck[], names: Readonly<Record<string, string>> = {}) => {
    const judged: JudgedCheck[] = [];
    for (const check of checks) judged.push(await judge(check, { results, names }));
    return judged;
  };
  const settings: FigureSetting[] = [];
  const unknown: FigureSetting[] = [];
  for (const { name, runs } of recipe.settings) {
    const judged = await judgeAll(recipe.checks, runs);
    const checks = judged.map(({ known: _, ...check }) => check);
    const setting = { name, passed: checks.every(({ passed }) => passed), checks };
    settings.push(setting);
    if (!judged.every(({ known }) => known)) unknown.push(setting);
  }
  const observations = (await judgeAll(recipe.observations, recipe.settings[0]?.runs)).map(
    ({ known: _, ...check }) => check,
  );
  return {
    ...verdictOf(settings, unknown),
    settings,
    observations: observations.filter(({ value }) => value.count > 0),
    numbers: Object.fromEntries([
      ...settings.flatMap(({ name, checks }) =>
        checks.map(({ value }, i) => [`${name}: ${recipe.checks[i]?.id}`, value.mean]),
      ),
      ...observations.map(({ value }, i) => [String(recipe.observations[i]?.id), value.mean]),
    ]),
  };
}

function verdictOf(
  settings: readonly FigureSetting[],
  unknown: readonly FigureSetting[],
): Pick<JudgedFigure, "verdict" | "reason"> {
  const others = settings.filter((setting) => !setting.passed && !unknown.includes(setting));
  const named = (some: readonly FigureSetting[]) => some.map(({ name }) => name).join("; ");
  const reason = [
    ...(others.length > 0 ? [`It does not with: ${named(others)}.`] : []),
    ...(unknown.length > 0 ? [`Not known, because runs failed, with: ${named(unknown)}.`] : []),
  ].join(" ");
  const explained = (verdict: Verdict) => (reason === "" ? { verdict } : { verdict, reason });
  if (settings[0]?.passed === true) return explained("holds");
  if (settings.some(({ passed }) => passed)) return explained("holds under these settings");
  if (unknown.length > 0) return explained("not run");
  return { verdict: "does not hold" };
}

interface JudgedCheck extends FigureCheck {
  /** Whether all runs that it takes are there. */
  readonly known: boolean;
}

async function judge(
  { says, value, bound, upper, over }: RecipeCheck,
  context: ExpressionContext,
): Promise<JudgedCheck> {
  const [values, bounds] = [await value.values(context), await bound.values(context)];
  const [spread, limit] = [spreadOf(values), spreadOf(bounds)];
  const within = (found: number, most: number) => (upper ? found <= most : found >= most);
  const constant = bound.runs.length === 0;
  const wanted = value.count(context.results.seeds);
  const known = wanted > 0 && values.length === wanted && (constant || bounds.length === wanted);
  const passed =
    known &&
    (over === "mean"
      ? within(spread.mean, limit.mean)
      : values.every((found, i) => within(found, bounds[constant ? 0 : i])));
  return {
    says: over === "mean" ? `${says} (mean over seeds)` : says,
    value: spread,
    bound: `${upper ? "at most" : "at least"} ${Number.isFinite(limit.mean) ? Number(limit.mean.toPrecision(3)) : "-"}`,
    passed,
    known,
  };
}
