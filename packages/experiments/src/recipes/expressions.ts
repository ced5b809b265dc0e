import { SaenoError } from "@saeno/backend";
import * as v from "valibot";
import { runNumber } from "../run/run-numbers.ts";
import { type CurveName, curveNames, curveOf, type FigureResults, type FigureRun } from "./figure-results.ts";

/** A number of the runs of a figure. */
export interface Expression {
  /** The runs that it names. */
  readonly runs: readonly string[];
  /** How many values it has where no run failed. */
  count(seeds: number): number;
  /** @throws SaenoError `run.number`, `recipe.expression` for a number that a run does not have. */
  values(context: ExpressionContext): Promise<number[]>;
}

export interface ExpressionContext {
  readonly results: FigureResults;
  /** Which run a name stands for; itself where none is given. */
  readonly names?: Readonly<Record<string, string>>;
}

/** An expression with one value for each seed. */
interface Term {
  readonly runs: readonly string[];
  /** @param runOf the run of this seed under a name; `undefined` where it failed, and then the value is too. */
  value(runOf: (name: string) => FigureRun | undefined, results: FigureResults): Promise<number | undefined>;
}

/** A schema of what is written that reads it as a term. */
type TermSchema = v.GenericSchema<unknown, Term>;

const term: TermSchema = v.lazy((written) => {
  if (typeof written === "string") return numberOfRun;
  if (typeof written === "number") return constant;
  return schemaByKey(written, operators) ?? notAnExpression;
});

const constant: TermSchema = v.pipe(
  v.number(),
  v.transform((value): Term => ({ runs: [], value: async () => value })),
);

/** `RUN:NUMBER`, as `runNumbers` names it. */
const numberOfRun: TermSchema = v.pipe(
  v.string(),
  v.regex(/^[^:]+:[^:]+$/, "write RUN:NUMBER"),
  v.transform((text): Term => {
    const [name, number] = text.split(":");
    return {
      runs: [name],
      value: async (runOf) => {
        const run = runOf(name);
        return run && runNumber(run.summary, number);
      },
    };
  }),
);

const two = v.strictTuple([term, term]);
const curve = v.picklist(curveNames);

/** Each operator in one place: what it takes, the runs it names, its value. It is written as `{ NAME: ARGUMENT }`. */
const operators: Readonly<Record<string, TermSchema>> = {
  ratio: combination("ratio", two, ([a, b]) => a / b),
  difference: combination("difference", two, ([a, b]) => a - b),
  range: combination("range", v.pipe(v.array(term), v.minLength(2)), (all) => Math.max(...all) - Math.min(...all)),
  largest: combination("largest", v.pipe(v.array(term), v.minLength(1)), (all) => Math.max(...all)),
  smallest: combination("smallest", v.pipe(v.array(term), v.minLength(1)), (all) => Math.min(...all)),
  /** Steps until a curve of a run is at most a level for the first time; infinite where it never is. */
  stepsTo: v.pipe(
    v.strictObject({ stepsTo: v.strictObject({ run: v.string(), curve, level: term }) }),
    v.transform(
      ({ stepsTo: { run, curve, level } }): Term => ({
        runs: [run, ...level.runs],
        value: async (runOf, results) => {
          const [found, wanted] = [runOf(run), await level.value(runOf, results)];
          return found === undefined || wanted === undefined ? undefined : stepsTo(found, curve, wanted);
        },
      }),
    ),
  ),
  /** A curve of a run at a step. */
  at: v.pipe(
    v.strictObject({
      at: v.strictObject({ run: v.string(), curve, step: v.pipe(v.number(), v.integer(), v.minValue(0)) }),
    }),
    v.transform(
      ({ at: { run, curve, step } }): Term => ({
        runs: [run],
        value: async (runOf) => {
          const found = runOf(run);
          return found && curveAt(found, curve, step);
        },
      }),
    ),
  ),
  /** The mean matched |cosine| of the atoms of two runs with the same seed. */
  matched: v.pipe(
    v.strictObject({ matched: v.strictTuple([v.string(), v.string()]) }),
    v.transform(
      ({ matched }): Term => ({
        runs: matched,
        value: async (runOf, { matcher }) => {
          const [a, b] = matched.map(runOf);
          return a === undefined || b === undefined ? undefined : matcher.between(a, b);
        },
      }),
    ),
  ),
};

/** What has a value of its own for each pair of seeds, and cannot be part of another expression. */
const wholes: Readonly<Record<string, v.GenericSchema<unknown, Expression>>> = {
  /** The mean matched |cosine| of the atoms of a run between its seeds. */
  stability: v.pipe(
    v.strictObject({ stability: v.string() }),
    v.transform(
      ({ stability }): Expression => ({
        runs: [stability],
        count: (seeds) => (seeds * (seeds - 1)) / 2,
        values: ({ results, names = {} }) => results.matcher.betweenAll(results.runs(names[stability] ?? stability)),
      }),
    ),
  ),
};

/** Reads an expression as it stands in a recipe. */
export const expression: v.GenericSchema<unknown, Expression> = v.lazy(
  (written) => schemaByKey(written, wholes) ?? perSeed,
);

const perSeed = v.pipe(
  term,
  v.transform(
    ({ runs, value }): Expression => ({
      runs,
      count: (seeds) => seeds,
      async values({ results, names = {} }) {
        const values: number[] = [];
        for (let seed = 0; seed < results.seeds; seed++) {
          const found = await value((name) => results.run(names[name] ?? name, seed), results);
          if (found !== undefined) values.push(found);
        }
        return values;
      },
    }),
  ),
);

const notAnExpression = v.never(
  `write RUN:NUMBER, a number, or one of ${[...Object.keys(operators), ...Object.keys(wholes)].join(", ")} with what it takes`,
);

function combination(
  name: string,
  schema: v.GenericSchema<unknown, readonly Term[]>,
  combine: (values: readonly number[]) => number,
): TermSchema {
  return v.pipe(
    v.strictObject({ [name]: schema }),
    v.transform(
      ({ [name]: parts }): Term => ({
        runs: parts.flatMap(({ runs }) => runs),
        async value(runOf, results) {
          const values = await Promise.all(parts.map((part) => part.value(runOf, results)));
          return values.every((value) => value !== undefined) ? combine(values) : undefined;
        },
      }),
    ),
  );
}

function schemaByKey<S>(written: unknown, schemas: Readonly<Record<string, S>>): S | undefined {
  const [key = ""] = typeof written === "object" && written !== null ? Object.keys(written) : [];
  return Object.hasOwn(schemas, key) ? schemas[key] : undefined;
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
