import { historyOf } from "../load-run.ts";
import type { RunSummary } from "../run-numbers.ts";
import { type RunOutcome, runPath } from "../run-set.ts";
import type { PlannedFigure } from "./plan-figure.ts";
import type { CurveName } from "./recipe.ts";

/** A finished run. */
export interface FigureRun {
  readonly path: string;
  readonly summary: RunSummary;
}

export interface CurvePoint {
  readonly step: number;
  readonly value: number;
}

/** What the runs of a figure gave, by their key in the recipe and by seed. */
export interface FigureResults {
  readonly seeds: number;
  /** `undefined` for a run that failed. */
  run(key: string, seed: number): FigureRun | undefined;
  /** The finished runs of a key, one for each seed. */
  runs(key: string): FigureRun[];
  readonly failed: readonly { readonly run: string; readonly error: string }[];
}

export function figureResults(
  planned: PlannedFigure,
  seeds: number,
  folder: string,
  outcomes: ReadonlyMap<string, RunOutcome>,
): FigureResults {
  const outcomeOf = (key: string, seed: number) => {
    const run = planned.get(key)?.[seed];
    return run === undefined ? undefined : outcomes.get(runPath(folder, run));
  };
  const run = (key: string, seed: number) => {
    const outcome = outcomeOf(key, seed);
    return outcome?.summary === undefined ? undefined : { path: outcome.path, summary: outcome.summary };
  };
  const all = Array.from({ length: seeds }, (_, seed) => seed);
  return {
    seeds,
    run,
    runs: (key) => all.map((seed) => run(key, seed)).filter((found) => found !== undefined),
    failed: [...planned.keys()].flatMap((key) =>
      all.flatMap((seed) => {
        const error = outcomeOf(key, seed)?.error;
        return error === undefined ? [] : [{ run: `${key}, seed ${seed}`, error }];
      }),
    ),
  };
}

/** Steps that a curve of batches is averaged over, as a share of all. */
const smoothing = 1 / 20;

/** A curve of a run: recovery as it was measured; losses of batches as a moving mean over a twentieth of the steps. */
export function curveOf({ path, summary }: FigureRun, curve: CurveName): CurvePoint[] {
  if (curve === "recoveryError") {
    const { recovery } = summary as {
      readonly recovery?: { readonly curve: readonly { step: number; error: number }[] };
    };
    return (recovery?.curve ?? []).map(({ step, error }) => ({ step, value: error }));
  }
  const records = historyOf(path);
  const width = Math.max(1, Math.round(records.length * smoothing));
  let total = 0;
  return records.map((record, i) => {
    total += record[curve] - (i >= width ? records[i - width][curve] : 0);
    return { step: record.step, value: total / Math.min(i + 1, width) };
  });
}
