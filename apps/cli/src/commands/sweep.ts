import { join, relative, sep } from "node:path";
import { SaenoError } from "@saeno/backend";
import {
  jsonOf,
  parseVary,
  runSweep,
  type Settings,
  type Spread,
  type SweepData,
  type SweptField,
} from "@saeno/experiments";
import { nextFreeFolder, writeWhole } from "@saeno/experiments/node";
import { renderSweep } from "@saeno/report";
import { type Command, Option } from "commander";
import { readConfigFile } from "../flags/config-file.ts";
import { type ExecutorFlags, executorFlags, makeRuns } from "../flags/executor-flags.ts";
import { positiveWhole } from "../flags/numbers.ts";
import { filePath } from "../flags/paths.ts";
import { settingFlags } from "../flags/setting-flags.ts";
import { createOutput } from "../terminal/output.ts";
import { startBackend } from "../terminal/start-backend.ts";
import { textTable } from "../terminal/text-table.ts";
import { sweepJobsCommands } from "./sweep-jobs.ts";

interface SweepFlags extends ExecutorFlags {
  readonly config?: string;
  readonly vary?: readonly SweptField[];
  readonly random?: number;
  readonly seeds: number;
  readonly metric: string;
  readonly highest?: boolean;
  readonly show: readonly string[];
  readonly out?: string;
  readonly json?: boolean;
}

/** Numbers beside the metric, where runs have them. */
const usuallyShown = ["relativeError", "inUse", "selective", "budget", "stability", "l0", "seconds"];

/** `saeno sweep`: one training with many settings. */
export function sweepCommand(program: Command): void {
  const command = program
    .command("sweep")
    .summary("train with many settings and compare them")
    .description(
      "Trains with all combinations of some settings, or with some drawn at random, each with several seeds, in parallel processes.\n" +
        "Writes a folder with all runs, sweep.json and sweep.html: one table, best first, and one picture of the metric against each setting.\n" +
        "Re-run the command to resume, or with more values; finished runs are reused.",
    )
    .option("--vary <setting=values>", "a setting and its values, v1,v2,.. or a range a..b; may be repeated", varied)
    .option(
      "--random <n>",
      "draw n combinations at random instead of trying all; ranges are drawn from log-uniformly",
      positiveWhole,
    )
    .option("--seeds <n>", "runs of each combination, with seeds from --seed on", positiveWhole, 1)
    .option(
      "--metric <number>",
      "what to compare by: a number in summary.json, such as inUse; the error on a grid, such as relativeError@112; or stability, how alike the concepts of the seeds are",
      "relativeError",
    )
    .option("--highest", "a higher metric is better (default: a lower one)")
    .addOption(
      new Option("--show <numbers>", "numbers to show next to the metric")
        .argParser(commas)
        .default(usuallyShown, usuallyShown.join(", ")),
    )
    .option("--config <file>", "settings from a JSON file that all runs share; flags win over it", filePath)
    .option("--out <folder>", "the folder to make or to resume (default: runs/sweep-<number>)", filePath)
    .option(
      "--tensorboard",
      "write TensorBoard event files into each run folder; tensorboard --logdir FOLDER shows them",
    )
    .option("--json", "print the result as JSON on stdout");
  executorFlags(command);
  const given = settingFlags(command);
  sweepJobsCommands(command);
  command.addHelpText(
    "after",
    `
Examples:
  saeno sweep --data mnist:DIR --limit 9000 --vary lr=0.005,0.01,0.02 --vary schedule=linear,cosine --seeds 3 --out runs/rates
  saeno sweep --data flow:32 --steps 100 --vary lr=0.001..0.1 --vary modes=6,10,14 --random 20 --metric relativeError@64 --grids 64
  saeno sweep --vary lr=0.001..0.1 --random 50 --out runs/rates --on slurm --partition cpu --time 01:00:00 --max-parallel 20
  saeno sweep status runs/rates
  saeno sweep --vary lr=0.001..0.1 --random 50 --out runs/rates --shard 3/8`,
  );
  command.action((flags: SweepFlags) => sweep(flags, given()));
}

async function sweep(flags: SweepFlags, settings: Settings): Promise<void> {
  const output = createOutput(flags);
  const { vary } = flags;
  if (vary === undefined)
    throw new SaenoError("sweep.vary", "Say what to vary: --vary lr=0.005,0.01. saeno sweep --help has examples.");
  if (flags.out === undefined && (flags.on !== undefined || flags.shard !== undefined))
    throw new SaenoError("sweep.out", "Name the folder with --out: it is where other processes find the sweep.");
  // Only concepts that are compared need one here: runs have their own.
  if (flags.seeds > 1 && [flags.metric, ...flags.show].includes("stability")) await startBackend("auto", output);
  const folder = flags.out ?? nextFreeFolder("runs/sweep");
  const base = await readConfigFile(flags.config, settings);
  const data = await makeRuns(flags, folder, output, (where) =>
    runSweep({
      ...flags,
      ...where,
      vary,
      settings,
      base,
      goal: flags.highest ? "highest" : "lowest",
    }),
  );
  if (data === undefined) return;
  const report = join(folder, "sweep.html");
  await writeWhole(join(folder, "sweep.json"), jsonOf(data));
  const reportAt = (place: string) =>
    relative(folder, join(place, "report.html")).split(sep).map(encodeURIComponent).join("/");
  await writeWhole(report, renderSweep(data, { reportAt }));
  output.result({ folder, report, ...data }, `${sweepTable(data)}\n\nsweep    ${folder}\nreport   ${report}`);
  if (data.runs.every(({ seeds }) => seeds === 0))
    throw new SaenoError("sweep.failed", "No run of the sweep succeeded.", { kind: "data" });
}

function sweepTable({ runs, fields, metric, labels = {} }: SweepData): string {
  const others = Object.keys(runs[0]?.others ?? {});
  const cell = (spread: Spread | undefined) =>
    spread === undefined || !Number.isFinite(spread.mean) ? "-" : spread.mean.toPrecision(4);
  const label = (name: string) => labels[name] ?? name;
  const rows = runs.map(({ settings, metric: value, others: beside }) => [
    ...fields.map((field) => String(settings[field])),
    cell(value),
    value.count > 1 ? `${value.low.toPrecision(4)} to ${value.high.toPrecision(4)}` : "",
    ...others.map((name) => cell(beside[name])),
  ]);
  const notes = runs.flatMap(({ settings, failed, folders = [] }) => {
    const what = [
      ...folders.flatMap(({ seed, interrupted }) => (interrupted === undefined ? [] : [`seed ${seed} ${interrupted}`])),
      ...(failed === undefined ? [] : [`failed: ${failed}`]),
    ];
    const which = fields.map((field) => `${label(field)} ${settings[field]}`).join(", ");
    return what.length === 0 ? [] : [`${which}: ${what.join("; ")}`];
  });
  const table = textTable([[...fields.map(label), label(metric), "over seeds", ...others.map(label)], ...rows]);
  return [table, ...(notes.length > 0 ? ["", ...notes] : [])].join("\n");
}

function varied(text: string, before: readonly SweptField[] = []): SweptField[] {
  const field = parseVary(text);
  if (before.some(({ name }) => name === field.name))
    throw new SaenoError("sweep.vary", `${field.name} is varied twice: give all of its values to one --vary.`);
  return [...before, field];
}

function commas(text: string): string[] {
  return text.split(",").map((part) => part.trim());
}
