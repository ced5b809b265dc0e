import { join } from "node:path";
import { SaenoError } from "@saeno/backend";
import type { DataPart, OpenedData } from "@saeno/datasets";
import {
  dataName,
  evaluateModel,
  jsonOf,
  type LoadedRun,
  loadModel,
  loadRun,
  modelName,
  type NamedModel,
  openDataFor,
  resolveRunConfig,
  type Settings,
  trainingEnd,
} from "@saeno/experiments";
import { folderStore, writeWhole } from "@saeno/experiments/node";
import { reportOfRun } from "@saeno/report";
import { type Command, Option } from "commander";
import { filePath } from "../flags/paths.ts";
import { settingFlags } from "../flags/setting-flags.ts";
import { evaluationTable } from "../terminal/evaluation-table.ts";
import { createOutput } from "../terminal/output.ts";
import { backendChoices, sayBackend } from "../terminal/start-backend.ts";

interface EvalFlags {
  readonly split?: DataPart;
  readonly against?: readonly string[];
  readonly backend: string;
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
    .argument("<run>", "a run folder, made by saeno train or saeno import", filePath)
    .addOption(
      new Option(
        "--split <part>",
        "test, train or all (default: test of the run's own data, all of other data)",
      ).choices(["test", "train", "all"]),
    )
    .option(
      "--against <run>",
      "a run to compare concepts with, such as one of another seed: how alike they are, on these samples; may be repeated",
      runs,
    )
    .option("--backend <name>", backendChoices, "auto")
    .option("--json", "print the result as JSON on stdout");
  const given = settingFlags(
    command,
    ({ group, flag }) =>
      (group === "Data" && flag !== "test-data") || (group === "Measures" && flag !== "recovery-every"),
  );
  command.addHelpText(
    "after",
    "\nExamples:\n  saeno eval runs/digits --grids 28,42,56,84,112 --json\n  saeno eval runs/imported --data npy:activations.npy\n  saeno eval runs/seed-0 --against runs/seed-1 --against runs/seed-2",
  );
  command.action(async (path: string, flags: EvalFlags) => {
    const output = createOutput(flags);
    await sayBackend(flags.backend, output);
    const settings = given();
    const run = await loadRun(folderStore, path, {
      data: settings.data,
      ownData: settings.data === undefined,
      reporter: output,
    });
    const against: NamedModel[] = [];
    try {
      for (const name of flags.against ?? []) against.push({ name, ...(await loadModel(folderStore, name)) });
      const { data, model: form, seed } = run.config;
      const base = { model: form, ...(settings.data === undefined ? { data } : {}) };
      const wanted = resolveRunConfig({ seed, ...settings }, base);
      const isOwn = run.trained && dataName(wanted) === dataName(run.config);
      if (isOwn && (settings.limit ?? settings.test) !== undefined) {
        const problem = "--limit and --test go with other data: a run's own samples are split as in its training.";
        throw new SaenoError("eval.data", `${problem} Choose a part with --split.`);
      }
      const split = flags.split ?? (isOwn ? "test" : partOf(settings));
      if (split === "all" && (settings.limit ?? settings.test) !== undefined) {
        throw new SaenoError("eval.data", "--split all takes all samples: leave --limit and --test out.");
      }
      const source = await openDataFor(form, isOwn ? data : wanted.data, { seed, reporter: output });
      checkFits(run, source);
      const evaluation = await evaluateModel({
        model: run.model,
        source,
        split,
        trained: isOwn,
        measures: wanted.measures,
        against,
        label: modelName(run.config),
        reporter: output,
      });
      const end = isOwn && run.history.length > 0 ? trainingEnd(run.config, run.history) : {};
      const result = { run: path, ...end, ...evaluation };
      if (isOwn || !run.trained) {
        await writeWhole(join(path, "evaluation.json"), jsonOf(result));
        await writeWhole(join(path, "report.html"), await reportOfRun({ ...run, source, summary: evaluation }));
      }
      output.result(result, evaluationTable([{ name: modelName(run.config), evaluation: { ...end, ...evaluation } }]));
    } finally {
      run.model.dispose();
      for (const { model } of against) model.dispose();
    }
  });
}

function runs(path: string, before: readonly string[] = []): string[] {
  return [...before, filePath(path)];
}

/** The samples of other data that are meant: the first n, the last n, or all. */
function partOf({ limit, test }: Settings): DataPart {
  if (limit !== undefined && test !== undefined) {
    const problem = "--limit names the first samples and --test the last.";
    throw new SaenoError(
      "eval.data",
      `${problem} Choose with --split train or --split test, or give only one of them.`,
    );
  }
  return limit !== undefined ? "train" : test !== undefined ? "test" : "all";
}

/** Data that a model cannot take is said before it is read. */
function checkFits({ path, model, record }: LoadedRun, { name, all }: OpenedData): void {
  const { channels, domain } = model.dictionary;
  const { trainingGrid } = record;
  const axes = Array.isArray(trainingGrid) && domain === "functions" ? trainingGrid.length : undefined;
  const what = (count: number, on?: number) =>
    domain === "vectors"
      ? `vectors of ${count} numbers`
      : `functions with ${count} ${count === 1 ? "channel" : "channels"}${on === undefined ? "" : ` on ${on} ${on === 1 ? "axis" : "axes"}`}`;
  if (all.channels === channels && (axes === undefined || all.grid.length === axes)) return;
  throw new SaenoError(
    "eval.data",
    `The model of ${path} takes ${what(channels, axes)}; ${name} has ${what(all.channels, all.grid.length)}.`,
    { kind: "data" },
  );
}
