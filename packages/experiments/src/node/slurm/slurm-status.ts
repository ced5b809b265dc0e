import { basename } from "node:path";
import { type ArrayTask, isFinished, submittedFrom } from "./job-array.ts";
import { cancelJobs, type QueuedTask, queuedTasks } from "./slurm-queue.ts";

/** The state of a submitted run. */
export interface SlurmRun extends ArrayTask {
  /** The name of its folder. */
  readonly name: string;
  /** `finished`, Slurm's word for one in the queue (`pending`, `running`, ..), or `ended` without a result. */
  readonly state: string;
  /** Of one in the queue: the node or why it waits, and how long it has run. */
  readonly queued?: QueuedTask;
}

/** The runs submitted from a folder, each once. @throws SaenoError `slurm.command`, `slurm.submitting`. */
export async function slurmRuns(folder: string): Promise<SlurmRun[]> {
  const { tasks } = await submittedFrom(folder);
  if (tasks.length === 0) return [];
  const queue = new Map((await queuedTasks()).map((queued) => [`${queued.job}_${queued.task}`, queued]));
  // A run that was submitted again is shown as it is now.
  const latest = new Map(tasks.map((task) => [task.place, task]));
  const runs = [...latest.values()].map(async (task): Promise<SlurmRun> => {
    const queued = queue.get(`${task.job}_${task.task}`);
    const name = basename(task.place);
    if (await isFinished(task.place)) return { ...task, name, state: "finished" };
    return queued === undefined
      ? { ...task, name, state: "ended" }
      : { ...task, name, state: queued.state.toLowerCase(), queued };
  });
  return (await Promise.all(runs)).sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
}

/** Ends the jobs submitted from a folder. @returns their runs. @throws as `slurmRuns`. */
export async function cancelSlurmRuns(folder: string): Promise<SlurmRun[]> {
  const runs = (await slurmRuns(folder)).filter(({ queued }) => queued !== undefined);
  await cancelJobs([...new Set(runs.map(({ job }) => job))]);
  return runs;
}
