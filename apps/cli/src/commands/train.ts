import { existsSync } from "node:fs";
import { constants } from "node:os";
import { SaenoError } from "@saeno/backend";
import { type DatasetComponent, knownDatasets } from "@saeno/datasets";
import {
  type CheckpointOptions,
  finishedRun,
  modelName,
  type RunConfig,
  resolveRunConfig,
  runInto,
  type Settings,
  tensorBoardLog,
} from "@saeno/experiments";
import { defaultFolder, folderStore, garbageCollector, interruptible } from "@saeno/experiments/node";
import { type Command, InvalidArgumentError, Option } from "commander";
import { readConfigFile } from "../flags/config-file.ts";
import { positiveWhole } from "../flags/numbers.ts";
import { filePath } from "../flags/paths.ts";
import { settingFlags } from "../flags/setting-flags.ts";
import { evaluationTable } from "../terminal/evaluation-table.ts";
import { fitted } from "../terminal/help.ts";
import { createOutput, type Output } from "../terminal/output.ts";
import { sayBackend } from "../terminal/start-backend.ts";
import { newRunFiles, pageCount, pagesFlag, pagesHelp } from "./run-concepts.ts";

/** `saeno train`: data to a run folder. */
export function trainCommand(program: Command): void {
  const command = program
    .command("train")
    .summary("train a model and write a run folder")
    .description(
      "Trains a sparse autoencoder and writes a run folder:\n" +
        "  config.json         the settings; --config repeats the run\n" +
        "  metrics.jsonl       one line per step\n" +
        "  checkpoints/        what is needed to continue after a break; each is a model, too\n" +
        "  model.safetensors   the trained parameters\n" +
        "  summary.json        errors on held-out samples\n" +
        "  report.html         what was learned, in pictures\n" +
        "  concepts/           a page for each of the concepts that cost most to lose\n" +
        "Ctrl-C, SIGTERM and SIGHUP end training after the step, with a checkpoint. Re-run the command, or saeno resume, to continue from there,\n" +
        "with the same numbers as without the break.",
    )
    .option(
      "--config <file>",
      "settings from a JSON file, such as a run folder's config.json, or - for standard input; flags win over it",
      filePath,
    )
    .option("--out <run>", "the run folder to make (default: runs/<model>-<data>-<number>)", filePath)
    .option("--json", "print the summary as JSON on stdout");
  const given = settingFlags(command);
  const ofData = `Options of data follow it, as in sparse-vectors:1000,concepts=1500,active=20:
${knownDatasets().map(dataLine).join("\n")}
The dictionary that made sparse data is known: summary.json and report.html say how close the model came to it.`;
  command.addHelpText(
    "after",
    () => `
${fitted(ofData, command)}

Examples:
  saeno train --data flow --model fno --out runs/flow
  saeno train --data mnist:DIR --limit 9000 --model cnn --kernel 7 --out runs/digits
  saeno train --data sparse-vectors --model mlp --encoder unrolled --iterations 15 --step-size 0.2 --threshold 2 --lifting 120
  saeno train --data sparse-functions --model cnn --kernel 5 --concepts 12 --start-noise 0.5 --encoder unrolled --step-size 0.1 --threshold 0.5
  saeno train --config runs/digits/config.json --seed 1 --out runs/digits-1
  saeno train --from runs/digits --data mnist:OTHER --lr 0.001 --out runs/other`,
  );
  runFlags(command);
  command.action(async (flags: RunFlags & { config?: string; out?: string }) => {
    const output = createOutput(flags);
    const settings = given();
    const config = resolveRunConfig(settings, await startingSettings(flags.config, settings), flags.config);
    const place = flags.out ?? (await defaultFolder(config));
    await trainInto(place, config, flags, output);
  });
}

/** Flags of commands that train one run. */
export interface RunFlags {
  readonly checkpointEvery?: number;
  readonly keepEvery?: number;
  readonly tidy?: boolean;
  readonly stopSignal?: NodeJS.Signals;
  readonly onDivergence: "stop" | "rollback";
  readonly tensorboard?: boolean;
  readonly pages?: number;
  readonly json?: boolean;
}

export function runFlags(command: Command): void {
  command
    .option(
      "--checkpoint-every <steps>",
      "steps between checkpoints (default: a minute's worth, more if that would take over 2 % of the time)",
      positiveWhole,
    )
    .option("--keep-every <steps>", "steps between checkpoints that are kept", positiveWhole)
    .option("--tensorboard", "write TensorBoard event files into the run folder; tensorboard --logdir RUN shows them")
    .option(pagesFlag, pagesHelp, pageCount)
    .option(
      "--tidy",
      "once the run is finished, keep only the checkpoints of --keep-every; it cannot be continued with more steps then",
    )
    .addOption(
      new Option(
        "--stop-signal <name>",
        "a signal that ends training like Ctrl-C, such as a scheduler's USR1",
      ).argParser(signalName),
    )
    .addOption(
      new Option(
        "--on-divergence <what>",
        "stop: end with an error; rollback: go back to the last checkpoint, with half the learning rate",
      )
        .choices(["stop", "rollback"])
        .default("stop"),
    );
}

/** Trains into a run folder, or goes on with one, and prints what came of it. */
export async function trainInto(place: string, config: RunConfig, flags: RunFlags, output: Output): Promise<void> {
  const { checkpointEvery: every, keepEvery, tidy, stopSignal, onDivergence, pages } = flags;
  // What was begun is gone on with.
  const tensorboard = flags.tensorboard ?? (await folderStore.names(place)).includes("tensorboard");
  const checkpoints: CheckpointOptions = { every, keepEvery, tidy };
  const finished = await finishedRun(folderStore, place, config);
  if (finished !== undefined) {
    output.say(`${place} is finished; nothing was done. More steps: saeno resume ${place} --steps N`);
    return output.result({ run: place, ...finished }, runLines(place));
  }
  await sayBackend(config.backend, output);
  const { model, summary } = await interruptible(
    (signal) =>
      runInto(folderStore, place, config, {
        reporter: output,
        signal,
        checkpoints,
        onDivergence,
        onRecord: garbageCollector(),
        log: tensorboard ? tensorBoardLog() : undefined,
        files: (experiment) => newRunFiles(experiment, { place, pages, reporter: output }),
      }),
    {
      stopSignal,
      onInterrupt: () => output.say("stopping after this step, with a checkpoint; once more to stop at once"),
    },
  );
  model.dispose();
  output.result(
    { run: place, ...summary },
    `${evaluationTable([{ name: modelName(config), evaluation: summary }])}\n\n${runLines(place)}`,
  );
}

function runLines(place: string): string {
  return `run folder   ${place}\nreport       ${place}/report.html`;
}

/** What a run starts from where no flag says otherwise: a config file, and the model of the run whose weights it takes. */
async function startingSettings(file: string | undefined, settings: Settings): Promise<Settings> {
  const base = await readConfigFile(file, settings);
  const { from } = settings;
  if (typeof from !== "string") return base;
  if (!existsSync(from)) throw new SaenoError("run.from", `There is no run folder ${from} to start from.`);
  const { model } = await readConfigFile(`${from}/config.json`, {});
  return { model, ...base };
}

function signalName(text: string): NodeJS.Signals {
  const name = `SIG${text.toUpperCase().replace(/^SIG/, "")}`;
  const found = Object.keys(constants.signals).find((each): each is NodeJS.Signals => each === name);
  if (found !== undefined && name !== "SIGKILL" && name !== "SIGSTOP") return found;
  throw new InvalidArgumentError(`must be a signal that can be caught, such as USR1 or TERM; got "${text}".`);
}

function dataLine({ kind, summary, schema }: DatasetComponent): string {
  return `  ${kind.padEnd(18)} ${summary} (${Object.keys(schema.entries).join(", ")})`;
}
