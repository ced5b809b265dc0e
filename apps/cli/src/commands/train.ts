import { readFileSync } from "node:fs";
import type { SparseAutoencoder } from "@saeno/core";
import { renderReport } from "@saeno/report";
import { encodeModel } from "@saeno/training";
import { createRunFolder, type RunFolder } from "@saeno/training/node";
import type { Command } from "commander";
import { buildModel } from "../build-model.ts";
import { describeModel, describeRun } from "../collect-report.ts";
import { type DataSource, flattened, functionParameters, openData, vectorParameters } from "../data-source.ts";
import {
  checkGrids,
  checkRotations,
  evaluateModel,
  gridName,
  parseGrids,
  parseRotations,
  type RunEvaluation,
} from "../evaluation.ts";
import { evaluationTable } from "../evaluation-table.ts";
import { givenFlags } from "../given-flags.ts";
import { interruptible } from "../interruptible.ts";
import { nextFreeFolder } from "../next-free-folder.ts";
import { createOutput, type Output } from "../output.ts";
import { type RunConfig, resolveRunConfig } from "../run-config.ts";
import { type RunRecord, runTraining, type TrainedRun } from "../run-training.ts";
import { startBackend } from "../start-backend.ts";
import type { Recovery } from "../track-recovery.ts";
import { trainingOptions } from "../training-options.ts";

/** `saeno train`: data to a run folder. */
export function trainCommand(program: Command): void {
  const command = program
    .command("train")
    .summary("train a model and write a run folder")
    .description(
      "Trains a sparse autoencoder and writes a run folder:\n" +
        "  config.json         the settings; --config repeats the run\n" +
        "  metrics.jsonl       a line a step\n" +
        "  model.safetensors   the trained parameters\n" +
        "  summary.json        errors on held-out samples\n" +
        "  report.html         what was learned, in pictures",
    )
    .option(
      "--config <file>",
      "settings from a JSON file, such as a run folder's config.json, or - for standard input; flags win over it",
    )
    .option("--out <run>", "the run folder to make (default: runs/<model>-<data>-<number>)")
    .option("--grids <sizes>", "also evaluate on these grids, such as 28,42,56")
    .option("--rotations <degrees>", "also evaluate on samples turned by these angles, such as 15,45,90")
    .option("--atoms", "also describe the atoms: Hoyer scores, cosines")
    .option("--json", "print the summary as JSON on stdout");
  trainingOptions(command);
  command.addHelpText(
    "after",
    `
Generated data takes parameters after its size, as in sparse-vectors:1000,concepts=1500,active=20:
  sparse-functions   ${functionParameters.join(", ")}
  sparse-vectors     ${vectorParameters.join(", ")}
The dictionary that made it is known: summary.json and report.html say how close the model came to it.

Examples:
  saeno train --data flow --model fno --out runs/flow
  saeno train --data mnist:DIR --limit 9000 --model cnn --kernel 7 --out runs/digits
  saeno train --data sparse-vectors --model mlp --encoder unrolled --iterations 15 --step-size 0.2 --threshold 2 --lifting 120
  saeno train --data sparse-functions --model cnn --kernel 5 --concepts 12 --start-noise 0.5 --encoder unrolled --step-size 0.1 --threshold 0.5
  saeno train --config runs/digits/config.json --seed 1 --out runs/digits-1`,
  );
  command.action(async () => {
    const { config: file, out, grids, rotations, atoms, json } = command.opts<TrainFlags>();
    const output = createOutput(json === true);
    const config = resolveRunConfig(file, givenFlags(command, notSettings));
    const run = await trainRun(config, output, { out, grids, rotations, atoms });
    output.result(
      run.summary,
      `${evaluationTable([{ name: modelName(config), evaluation: run.summary }])}\n\nrun folder   ${run.path}\nreport       ${run.path}/report.html`,
    );
  });
}

interface TrainFlags extends Pick<TrainRunOptions, "out" | "grids" | "rotations" | "atoms"> {
  readonly config?: string;
  readonly json?: boolean;
}

/** Flags that are no settings of the run. */
const notSettings = ["config", "out", "grids", "rotations", "atoms", "json"];

export interface FinishedRun {
  readonly path: string;
  readonly summary: RunEvaluation & {
    readonly run: string;
    readonly steps: number;
    readonly seconds: number;
    readonly stepsPerSecond: number;
    /** Where the dictionary that made the data is known. */
    readonly recovery?: Recovery;
  };
}

export interface TrainRunOptions {
  /** The run folder to make. */
  readonly out?: string | undefined;
  /** What to call it in the summary, where it will be moved; default where it is made. */
  readonly place?: string;
  /** Grids to evaluate on beside the data's own. */
  readonly grids?: string | undefined;
  /** Angles to evaluate at, in degrees. */
  readonly rotations?: string | undefined;
  /** Whether to describe the atoms. */
  readonly atoms?: boolean | undefined;
}

/** Everything `saeno train` does but print its result. */
export async function trainRun(config: RunConfig, output: Output, options: TrainRunOptions): Promise<FinishedRun> {
  const backend = await startBackend(config.backend);
  output.say(`backend ${backend.name}: ${backend.reason}`);
  const folder = await createRunFolder(options.out ?? defaultFolder(config));
  let model: SparseAutoencoder | undefined;
  try {
    const source = await openFor(config, output);
    const trained = buildModel(config, source);
    model = trained;
    const grids = parseGrids(options.grids, source.train.grid.length);
    const rotations = parseRotations(options.rotations);
    checkGrids(trained, grids);
    checkRotations(source, rotations);
    output.say(
      `training on ${source.train.size} samples of ${config.data}, ${gridName(source.train.grid)}, ${source.test.size} held out`,
    );
    const run = await interruptible(output, (signal) => runTraining(config, trained, source, folder, signal));
    const evaluation = await evaluateModel({
      model: trained,
      source,
      split: "test",
      grids,
      rotations,
      atoms: options.atoms === true,
      label: config.model,
    });
    const finished = { path: folder.path, summary: summarize(options.place ?? folder.path, run, evaluation) };
    await writeRun(folder, config, trained, source, run.history, finished.summary);
    await folder.commit();
    return finished;
  } catch (error) {
    await folder.abandon();
    throw error;
  } finally {
    model?.dispose();
  }
}

/** Data as the model of these settings takes it. */
export async function openFor(config: RunConfig, output: Output): Promise<DataSource> {
  const source = await openData(config, output.say);
  return config.model === "mlp" ? flattened(source) : source;
}

function summarize(path: string, { history, recovery }: TrainedRun, evaluation: RunEvaluation): FinishedRun["summary"] {
  const last = history.at(-1);
  const seconds = last?.seconds ?? 0;
  return {
    run: path,
    steps: history.length,
    seconds,
    stepsPerSecond: seconds > 0 ? history.length / seconds : 0,
    ...(recovery === undefined ? {} : { recovery }),
    ...evaluation,
  };
}

async function writeRun(
  folder: RunFolder,
  config: RunConfig,
  model: SparseAutoencoder,
  source: DataSource,
  history: readonly RunRecord[],
  summary: FinishedRun["summary"],
): Promise<void> {
  const record = {
    saeno: saenoVersion(),
    ...config,
    trainingGrid: source.train.grid,
    channels: source.train.channels,
    modelConfig: model.toConfig(),
  };
  await folder.write("config.json", `${JSON.stringify(record, null, 2)}\n`);
  await folder.write("model.safetensors", await encodeModel(model));
  await folder.write("summary.json", `${JSON.stringify(summary, null, 2)}\n`);
  const described = await describeModel({
    name: modelName(config),
    config,
    model,
    source,
    history,
    evaluation: summary,
  });
  await folder.write(
    "report.html",
    renderReport({
      title: `${modelName(config)} on ${config.data}`,
      summary: describeRun(config, source),
      config: record,
      models: [described],
    }),
  );
}

export function modelName(config: RunConfig): string {
  return `${config.lifting === undefined ? "" : "L-"}SAE-${config.model.toUpperCase()}`;
}

export function saenoVersion(): string {
  const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string };
  return manifest.version;
}

/** `runs/fno-flow-1`, or the next number that is free. */
export function defaultFolder(config: RunConfig): string {
  return nextFreeFolder(`runs/${config.model}-${(config.data.split(":")[0] ?? "data").replace(/\W+/g, "-")}`);
}
