import { SaenoError } from "@saeno/backend";
import { runNumber } from "../run/run-numbers.ts";
import type { AtomMatcher } from "./atom-matcher.ts";
import { curveOf, type FigureResults, type FigureRun } from "./figure-results.ts";
import type { CurveName, Expression } from "./recipe.ts";

export interface ExpressionContext {
  readonly results: FigureResults;
  /** Which run a name stands for; itself where none is given. */
  readonly names: Readonly<Record<string, string>>;
  readonly matcher: AtomMatcher;
}

/**
 * The values of an expression, one for each seed whose runs are finished; of a stability, one for each pair of seeds.
 *
 * @throws SaenoError `recipe.expression` for a run that does not exist, `run.number` for a number that it has not.
 */
export async function valuesOf(expression: Expression, context: ExpressionContext): Promise<number[]> {
  const { results, names, matcher } = context;
  if (typeof expression === "object" && "stability" in expression) {
    return matcher.betweenAll(results.runs(names[expression.stability] ?? expression.stability));
  }
  const seeds = Array.from({ length: results.seeds }, (_, seed) => seed);
  const values = await Promise.all(seeds.map((seed) => valueAt(expression, seed, context)));
  return values.filter((value) => value !== undefined);
}

/** `undefined` where a run of this seed failed. */
async function valueAt(expression: Expression, seed: number, context: ExpressionContext): Promise<number | undefined> {
  if (typeof expression === "number") return expression;
  const runOf = (name: string) => context.results.run(context.names[name] ?? name, seed);
  if (typeof expression === "string") {
    const [name, number] = expression.split(":") as [string, string];
    const run = runOf(name);
    return run && runNumber(run.summary, number);
  }
  const combine = async (parts: readonly Expression[], operation: (values: readonly number[]) => number) => {
    const values = await Promise.all(parts.map((part) => valueAt(part, seed, context)));
    return values.every((value) => value !== undefined) ? operation(values) : undefined;
  };
  if ("ratio" in expression) return combine(expression.ratio, ([a, b]) => a / b);
  if ("difference" in expression) return combine(expression.difference, ([a, b]) => a - b);
  if ("range" in expression) return combine(expression.range, (values) => Math.max(...values) - Math.min(...values));
  if ("largest" in expression) return combine(expression.largest, (values) => Math.max(...values));
  if ("smallest" in expression) return combine(expression.smallest, (values) => Math.min(...values));
  if ("stepsTo" in expression) {
    const { run, curve, level } = expression.stepsTo;
    const found = runOf(run);
    const wanted = await valueAt(level, seed, context);
    return found === undefined || wanted === undefined ? undefined : stepsTo(found, curve, wanted);
  }
  if ("at" in expression) {
    const { run, curve, step } = expression.at;
    const found = runOf(run);
    return found && curveAt(found, curve, step);
  }
  if ("matched" in expression) {
    const [a, b] = expression.matched.map(runOf);
    return a === undefined || b === undefined ? undefined : context.matcher.between(a, b);
  }
  throw new SaenoError("recipe.expression", "A stability is a value of its own: it cannot be part of an expression.", {
    kind: "data",
  });
}

/** Between two points of the curve by linear interpolation. */
function stepsTo(run: FigureRun, curve: CurveName, level: number): number {
  const points = curveOf(run, curve);
  const reached = points.findIndex(({ value }) => value <= level);
  const [before, after] = [points[reached - 1], points[reached]];
  if (after === undefined) return Number.POSITIVE_INFINITY;
  if (before === undefined) return after.step;
  return before.step + ((before.value - level) / (before.value - after.value)) * (after.step - before.step);
}

function curveAt(run: FigureRun, curve: CurveName, step: number): number {
  const found = curveOf(run, curve).find((point) => point.step === step);
  if (found !== undefined) return found.value;
  throw new SaenoError("recipe.expression", `The ${curve} of ${run.place} was not measured at step ${step}.`, {
    kind: "data",
  });
}
