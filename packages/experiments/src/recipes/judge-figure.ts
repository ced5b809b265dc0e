import { spreadOf } from "../sweep/spread.ts";
import type { ExpressionContext } from "./expressions.ts";
import type { FigureResults } from "./figure-results.ts";
import { observedRuns, type Recipe, type RecipeCheck, type RecipeVerdict, verdictsOf } from "./recipe.ts";
import type { FigureCheck, FigureSetting, FigureVerdict, Sense } from "./reproduction-data.ts";

export interface JudgedFigure {
  readonly verdicts: readonly FigureVerdict[];
  readonly observations: readonly FigureCheck[];
  /** For machines: the mean of each check, by sense, setting and id. */
  readonly numbers: Readonly<Record<string, number>>;
}

/**
 * Applies the rules of a recipe. As the paper measures it, a claim holds if all checks pass in the paper's setting, the first; controlled, if they pass in
 * every setting. It holds under these settings if they pass only in others, or only in some. If a run of a setting is missing, for any seed, nothing is
 * known about that setting.
 */
export async function judgeFigure(recipe: Recipe, results: FigureResults): Promise<JudgedFigure> {
  const judgeAll = async (checks: readonly RecipeCheck[], names: Readonly<Record<string, string>>) => {
    const judged: JudgedCheck[] = [];
    for (const check of checks) judged.push(await judge(check, { results, names }));
    return judged;
  };
  const numbers: Record<string, number> = {};
  const judgeBy = async ({ sense, rule, settings, checks }: RecipeVerdict & { readonly sense: Sense }) => {
    const judged: JudgedSetting[] = [];
    for (const { name, runs } of settings) {
      const found = await judgeAll(checks, runs);
      for (const { id, value } of found) numbers[`${sense}: ${name}: ${id}`] = value.mean;
      const known = found.every((check) => check.known);
      judged.push({ name, known, passed: found.every(({ passed }) => passed), checks: found.map(shown) });
    }
    return { sense, ...verdictOf(sense, judged), rule, settings: judged.map(({ known: _, ...setting }) => setting) };
  };
  const verdicts: FigureVerdict[] = [];
  for (const verdict of verdictsOf(recipe)) verdicts.push(await judgeBy(verdict));
  const observations = await judgeAll(recipe.observations, observedRuns(recipe));
  for (const { id, value } of observations) numbers[id] = value.mean;
  return { verdicts, observations: observations.filter(({ value }) => value.count > 0).map(shown), numbers };
}

interface JudgedSetting extends FigureSetting {
  /** Whether all runs that it takes are there. */
  readonly known: boolean;
}

function verdictOf(sense: Sense, settings: readonly JudgedSetting[]): Pick<FigureVerdict, "verdict" | "reason"> {
  const named = (some: readonly FigureSetting[]) => some.map(({ name }) => name).join("; ");
  const unknown = settings.filter(({ known }) => !known);
  const others = settings.filter(({ passed, known }) => !passed && known);
  const decisive = { paper: settings.slice(0, 1), controlled: settings }[sense];
  const reason = [
    others.length > 0 && `It does not with: ${named(others)}.`,
    unknown.length > 0 && `Not known, because runs failed, with: ${named(unknown)}.`,
  ]
    .filter(Boolean)
    .join(" ");
  const explained = (verdict: FigureVerdict["verdict"]) => (reason === "" ? { verdict } : { verdict, reason });
  if (decisive.every(({ passed }) => passed)) return explained("holds");
  if (settings.some(({ passed }) => passed)) return explained("holds under these settings");
  if (unknown.length > 0) return explained("not run");
  return { verdict: "does not hold" };
}

interface JudgedCheck extends FigureCheck {
  readonly id: string;
  /** Whether all runs that it takes are there. */
  readonly known: boolean;
}

async function judge(
  { id, says, value, bound, upper, over }: RecipeCheck,
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
    id,
    says: over === "mean" ? `${says} (mean over seeds)` : says,
    value: spread,
    bound: `${upper ? "at most" : "at least"} ${Number.isFinite(limit.mean) ? Number(limit.mean.toPrecision(3)) : "-"}`,
    passed,
    known,
  };
}

function shown({ id: _, known: __, ...check }: JudgedCheck): FigureCheck {
  return check;
}
