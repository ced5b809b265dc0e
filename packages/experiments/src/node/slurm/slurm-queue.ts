/** The commands of Slurm. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { messageOf, SaenoError } from "@saeno/backend";

/** A task of a job array that waits or runs. */
export interface QueuedTask {
  readonly job: string;
  readonly task: number;
  /** As Slurm says it: `PENDING`, `RUNNING`, `COMPLETING`, .. */
  readonly state: string;
  /** How long it has run: `1-02:03:04`. */
  readonly time: string;
  /** The node, or why it waits. */
  readonly where: string;
}

/** @returns the number of the job. @throws SaenoError `slurm.command`. */
export async function submitJob(script: string): Promise<string> {
  const answer = await slurm("sbatch", "--parsable", script);
  // With several clusters: `123;cluster`.
  return answer.trim().split(";")[0];
}

/** The tasks of the user's job arrays that are not over. @throws SaenoError `slurm.command`. */
export async function queuedTasks(): Promise<QueuedTask[]> {
  const answer = await slurm("squeue", "--me", "--array", "--noheader", "--format=%F|%K|%T|%M|%R");
  return answer.split("\n").flatMap((line) => {
    const [job, task, state, time, ...where] = line.trim().split("|");
    return job === "" || task === "N/A" ? [] : [{ job, task: Number(task), state, time, where: where.join("|") }];
  });
}

/** @throws SaenoError `slurm.command`. */
export async function cancelJobs(jobs: readonly string[]): Promise<void> {
  if (jobs.length > 0) await slurm("scancel", ...jobs);
}

const run = promisify(execFile);

async function slurm(command: string, ...args: readonly string[]): Promise<string> {
  try {
    return (await run(command, args, { maxBuffer: Number.POSITIVE_INFINITY })).stdout;
  } catch (cause) {
    const isMissing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    const said = cause instanceof Error && "stderr" in cause ? String(cause.stderr).trim() : "";
    const problem = isMissing
      ? `There is no ${command} here: run this where Slurm takes jobs, such as a login node, or without --on slurm.`
      : `${command} failed: ${(said || messageOf(cause)).replace(/\s*\n\s*/g, " ")}`;
    throw new SaenoError("slurm.command", problem, { kind: "data", cause });
  }
}
