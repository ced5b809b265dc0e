import { type ChildProcess, spawn } from "node:child_process";

/** A run of this program in a process of its own. */
export interface Job {
  readonly name: string;
  /** Arguments of `saeno`. */
  readonly args: readonly string[];
  /** What it reads on standard input. */
  readonly input?: string;
}

export interface JobOutcome {
  readonly job: Job;
  /** The last line that says what went wrong; absent where nothing did. */
  readonly error?: string;
}

export interface JobPoolOptions {
  /** Processes at a time. */
  readonly parallel: number;
  /** Threads of each. */
  readonly threads: number;
  /** Plugins that each loads. */
  readonly plugins: readonly string[];
  /** Told of each job that ended, in the order in which they end. */
  readonly onEnd?: (outcome: JobOutcome) => void;
  /** Ends all processes under way and starts no more. */
  readonly signal?: AbortSignal;
}

/**
 * Runs jobs in processes of their own, some at a time, the first first. A job that fails does not stop the others. Processes end with this
 * one: an interrupt is for the pool to pass on, not for them to receive, because it would make them keep a run that is not finished.
 *
 * @returns outcomes in the order of the jobs, without those that were not started or cut off.
 */
export async function runJobs(jobs: readonly Job[], options: JobPoolOptions): Promise<JobOutcome[]> {
  const { parallel, onEnd, signal } = options;
  const running = new Set<ChildProcess>();
  const killAll = () => {
    for (const child of running) child.kill("SIGKILL");
  };
  signal?.addEventListener("abort", killAll);
  process.on("exit", killAll);
  const outcomes: (JobOutcome | undefined)[] = jobs.map(() => undefined);
  let next = 0;
  async function work(): Promise<void> {
    while (next < jobs.length && signal?.aborted !== true) {
      const index = next++;
      const job = jobs[index];
      const error = await runJob(job, options, running);
      if (signal?.aborted) return;
      const outcome = { job, ...(error === undefined ? {} : { error }) };
      outcomes[index] = outcome;
      onEnd?.(outcome);
    }
  }
  await Promise.all(Array.from({ length: Math.min(parallel, jobs.length) }, work));
  signal?.removeEventListener("abort", killAll);
  process.removeListener("exit", killAll);
  return outcomes.filter((outcome) => outcome !== undefined);
}

/** @returns what went wrong, if anything did. */
function runJob(
  { args, input }: Job,
  { threads, plugins }: JobPoolOptions,
  running: Set<ChildProcess>,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const main = process.argv[1];
    const global = ["--threads", String(threads), ...plugins.flatMap((file) => ["--plugin", file])];
    const child = spawn(process.execPath, [...process.execArgv, main, ...global, ...args], {
      // A group of its own: Ctrl-C in a terminal goes to the whole group of this process.
      detached: true,
      stdio: ["pipe", "ignore", "pipe"],
    });
    running.add(child);
    let stderr = "";
    child.stderr.on("data", (chunk: Buffer) => {
      stderr = (stderr + chunk.toString()).slice(-8192);
    });
    const finish = (error: string | undefined) => {
      running.delete(child);
      resolve(error);
    };
    child.on("error", (error) => finish(error.message));
    child.on("close", (status, killed) => {
      if (status === 0) finish(undefined);
      else if (killed !== null) finish(`ended by ${killed}: perhaps out of memory`);
      else finish(problemIn(stderr) ?? `ended with exit code ${status}`);
    });
    // A process that ends before it has read its input says so by its exit code.
    child.stdin.on("error", () => {});
    child.stdin.end(input);
  });
}

/** The last line that the program marked as an error, else the last line of all. */
function problemIn(stderr: string): string | undefined {
  const lines = stderr.split("\n").filter((line) => line.trim() !== "");
  return lines.findLast((line) => line.startsWith("saeno: "))?.slice("saeno: ".length) ?? lines.at(-1);
}
