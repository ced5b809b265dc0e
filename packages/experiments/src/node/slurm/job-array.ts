import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { SaenoError } from "@saeno/backend";
import type { PlacedRun } from "../../executor/executor.ts";
import { makeFolder } from "../run-folder.ts";
import { writeWhole } from "../write-file.ts";
import { submitJob } from "./slurm-queue.ts";

/** A task of a job array: a run at its place. */
export interface ArrayTask {
  readonly job: string;
  readonly task: number;
  readonly place: string;
  /** Where what it says goes. */
  readonly log: string;
}

/** What was submitted from a folder. */
export interface Submitted {
  /** The first first; a run that was submitted again has several. */
  readonly tasks: readonly ArrayTask[];
  /** The folder for the next array. */
  readonly next: string;
}

/**
 * Each job array has a folder of its own, `array-1`, `array-2`, ..: the file `job` with its number, `tasks/0`, `tasks/1`, .. with the place
 * of a run on the first line and its configuration on the second, `logs/`, and `batch.sh`.
 *
 * @throws SaenoError `slurm.submitting` where an array has no number: another command submits it, or was ended while it did.
 */
export async function submittedFrom(folder: string): Promise<Submitted> {
  const names = await readdir(folder).catch(() => []);
  const numbers = names.flatMap((name) => Number(/^array-(\d+)$/.exec(name)?.[1] ?? [])).sort((a, b) => a - b);
  const tasks = await Promise.all(numbers.map((number) => tasksOf(join(folder, `array-${number}`))));
  return { tasks: tasks.flat(), next: join(folder, `array-${(numbers.at(-1) ?? 0) + 1}`) };
}

/**
 * Submits runs as one job array, into a folder that is not there yet.
 *
 * @throws SaenoError `slurm.command`; `slurm.submitting` where another command was faster.
 */
export async function submitArray(array: string, runs: readonly PlacedRun[], script: string): Promise<ArrayTask[]> {
  await makeFolder(dirname(array));
  // One of two commands gets it, on shared file systems too.
  await mkdir(array).catch((cause) => {
    throw cause.code === "EEXIST" ? submitting(array) : cause;
  });
  try {
    await mkdir(join(array, "logs"));
    await mkdir(join(array, "tasks"));
    for (const [i, { place, config }] of runs.entries())
      await writeFile(join(array, "tasks", String(i)), `${place}\n${JSON.stringify(config)}\n`);
    await writeFile(join(array, "batch.sh"), script, { mode: 0o755 });
    await writeWhole(join(array, "job"), await submitJob(join(array, "batch.sh")));
  } catch (error) {
    await rm(array, { recursive: true, force: true });
    throw error;
  }
  return tasksOf(array);
}

async function tasksOf(array: string): Promise<ArrayTask[]> {
  if (!existsSync(join(array, "job"))) throw submitting(array);
  const job = await readFile(join(array, "job"), "utf8");
  const names = await readdir(join(array, "tasks"));
  const tasks = names.map(async (name): Promise<ArrayTask> => {
    const [place] = (await readFile(join(array, "tasks", name), "utf8")).split("\n", 1);
    return { job, task: Number(name), place, log: join(array, "logs", `${name}.log`) };
  });
  return (await Promise.all(tasks)).sort((a, b) => a.task - b.task);
}

/** Reads the folder: the file system of a network may answer from memory when it is asked for one file. */
export async function isFinished(place: string): Promise<boolean> {
  const files = await readdir(place).catch((): string[] => []);
  return files.includes("summary.json");
}

function submitting(array: string): SaenoError {
  return new SaenoError(
    "slurm.submitting",
    `Another command is submitting ${array}: wait for it. If there is none, look for its job in squeue, and remove the folder.`,
    { kind: "data" },
  );
}
