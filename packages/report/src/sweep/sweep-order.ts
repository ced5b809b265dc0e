import type { SweepData, SweepRun } from "@saeno/experiments";

/** Runs from the best to the worst, then those whose metric is not a number, and last those that failed, in the given order. */
export function sweepOrder({ runs, goal }: Pick<SweepData, "runs" | "goal">): SweepRun[] {
  const sign = goal === "lowest" ? 1 : -1;
  const place = (run: SweepRun) => {
    if (run.failed !== undefined) return 2;
    return Number.isFinite(run.metric.mean) ? 0 : 1;
  };
  return [...runs].sort((a, b) => place(a) - place(b) || (place(a) === 0 ? sign * (a.metric.mean - b.metric.mean) : 0));
}

/** The run with the best metric; none when no run has one. */
export function bestRun(sweep: Pick<SweepData, "runs" | "goal">): SweepRun | undefined {
  const [first] = sweepOrder(sweep);
  return first !== undefined && isMeasured(first) ? first : undefined;
}

/**
 * How many other settings have a range over seeds that overlaps with that of the best. `undefined` if the best has only one seed, and so no range.
 */
export function rivals(sweep: Pick<SweepData, "runs" | "goal">): number | undefined {
  const best = bestRun(sweep);
  if (best === undefined || best.metric.count < 2) return undefined;
  const { low, high } = best.metric;
  return sweep.runs.filter((run) => run !== best && isMeasured(run) && run.metric.low <= high && run.metric.high >= low)
    .length;
}

/** Whether a run has a metric. */
export function isMeasured({ failed, metric }: SweepRun): boolean {
  return failed === undefined && Number.isFinite(metric.mean);
}
