import { type DatasetComponent, knownDatasets } from "@saeno/datasets";
import { modelName, resolveRunConfig, runInto } from "@saeno/experiments";
import { defaultFolder, folderStore, interruptible } from "@saeno/experiments/node";
import { reportOfRun } from "@saeno/report";
import type { Command } from "commander";
import { readConfigFile } from "../flags/config-file.ts";
import { filePath } from "../flags/paths.ts";
import { settingFlags } from "../flags/setting-flags.ts";
import { evaluationTable } from "../terminal/evaluation-table.ts";
import { createOutput } from "../terminal/output.ts";
import { sayBackend } from "../terminal/start-backend.ts";

/** `saeno train`: data to a run folder. */
export function trainCommand(program: Command): void {
  const command = program
    .command("train")
    .summary("train a model and write a run folder")
    .description(
      "Trains a sparse autoencoder and writes a run folder:\n" +
        "  config.json         the settings; --config repeats the run\n" +
        "  metrics.jsonl       one line per step\n" +
        "  model.safetensors   the trained parameters\n" +
        "  summary.json        errors on held-out samples\n" +
        "  report.html         what was learned, in pictures",
    )
    .option(
      "--config <file>",
      "settings from a JSON file, such as a run folder's config.json, or - for standard input; flags win over it",
      filePath,
    )
    .option("--out <run>", "the run folder to make (default: runs/<model>-<data>-<number>)", filePath)
    .option("--json", "print the summary as JSON on stdout");
  const given = settingFlags(command);
  command.addHelpText(
    "after",
    `
Options of data follow it, as in sparse-vectors:1000,concepts=1500,active=20:
${knownDatasets().map(dataLine).join("\n")}
The dictionary that made sparse data is known: summary.json and report.html say how close the model came to it.

Examples:
  saeno train --data flow --model fno --out runs/flow
  saeno train --data mnist:DIR --limit 9000 --model cnn --kernel 7 --out runs/digits
  saeno train --data sparse-vectors --model mlp --encoder unrolled --iterations 15 --step-size 0.2 --threshold 2 --lifting 120
  saeno train --data sparse-functions --model cnn --kernel 5 --concepts 12 --start-noise 0.5 --encoder unrolled --step-size 0.1 --threshold 0.5
  saeno train --config runs/digits/config.json --seed 1 --out runs/digits-1`,
  );
  command.action(async (flags: { config?: string; out?: string; json?: boolean }) => {
    const output = createOutput(flags);
    const settings = given();
    const config = resolveRunConfig(settings, readConfigFile(flags.config, settings), flags.config);
    await sayBackend(config.backend, output);
    const place = flags.out ?? defaultFolder(config);
    const { model, summary } = await interruptible(
      (signal) =>
        runInto(folderStore, place, config, {
          reporter: output,
          signal,
          files: async (experiment) => ({ "report.html": await reportOfRun(experiment) }),
        }),
      () => output.say("\nstopping after this step and keeping what was learned; press Ctrl-C again to drop it"),
    );
    model.dispose();
    output.result(
      { run: place, ...summary },
      `${evaluationTable([{ name: modelName(config), evaluation: summary }])}\n\nrun folder   ${place}\nreport       ${place}/report.html`,
    );
  });
}

function dataLine({ kind, summary, schema }: DatasetComponent): string {
  return `  ${kind.padEnd(18)} ${summary} (${Object.keys(schema.entries).join(", ")})`;
}
