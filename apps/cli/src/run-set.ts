import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { SaenoError } from "@saeno/backend";
import { type Job, type JobOutcome, runJobs } from "./job-pool.ts";
import { parseJson } from "./load-model.ts";
import { makeFolder } from "./make-folder.ts";
import type { Output } from "./output.ts";
import { globalFlags } from "./plugins.ts";
import { createProgress } from "./progress.ts";
import type { RunConfig } from "./run-config.ts";
import type { RunSummary } from "./run-numbers.ts";

/** A training that belongs to a set of them. */
export interface PlannedRun {
  /** For people; part of the folder's name. */
  readonly name: string;
  readonly config: RunConfig;
  /** Flags of `saeno train` that say what is measured: `--grids`, `--rotations`, `--atoms`. */
  readonly measures: readonly string[];
}

export interface RunOutcome {
  readonly run: PlannedRun;
  readonly path: string;
  /** summary.json of a finished run. */
  readonly summary?: RunSummary;
  /** What went wrong. */
  readonly error?: string;
}

export interface RunSetOptions {
  readonly label: string;
  readonly parallel: number;
  readonly output: Output;
}

/** Where a run of a set goes: its name, and a hash of all that determines it, so that a run is found again only as it was. */
export function runPath(folder: string, { name, config, measures }: PlannedRun): string {
  const { backend: _, ...settings } = config;
  const hash = createHash("sha256")
    .update(JSON.stringify([settings, measures]))
    .digest("hex")
    .slice(0, 8);
  return join(folder, `${name.replace(/[^\w.=,@-]+/g, "_").slice(0, 120)}-${hash}`);
}

/**
 * Trains a set of runs, some at a time in processes of their own, each into a run folder in `folder`. Runs that are finished there already
 * are taken as they are, so that a set that was interrupted goes on where it stopped. A run that fails does not stop the others.
 *
 * @throws SaenoError `runs.interrupted` after Ctrl-C.
 */
export async function runSet(
  folder: string,
  runs: readonly PlannedRun[],
  { label, parallel, output }: RunSetOptions,
): Promise<RunOutcome[]> {
  makeFolder(folder);
  removeLeftovers(folder);
  const planned = [...new Map(runs.map((run) => [runPath(folder, run), run]))].map(([path, run]) => ({ path, run }));
  const missing = planned.filter(({ path }) => !existsSync(join(path, "summary.json")));
  if (missing.length < planned.length)
    output.say(`${label}: ${planned.length - missing.length} of ${planned.length} runs are there already`);
  const errors = await trainAll(missing, { label, parallel, output }).finally(() => removeLeftovers(folder));
  return planned.map(({ path, run }) => {
    const error = errors.get(path);
    return { run, path, ...(error === undefined ? { summary: readSummary(path) } : { error }) };
  });
}

interface Place {
  readonly path: string;
  readonly run: PlannedRun;
}

/** @returns what went wrong, by path. */
async function trainAll(
  places: readonly Place[],
  { label, parallel, output }: RunSetOptions,
): Promise<ReadonlyMap<string, string>> {
  if (places.length === 0) return new Map();
  const jobs = places.map(({ path, run }): Job => {
    const args = ["train", "--config", "-", "--out", path, "--json", ...run.measures];
    return { name: run.name, args, input: JSON.stringify(run.config) };
  });
  const progress = createProgress(label, jobs.length);
  let [done, failed] = [0, 0];
  const onEnd = ({ job, error }: JobOutcome) => {
    done++;
    if (error !== undefined) {
      failed++;
      output.say(`\n${job.name} failed: ${error}`);
    }
    progress.update(done, failed > 0 ? `${failed} failed, ${job.name}` : job.name);
  };
  const threads = Math.max(1, Math.floor(availableParallelism() / Math.min(parallel, jobs.length)));
  const { plugins } = globalFlags(process.argv);
  const controller = new AbortController();
  const abort = () => controller.abort();
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const name of signals) process.once(name, abort);
  try {
    const outcomes = await runJobs(jobs, { parallel, threads, plugins, onEnd, signal: controller.signal });
    if (controller.signal.aborted) {
      throw new SaenoError(
        "runs.interrupted",
        `Interrupted after ${done} of ${jobs.length} runs. What is finished is kept: the same command goes on from here.`,
        { kind: "data" },
      );
    }
    return new Map(outcomes.flatMap(({ error }, i) => (error === undefined ? [] : [[places[i].path, error]])));
  } finally {
    progress.stop();
    for (const name of signals) process.removeListener(name, abort);
  }
}

function readSummary(path: string): RunSummary {
  const file = join(path, "summary.json");
  return parseJson(file, readFileSync(file)) as RunSummary;
}

/** Half-made run folders of processes that are gone. */
function removeLeftovers(folder: string): void {
  for (const name of readdirSync(folder)) {
    const process = /\.partial-(\d+)$/.exec(name)?.[1];
    if (process !== undefined && !isRunning(Number(process))) rmSync(join(folder, name), { recursive: true });
  }
}

function isRunning(id: number): boolean {
  try {
    return process.kill(id, 0);
  } catch {
    return false;
  }
}
