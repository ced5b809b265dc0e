import type { PlannedRun } from "../executor/executor.ts";
import type { RunSummary } from "../run/run-numbers.ts";
import { type RunHistory, readHistory } from "../runs/load-run.ts";
import type { SetOutcome } from "../runs/run-set.ts";
import type { RunStore } from "../runs/run-store.ts";
import { type AtomMatcher, atomMatcher } from "./atom-matcher.ts";
import type { PlannedFigure } from "./plan-figure.ts";

/** A finished run. */
export interface FigureRun {
  readonly place: string;
  readonly summary: RunSummary;
  readonly history: RunHistory;
}

/** What the runs of a figure gave, by their key in the recipe and by seed. */
export interface FigureResults {
  readonly seeds: number;
  readonly store: RunStore;
  readonly matcher: AtomMatcher;
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
  const found = (run: PlannedRun | undefined) => (run === undefined ? undefined : finished.get(run));
  return {
    seeds,
    store,
    matcher: atomMatcher(store),
    failed,
    run: (key, seed) => found(planned.get(key)?.[seed]),
    runs: (key) => (planned.get(key) ?? []).map(found).filter((run) => run !== undefined),
  };
}

export const curveNames = ["loss", "relativeError", "recoveryError"] as const;
export type CurveName = (typeof curveNames)[number];

/** Steps that a curve of batches is averaged over, as a share of all. */
const smoothing = 1 / 20;

/** A curve of a run: recovery as it was measured; losses of batches as a moving mean over a twentieth of the steps. */
export function curveOf(
  { history, summary }: FigureRun,
  curve: CurveName,
): readonly { readonly step: number; readonly value: number }[] {
  if (curve === "recoveryError")
    return (summary.recovery?.curve ?? []).map(({ step, error = Number.NaN }) => ({ step, value: error }));
  const width = Math.max(1, Math.round(history.length * smoothing));
  let total = 0;
  return history.map((record, i) => {
    total += record[curve] - (i >= width ? history[i - width][curve] : 0);
    return { step: record.step, value: total / Math.min(i + 1, width) };
  });
}
