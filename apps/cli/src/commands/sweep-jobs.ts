import { join } from "node:path";
import { SaenoError } from "@saeno/backend";
import { cancelSlurmRuns, type SlurmRun, slurmRuns } from "@saeno/experiments/node";
import type { Command } from "commander";
import { filePath } from "../flags/paths.ts";
import { createOutput, type Output } from "../terminal/output.ts";
import { textTable } from "../terminal/text-table.ts";

interface JobsFlags {
  readonly json?: boolean;
}

/** `saeno sweep status`, `saeno sweep cancel`: the jobs of a sweep, or of a reproduction, on a cluster. */
export function sweepJobsCommands(sweep: Command): void {
  sweep
    .command("status")
    .summary("show the state of a sweep's jobs")
    .description("Shows the state of the runs that saeno sweep --on slurm, or saeno reproduce --on slurm, submitted.")
    .argument("<folder>", "the folder given to --out", filePath)
    .option("--json", "print the result as JSON on stdout")
    .addHelpText("after", "\nExample:\n  saeno sweep status runs/rates")
    .action(async (folder: string, _: JobsFlags, command: Command) => {
      const runs = submitted(await slurmRuns(join(folder, "slurm")), folder);
      outputOf(command).result({ folder, runs }, statusText(runs));
    });
  sweep
    .command("cancel")
    .summary("end the jobs of a sweep")
    .description(
      "Ends the jobs that saeno sweep --on slurm, or saeno reproduce --on slurm, submitted. Finished runs are kept.",
    )
    .argument("<folder>", "the folder given to --out", filePath)
    .option("--json", "print the result as JSON on stdout")
    .addHelpText("after", "\nExample:\n  saeno sweep cancel runs/rates")
    .action(async (folder: string, _: JobsFlags, command: Command) => {
      const runs = await cancelSlurmRuns(join(folder, "slurm"));
      const kept = "Finished runs are kept; re-run the command to make the others.";
      const text =
        runs.length === 0
          ? "None of its runs is in the queue."
          : `Canceled ${runs.length === 1 ? "one run" : `${runs.length} runs`}. ${kept}`;
      outputOf(command).result({ folder, canceled: runs }, text);
    });
}

/** The sweep has the same flag, and takes it before these commands see it. */
function outputOf(command: Command): Output {
  return createOutput(command.optsWithGlobals<JobsFlags>());
}

function submitted(runs: readonly SlurmRun[], folder: string): readonly SlurmRun[] {
  if (runs.length > 0) return runs;
  throw new SaenoError(
    "sweep.jobs",
    `Nothing was submitted from ${folder}: name the --out of a command with --on slurm. Runs on this machine: saeno watch ${folder}`,
  );
}

function statusText(runs: readonly SlurmRun[]): string {
  const states = [...new Set(runs.map(({ state }) => state))];
  const counts = states.map((state) => `${runs.filter((run) => run.state === state).length} ${state}`);
  const rows = runs.map(({ name, state, job, task, queued, log }) => [
    name,
    state,
    `${job}_${task}`,
    queued === undefined ? "" : queued.time,
    queued === undefined ? (state === "ended" ? log : "") : queued.where,
  ]);
  return `${textTable([["run", "state", "job", "time", ""], ...rows])}\n\n${runs.length} runs: ${counts.join(", ")}`;
}
