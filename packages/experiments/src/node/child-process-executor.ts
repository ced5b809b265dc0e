import { spawn } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { text } from "node:stream/consumers";
import { messageOf } from "@saeno/backend";
import pLimit from "p-limit";
import type { Executor, PlacedRun, RunOutcome } from "../executor/executor.ts";

export interface ChildProcessOptions {
  /** What starts the command `saeno`, such as `[process.execPath, "saeno.js"]`. */
  readonly command: readonly [string, ...string[]];
  /** Processes at a time. Default: one for each core. */
  readonly parallel?: number | undefined;
  /** Threads of each. Default: their share of the cores. */
  readonly threads?: number | undefined;
  /** Plugins that each loads. */
  readonly plugins?: readonly string[] | undefined;
  /** Whether run folders hold event files of TensorBoard. */
  readonly tensorboard?: boolean | undefined;
}

/**
 * Makes each run in a process of its own, several at a time, in order. Processes end with this one: an interrupt is passed on to them, so that they end
 * with a checkpoint; if this program ends before them, they are killed.
 */
export function childProcessExecutor({
  command: [file, ...before],
  parallel = availableParallelism(),
  threads,
  plugins = [],
  tensorboard = false,
}: ChildProcessOptions): Executor {
  return {
    async run(runs, { signal, onEnd } = {}) {
      const atOnce = Math.max(1, Math.min(parallel, runs.length));
      const share = threads ?? Math.max(1, Math.floor(availableParallelism() / atOnce));
      const global = ["--threads", String(share), ...plugins.flatMap((plugin) => ["--plugin", plugin])];
      const running = new Set<Kill>();
      const endWith = (name: NodeJS.Signals) => () => {
        for (const kill of running) kill(name);
      };
      const [stop, end] = [endWith("SIGTERM"), endWith("SIGKILL")];
      signal?.addEventListener("abort", stop);
      process.on("exit", end);
      const limit = pLimit(atOnce);
      const one = async (run: PlacedRun): Promise<RunOutcome | undefined> => {
        if (signal?.aborted) return undefined;
        const flags = [
          "--out",
          run.place,
          "--json",
          "--tidy",
          "--pages",
          "0",
          ...(tensorboard ? ["--tensorboard"] : []),
        ];
        const args = [...before, ...global, "train", "--config", "-", ...flags];
        const error = await problemOf(file, args, JSON.stringify(run.config), running);
        if (signal?.aborted) return undefined;
        const outcome = error === undefined ? { run } : { run, error };
        onEnd?.(outcome);
        return outcome;
      };
      try {
        const outcomes = await Promise.all(runs.map((run) => limit(one, run)));
        return outcomes.filter((outcome) => outcome !== undefined);
      } finally {
        signal?.removeEventListener("abort", stop);
        process.removeListener("exit", end);
      }
    },
  };
}

type Kill = (signal: NodeJS.Signals) => void;

/** @returns what went wrong, if anything did. */
async function problemOf(
  file: string,
  args: readonly string[],
  input: string,
  running: Set<Kill>,
): Promise<string | undefined> {
  const child = spawn(file, args, {
    stdio: ["pipe", "ignore", "pipe"],
    // So that it ends with a checkpoint when this process is killed, which cannot tell it.
    env: { ...process.env, SAENO_PARENT: String(process.pid) },
    // A group of its own: Ctrl-C in a terminal goes to the whole group of this process.
    detached: true,
  });
  const kill: Kill = (name) => child.kill(name);
  running.add(kill);
  try {
    // A process that ends before it has read all says why itself.
    child.stdin.on("error", () => {}).end(input);
    const [stderr, [code, signal]] = await Promise.all([text(child.stderr), once(child, "close")]);
    if (code === 0) return undefined;
    if (signal !== null) return `ended by ${signal}: perhaps out of memory`;
    return problemIn(stderr) ?? `ended with exit code ${code}`;
  } catch (error) {
    return `${file} cannot be started: ${messageOf(error)}`;
  } finally {
    running.delete(kill);
  }
}

/** The last line that the program marked as an error, else the last line of all. */
export function problemIn(stderr: string): string | undefined {
  const lines = stderr.split("\n").filter((line) => line.trim() !== "");
  return lines.findLast((line) => line.startsWith("saeno: "))?.slice("saeno: ".length) ?? lines.at(-1);
}
