import { SaenoError, sha256 } from "@saeno/backend";
import type { Executor, PlacedRun, PlannedRun, RunOutcome } from "../executor/executor.ts";
import { type Reporter, silent } from "../reporter.ts";
import type { RunSummary } from "../run/run-numbers.ts";
import { readSummary } from "./load-run.ts";
import type { RunStore } from "./run-store.ts";

export interface SetOutcome extends RunOutcome {
  /** summary.json of a finished run. */
  readonly summary?: RunSummary;
}

export interface RunSetOptions {
  /** The folder of all runs, to make or to resume. */
  readonly folder: string;
  readonly store: RunStore;
  /** What progress is called. */
  readonly label?: string;
  readonly executor: Executor;
  readonly reporter?: Reporter | undefined;
  /** Drops the current runs. */
  readonly signal?: AbortSignal | undefined;
  /** Makes only a part of the runs; other processes make the others, here or on other machines that see the folder. */
  readonly shard?: Shard | undefined;
}

/** Every `count`-th run, from the run `index` on, counted from 0. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/** Where a run of a set goes: its name, and a hash of all that determines it, so that a run is found again only as it was. */
async function placeOf(folder: string, run: PlannedRun): Promise<PlacedRun> {
  const { backend: _, ...settings } = run.config;
  const hash = (await sha256(JSON.stringify(settings))).slice(0, 8);
  return { ...run, place: `${folder}/${run.name.replace(/[^\w.=,@-]+/g, "_").slice(0, 120)}-${hash}` };
}

/**
 * Makes a set of runs, each into a run folder of its own. Finished runs are reused, so that an interrupted set continues where it stopped. A run that fails
 * does not stop the others.
 *
 * @returns an outcome for each run, in their order; runs with the same configuration are one.
 * @throws SaenoError `runs.interrupted` if the signal is given before all have ended; for a shard, `runs.failed` if runs of its own failed, and
 *   `runs.elsewhere` if it is done and runs of other shards are still missing.
 */
export async function runSet(runs: readonly PlannedRun[], options: RunSetOptions): Promise<SetOutcome[]> {
  const { folder, label = "runs", store, reporter = silent, shard } = options;
  await store.prepare(folder);
  const placed = await Promise.all(runs.map((run) => placeOf(folder, run)));
  const different = [...new Map(placed.map((run) => [run.place, run])).values()];
  const summaries = new Map<string, RunSummary>();
  const addSummaries = async (some: readonly PlacedRun[]) => {
    for (const { place } of some) {
      const summary = await readSummary(store, place);
      if (summary !== undefined) summaries.set(place, summary);
    }
  };
  await addSummaries(different);
  const isMissing = ({ place }: PlacedRun) => !summaries.has(place);
  const own = shard === undefined ? different : different.filter((_, i) => i % shard.count === shard.index);
  const missing = own.filter(isMissing);
  if (missing.length < own.length)
    reporter.say(`${label}: ${own.length - missing.length} of ${own.length} runs are there already`);
  const outcomes = await makeAll(missing, options).finally(() => store.prepare(folder));
  await addSummaries(different.filter(isMissing));
  if (shard !== undefined) refuseIncomplete(shard, own.filter(isMissing), different.filter(isMissing));
  const errors = new Map(outcomes.map(({ run, error }) => [run.place, error]));
  return placed.map((run) => {
    const summary = summaries.get(run.place);
    return summary === undefined ? { run, error: errors.get(run.place) ?? "left no summary.json" } : { run, summary };
  });
}

function refuseIncomplete(
  { index, count }: Shard,
  failed: readonly PlannedRun[],
  missing: readonly PlannedRun[],
): void {
  const names = (runs: readonly PlannedRun[]) =>
    [...runs.slice(0, 5).map(({ name }) => name), ...(runs.length > 5 ? [`and ${runs.length - 5} more`] : [])].join(
      "; ",
    );
  if (failed.length > 0)
    throw new SaenoError("runs.failed", `Shard ${index}/${count}: these runs failed: ${names(failed)}.`, {
      kind: "data",
    });
  if (missing.length > 0)
    throw new SaenoError(
      "runs.elsewhere",
      `Shard ${index}/${count} is done. Runs of other shards are still missing: ${names(missing)}. The shard that ends last writes the results; so does the command without --shard, which makes what is missing.`,
      { kind: "data" },
    );
}

async function makeAll(
  runs: readonly PlacedRun[],
  { label = "runs", executor, signal, reporter = silent }: RunSetOptions,
): Promise<RunOutcome[]> {
  if (runs.length === 0) return [];
  const progress = reporter.progress(label, runs.length);
  let [done, failed] = [0, 0];
  const onEnd = ({ run: { name }, error }: RunOutcome) => {
    done++;
    if (error !== undefined) {
      failed++;
      reporter.say(`${name} failed: ${error}`, "warning");
    }
    progress.update(done, failed > 0 ? `${failed} failed, ${name}` : name);
  };
  try {
    const outcomes = await executor.run(runs, { signal, onEnd });
    if (signal?.aborted) {
      throw new SaenoError(
        "runs.interrupted",
        `Interrupted after ${done} of ${runs.length} runs. Re-run the command to resume: finished runs are kept, and interrupted ones continue.`,
        { kind: "data", cause: signal.reason },
      );
    }
    return outcomes;
  } finally {
    progress.stop();
  }
}
