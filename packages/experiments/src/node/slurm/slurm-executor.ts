import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { messageOf, SaenoError } from "@saeno/backend";
import type { Executor, PlacedRun, RunOutcome } from "../../executor/executor.ts";
import { type Reporter, silent } from "../../reporter.ts";
import { problemIn } from "../child-process-executor.ts";
import { type BatchOptions, batchScript, startMark } from "./batch-script.ts";
import { type ArrayTask, isFinished, submitArray, submittedFrom } from "./job-array.ts";
import { queuedTasks } from "./slurm-queue.ts";

export interface SlurmOptions extends BatchOptions {
  /** Where descriptions and logs of job arrays go; every node must see it, and the places of the runs. */
  readonly folder: string;
  readonly reporter?: Reporter | undefined;
  /** The most seconds between two looks at the queue. Default 10. */
  readonly lookEvery?: number | undefined;
}

/**
 * Makes runs as one Slurm job array, and waits for them. Runs that were submitted before and are not over are waited for, not submitted again; when the
 * signal is given, the jobs continue.
 *
 * @throws SaenoError `slurm.left` when the signal is given; `slurm.command`, `slurm.submitting`.
 */
export function slurmExecutor({ folder, reporter = silent, lookEvery = 10, ...batch }: SlurmOptions): Executor {
  return {
    async run(runs, { signal, onEnd } = {}) {
      const tasks = await tasksFor(runs, { folder, batch, reporter });
      const outcomes = new Map<PlacedRun, RunOutcome>();
      const end = (run: PlacedRun, error?: string) => {
        const outcome = error === undefined ? { run } : { run, error };
        outcomes.set(run, outcome);
        onEnd?.(outcome);
      };
      const gone = new Set<PlacedRun>();
      for (let pause = 1; outcomes.size < runs.length; pause = Math.min(lookEvery, 1.5 * pause)) {
        await sleep(1000 * Math.min(lookEvery, pause), undefined, { signal }).catch(() => {});
        if (signal?.aborted) throw left(folder, `${outcomes.size} of ${runs.length}`, signal.reason);
        const queued = await queuedIds(reporter);
        for (const [run, task] of tasks) {
          if (outcomes.has(run)) continue;
          if (await isFinished(run.place)) end(run);
          else if (queued === undefined || queued.has(idOf(task))) gone.delete(run);
          // What another machine wrote may take a moment to be seen here.
          else if (gone.has(run)) end(run, await problemOf(task));
          else gone.add(run);
        }
      }
      return runs.flatMap((run) => outcomes.get(run) ?? []);
    },
  };
}

/** The tasks that make runs: those under way, and new ones for the rest. */
async function tasksFor(
  runs: readonly PlacedRun[],
  { folder, batch, reporter }: { readonly folder: string; readonly batch: BatchOptions; readonly reporter: Reporter },
): Promise<Map<PlacedRun, ArrayTask>> {
  const queued = new Set((await queuedTasks()).map(idOf));
  const submitted = await submittedFrom(folder);
  const underWay = submitted.tasks.filter((task) => queued.has(idOf(task)));
  const byPlace = new Map(underWay.map((task) => [task.place, task]));
  const missing = runs.filter(({ place }) => !byPlace.has(resolve(place)));
  if (missing.length < runs.length)
    reporter.say(`${runs.length - missing.length} of ${runs.length} runs are in Slurm's queue already`);
  if (missing.length > 0) {
    const placed = missing.map((run) => ({ ...run, place: resolve(run.place) }));
    const added = await submitArray(submitted.next, placed, batchScript(submitted.next, missing.length, batch));
    for (const task of added) byPlace.set(task.place, task);
    const [{ job, log }] = added;
    reporter.say(`submitted ${missing.length} runs to Slurm as job ${job}; logs are in ${dirname(log)}`);
  }
  const pairs = runs.map((run) => [run, byPlace.get(resolve(run.place))] as const);
  return new Map(pairs.flatMap(([run, task]) => (task === undefined ? [] : [[run, task] as const])));
}

function idOf({ job, task }: { readonly job: string; readonly task: number }): string {
  return `${job}_${task}`;
}

/** @returns `undefined` while Slurm does not answer, which happens to it. */
async function queuedIds(reporter: Reporter): Promise<Set<string> | undefined> {
  try {
    return new Set((await queuedTasks()).map(idOf));
  } catch (error) {
    reporter.say(`\n${messageOf(error)} Trying again.`);
    return undefined;
  }
}

/** What the last start of a run that did not finish says of it. */
async function problemOf({ job, task, log }: ArrayTask): Promise<string> {
  const text = await readFile(log, "utf8").catch(() => "");
  const last = text.slice(Math.max(0, text.lastIndexOf(startMark)));
  if (last === "") return `left the queue before it started: see sacct --jobs=${job}_${task}`;
  const lines = last.split("\n").slice(1);
  // `slurmstepd: error: *** JOB 12 ON node7 CANCELLED AT .. DUE TO TIME LIMIT ***`
  const bySlurm = lines.findLast((line) => line.includes("*** JOB"))?.replace(/^.*?\*\*\* | \*\*\*.*$/g, "");
  const said = problemIn(lines.join("\n")) ?? "ended without a word";
  return `${bySlurm ?? said} (${log})`;
}

function left(folder: string, done: string, cause: unknown): SaenoError {
  const set = dirname(folder);
  return new SaenoError(
    "slurm.left",
    `Stopped waiting after ${done} runs; Slurm continues the others. Re-run the command to wait for them. To see their state: saeno sweep status ${set}. To end them: saeno sweep cancel ${set}.`,
    { kind: "data", cause },
  );
}
