import type { PlannedRun } from "../executor/executor.ts";
import type { RunSummary } from "../run/run-numbers.ts";
import type { RunRecord } from "../run/run-training.ts";
import { readHistory } from "../runs/load-run.ts";
import type { SetOutcome } from "../runs/run-set.ts";
import type { RunStore } from "../runs/run-store.ts";
import type { PlannedFigure } from "./plan-figure.ts";
import type { CurveName } from "./recipe.ts";

/** A finished run. */
export interface FigureRun {
  readonly place: string;
  readonly summary: RunSummary;
  readonly history: readonly RunRecord[];
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

export async function figureResults(
  planned: PlannedFigure,
  seeds: number,
  store: RunStore,
  outcomes: ReadonlyMap<PlannedRun, SetOutcome>,
): Promise<FigureResults> {
  const finished = new Map<PlannedRun, FigureRun>();
  const failed: { run: string; error: string }[] = [];
  for (const [key, runs] of planned) {
    for (const [seed, run] of runs.entries()) {
      const outcome = outcomes.get(run);
      if (outcome?.error !== undefined) failed.push({ run: `${key}, seed ${seed}`, error: outcome.error });
      if (outcome?.summary === undefined) continue;
      const { place } = outcome.run;
      finished.set(run, { place, summary: outcome.summary, history: await readHistory(store, place) });
    }
  }
  const runOf = (run: PlannedRun | undefined) => (run === undefined ? undefined : finished.get(run));
  return {
    seeds,
    failed,
    run: (key, seed) => runOf(planned.get(key)?.[seed]),
    runs: (key) => (planned.get(key) ?? []).map(runOf).filter((found) => found !== undefined),
  };
}

/** Steps that a curve of batches is averaged over, as a share of all. */
const smoothing = 1 / 20;

/** A curve of a run: recovery as it was measured; losses of batches as a moving mean over a twentieth of the steps. */
export function curveOf({ history, summary }: FigureRun, curve: CurveName): CurvePoint[] {
  if (curve === "recoveryError") {
    const { recovery } = summary as {
      readonly recovery?: { readonly curve: readonly { step: number; error: number }[] };
    };
    return (recovery?.curve ?? []).map(({ step, error }) => ({ step, value: error }));
  }
  const width = Math.max(1, Math.round(history.length * smoothing));
  let total = 0;
  return history.map((record, i) => {
    total += record[curve] - (i >= width ? history[i - width][curve] : 0);
    return { step: record.step, value: total / Math.min(i + 1, width) };
  });
}
