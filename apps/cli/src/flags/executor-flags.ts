import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { messageOf, SaenoError } from "@saeno/backend";
import { type Executor, type Reporter, type RunSetOptions, runLocked, type Shard } from "@saeno/experiments";
import {
  childProcessExecutor,
  folderStore,
  interruptible,
  lockFolder,
  makeFolder,
  parseSlurmSettings,
  slurmExecutor,
} from "@saeno/experiments/node";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { Output } from "../terminal/output.ts";
import { globalFlags } from "./global-flags.ts";
import { positiveWhole } from "./numbers.ts";
import { filePath } from "./paths.ts";

/** Where many runs are made. */
export interface ExecutorFlags {
  readonly parallel: number;
  readonly on?: "slurm";
  readonly partition?: string;
  readonly time?: string;
  readonly maxParallel?: number;
  readonly slurmConfig?: string;
  readonly shard?: Shard;
  readonly tensorboard?: boolean;
}

export function executorFlags(command: Command): Command {
  return command
    .optionsGroup("Where the runs are made:")
    .option(
      "--parallel <n>",
      "parallel processes; they share the machine's threads, or have as many each as --threads says",
      positiveWhole,
      availableParallelism(),
    )
    .addOption(
      new Option("--on <scheduler>", "submit the runs as one job array instead, and wait for it").choices(["slurm"]),
    )
    .option("--partition <name>", "Slurm: where jobs go (default: the cluster's)")
    .option("--time <limit>", "Slurm: time limit, after which a run goes back into the queue, such as 01:00:00")
    .option("--max-parallel <n>", "Slurm: runs at a time", positiveWhole)
    .option(
      "--slurm-config <file>",
      "Slurm: a JSON file with account, constraint, qos, gres, mem, cpusPerTask, sbatch (more options), setup (shell commands)",
      filePath,
    )
    .option("--shard <i/n>", "make only every n-th run, from run i on (0 to n - 1): for other schedulers", shard)
    .optionsGroup("Options:");
}

/** @param folder the folder of the whole set. @throws SaenoError `slurm.flags`, `slurm.config`. */
function executorOf(flags: ExecutorFlags, folder: string, reporter: Reporter): Executor {
  const { on, partition, time, maxParallel, slurmConfig, parallel, tensorboard } = flags;
  const [node = process.execPath, main = ""] = process.argv;
  const command = [node, ...process.execArgv, main] as const;
  const { plugins, threads } = globalFlags(process.argv);
  const slurm = { partition, time, maxParallel, slurmConfig };
  if (on === undefined) {
    const given = Object.entries(slurm).find(([, value]) => value !== undefined)?.[0];
    if (given !== undefined)
      throw new SaenoError("slurm.flags", `--${given.replace(/[A-Z]/, "-$&").toLowerCase()} goes with --on slurm.`);
    return childProcessExecutor({ command, parallel, threads, plugins, tensorboard });
  }
  if (flags.shard !== undefined)
    throw new SaenoError("slurm.flags", "--shard is for schedulers that --on does not know: leave one of them out.");
  const settings =
    slurmConfig === undefined ? parseSlurmSettings() : parseSlurmSettings(read(slurmConfig), slurmConfig);
  return slurmExecutor({
    command,
    plugins,
    tensorboard,
    partition,
    time,
    maxParallel,
    settings,
    folder: join(folder, "slurm"),
    reporter,
  });
}

/** What a set of runs is told of where it is made. */
type Where = Pick<RunSetOptions, "folder" | "store" | "executor" | "shard" | "reporter" | "signal">;

/**
 * Makes a set of runs in a folder that is locked meanwhile; shards share it. One that is done while others are not has no results, and is no
 * failure.
 *
 * @returns `undefined` for such a one.
 */
export async function makeRuns<T>(
  flags: ExecutorFlags,
  folder: string,
  output: Output,
  make: (where: Where) => Promise<T>,
): Promise<T | undefined> {
  const { shard } = flags;
  const executor = executorOf(flags, folder, output);
  await makeFolder(folder);
  const unlock = shard === undefined ? await lockFolder(folder, (who) => runLocked(folder, who)) : undefined;
  const where = { folder: join(folder, "runs"), store: folderStore, executor, shard, reporter: output };
  try {
    return await interruptible((signal) => make({ ...where, signal }));
  } catch (error) {
    if (!SaenoError.isInstance(error) || error.code !== "runs.elsewhere") throw error;
    output.result({ folder, complete: false, message: error.message }, error.message);
    return undefined;
  } finally {
    await unlock?.();
  }
}

function shard(text: string): Shard {
  const [, index, count] = /^(\d+)\/(\d+)$/.exec(text)?.map(Number) ?? [];
  if (index === undefined || index >= count) throw new InvalidArgumentError("Give i/n, such as 0/4, 1/4, 2/4 and 3/4.");
  return { index, count };
}

function read(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new SaenoError("slurm.config", `${file} cannot be read: ${messageOf(cause)}.`, { kind: "data", cause });
  }
}
