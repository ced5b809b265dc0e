import { join, resolve } from "node:path";
import type { SlurmSettings } from "./slurm-settings.ts";

export interface BatchOptions {
  /** What starts the command `saeno`, such as `[process.execPath, "saeno.js"]`, on every node. */
  readonly command: readonly [string, ...string[]];
  /** Default: the cluster's. */
  readonly partition?: string | undefined;
  /** The time limit after which a run is stopped and continued, as Slurm writes it: `01:00:00`. Default: the partition's. */
  readonly time?: string | undefined;
  /** Runs at a time. Default: as many as the cluster starts. */
  readonly maxParallel?: number | undefined;
  readonly settings: SlurmSettings;
  /** Plugins that each loads. */
  readonly plugins?: readonly string[] | undefined;
  /** Whether they write event files of TensorBoard. */
  readonly tensorboard?: boolean | undefined;
}

/** In the log before each start of a run; of several starts the last one counts. */
export const startMark = "--- start";

/**
 * The script of a job array of `count` runs in a folder. A minute before its time is up, or when it is preempted, a run is sent SIGTERM: it
 * ends with a checkpoint, and its job goes back into the queue. One that Slurm ends without warning is put there by Slurm.
 */
export function batchScript(array: string, count: number, options: BatchOptions): string {
  const { command, partition, time, maxParallel, settings, plugins = [], tensorboard = false } = options;
  const { account, constraint, qos, gres, mem, cpusPerTask, sbatch, setup } = settings;
  const given = { partition, time, account, constraint, qos, gres, mem };
  const folder = resolve(array);
  const flags = [
    "--job-name=saeno",
    `--array=0-${count - 1}${maxParallel === undefined ? "" : `%${maxParallel}`}`,
    // A percent sign in the path would stand for something else.
    option("output", join(folder.replaceAll("%", "%%"), "logs", "%a.log")),
    "--open-mode=append",
    "--requeue",
    "--signal=TERM@60",
    "--ntasks=1",
    `--cpus-per-task=${cpusPerTask}`,
    ...Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [option(name, value)])),
    ...sbatch,
  ];
  const global = ["--threads", String(cpusPerTask), ...plugins.flatMap((plugin) => ["--plugin", plugin])];
  const train = [
    "train",
    "--config",
    "-",
    "--json",
    "--tidy",
    "--pages",
    "0",
    ...(tensorboard ? ["--tensorboard"] : []),
  ];
  const saeno = [...command, ...global, ...train].map(quoted).join(" ");
  return `#!/bin/bash
${flags.map((flag) => `#SBATCH ${flag}`).join("\n")}

echo "${startMark} $((\${SLURM_RESTART_COUNT:-0} + 1)) on $(hostname), $(date)" >&2
cd ${quoted(process.cwd())} || exit 1
${setup.map((line) => `${line}\n`).join("")}
{
  read -r place
  srun --ntasks=1 --cpus-per-task=${cpusPerTask} ${saeno} --out "$place" >/dev/null
  status=$?
} <${quoted(join(folder, "tasks"))}/"$SLURM_ARRAY_TASK_ID"

# Asked to end, by SIGHUP, SIGINT or SIGTERM, and not because the job is over: another start continues it.
task="\${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID"
case $status in 129 | 130 | 143)
  if [ "$(squeue --noheader --jobs="$task" --format=%T)" = RUNNING ] && [ "\${SLURM_RESTART_COUNT:-0}" -lt 100 ]; then
    scontrol requeue "$task"
  fi
  ;;
esac
exit $status
`;
}

function option(name: string, value: string): string {
  return `--${name}="${value}"`;
}

/** A word of the shell. */
function quoted(text: string): string {
  return /^[\w./:=@,+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
