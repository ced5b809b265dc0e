import { join } from "node:path";
import type { DataPart } from "@saeno/datasets";
import { evaluateModel, jsonOf, loadRun, modelName, openRunData } from "@saeno/experiments";
import { folderStore, writeWhole } from "@saeno/experiments/node";
import { type Command, Option } from "commander";
import { evaluationTable } from "../evaluation-table.ts";
import { type MeasureFlags, measureOptions, measuresOf } from "../measure-options.ts";
import { createOutput } from "../output.ts";
import { writeReport } from "../report-page.ts";
import { backendChoices, sayBackend } from "../start-backend.ts";
import { whole } from "../training-options.ts";

interface EvalFlags extends MeasureFlags {
  readonly data?: string;
  readonly split?: DataPart;
  readonly limit?: number;
  readonly test?: number;
  readonly backend?: string;
  readonly json?: boolean;
}

/** `saeno eval RUN`: errors of a trained model on held-out samples, on other data, on other grids. */
export function evalCommand(program: Command): void {
  const command = program
    .command("eval")
    .summary("evaluate a run, also on grids it never saw")
    .description(
      "Evaluates the model of a run folder on samples that were held out from its training, or on other data.\n" +
        "On other grids the truth is computed there where the data allows it (flow), else interpolated by Fourier series.\n" +
        "Results on the run's own data go into its evaluation.json and report.html; those of an imported model, which has none, on any data.",
    )
    .argument("<run>", "a run folder, made by saeno train or saeno import")
    .option("--data <source>", "other data (default: the run's own)");
  measureOptions(command);
  command
    .addOption(
      new Option(
        "--split <part>",
        "test, train or all (default: test of the run's own data, all of other data)",
      ).choices(["test", "train", "all"]),
    )
    .option("--limit <n>", "other data: the first n samples are its training part", whole)
    .option("--test <n>", "other data: the last n samples are its test part", whole)
    .option("--backend <name>", `${backendChoices} (default: auto)`)
    .option("--json", "print the result as JSON on stdout")
    .addHelpText(
      "after",
      "\nExamples:\n  saeno eval runs/digits --grids 28,42,56,84,112 --json\n  saeno eval runs/imported --data npy:activations.npy",
    )
    .action(async (path: string, flags: EvalFlags) => {
      const output = createOutput(flags.json === true);
      await sayBackend(flags.backend ?? "auto", output);
      const run = await loadRun(folderStore, path, flags.data);
      try {
        const own = flags.data === undefined || flags.data === run.config.data;
        const trainedOn = own && run.trained;
        const settings = trainedOn
          ? run.config
          : {
              ...run.config,
              data: flags.data ?? run.config.data,
              testData: undefined,
              limit: flags.limit,
              test: flags.test,
            };
        const split = flags.split ?? (trainedOn ? "test" : "all");
        const source = await openRunData(settings, { reporter: output });
        const evaluation = await evaluateModel({
          model: run.model,
          source,
          split,
          measures: measuresOf(flags),
          label: run.config.model,
          reporter: output,
        });
        const result = { run: path, ...evaluation };
        if (own) {
          await writeWhole(join(path, "evaluation.json"), jsonOf(result));
          await writeReport(run, source, result);
        }
        output.result(result, evaluationTable([{ name: modelName(run.config), evaluation: result }]));
      } finally {
        run.model.dispose();
      }
    });
}
