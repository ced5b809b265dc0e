import { join } from "node:path";
import type { DataPart } from "@saeno/datasets";
import { evaluateModel, jsonOf, loadModel, modelName, type NamedModel, trainingEnd } from "@saeno/experiments";
import { folderStore, writeWhole } from "@saeno/experiments/node";
import type { Command } from "commander";
import { positiveWhole } from "../flags/numbers.ts";
import { filePath } from "../flags/paths.ts";
import { type RunFlags, runFlags } from "../flags/run-flags.ts";
import { evaluationTable } from "../terminal/evaluation-table.ts";
import { createOutput } from "../terminal/output.ts";
import { sayBackend } from "../terminal/start-backend.ts";
import { evaluateFidelity, fidelityText, networkSource } from "./eval-fidelity.ts";
import { writeReport } from "./run-concepts.ts";
import { openSamples, sampleFlags } from "./run-samples.ts";

interface EvalFlags extends RunFlags {
  readonly split?: DataPart;
  readonly against?: readonly string[];
  readonly fidelity?: string | true;
  readonly outputs?: readonly string[];
  readonly fidelitySamples: number;
}

/** `saeno eval RUN`: errors of a trained model on held-out samples, on other data, on other grids. */
export function evalCommand(program: Command): void {
  const command = program
    .command("eval")
    .summary("evaluate a run, also on grids it never saw")
    .description(
      "Evaluates the model of a run folder on samples that were held out from its training, or on other data.\n" +
        "On other grids the truth is computed there if the data allows it (flow), otherwise interpolated by Fourier series.\n" +
        "Results on the run's own data go into its evaluation.json and report.html; for an imported model, which has no data of its own, those on any data do.",
    )
    .argument("<run>", "a run folder, made by saeno train or saeno import", filePath)
    .option("--against <run>", "a run to compare concepts with, such as one of another seed; may be repeated", runs)
    .option(
      "--fidelity [place]",
      "also evaluate what the network says with reconstructions in place of its activations: NET#LAYER,images:DIR (default: those of the run's own data)",
    )
    .option("--outputs <names>", "outputs of the network to compare (default: all)", (text) => text.split(","))
    .option("--fidelity-samples <n>", "images to run through the network for that", positiveWhole, 32);
  runFlags(command, "the result");
  const given = sampleFlags(command, ({ group, flag }) => group === "Measures" && flag !== "recovery-every");
  command.addHelpText(
    "after",
    "\nExamples:\n  saeno eval runs/digits --grids 28,42,56,84,112 --json\n  saeno eval runs/imported --data npy:activations.npy\n  saeno eval runs/seed-0 --against runs/seed-1 --against runs/seed-2\n  saeno eval runs/layer-8 --fidelity --outputs keypoints",
  );
  command.action(async (path: string, flags: EvalFlags) => {
    const output = createOutput(flags);
    await sayBackend(flags.backend, output);
    const opened = await openSamples(path, { settings: given(), split: flags.split, reporter: output });
    const { run, wanted, isOwn, source, split } = opened;
    const against: NamedModel[] = [];
    try {
      if (flags.fidelity !== undefined) networkSource(flags.fidelity, run.config.data, path);
      for (const name of flags.against ?? []) against.push({ name, ...(await loadModel(folderStore, name)) });
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
        await writeReport(path, { ...run, source, summary: evaluation }, { anew: false, output });
      }
      const table = evaluationTable([{ name: modelName(run.config), evaluation: { ...end, ...evaluation } }]);
      if (flags.fidelity === undefined) return output.result(result, table);
      const { fidelity: place, outputs, fidelitySamples: samples } = flags;
      const fidelity = await evaluateFidelity(run, { place, outputs, samples, split }, output);
      await writeWhole(join(path, "fidelity.json"), jsonOf(fidelity));
      output.result({ ...result, fidelity }, `${table}\n\n${fidelityText(fidelity)}`);
    } finally {
      run.model.dispose();
      for (const { model } of against) model.dispose();
    }
  });
}

function runs(path: string, before: readonly string[] = []): string[] {
  return [...before, filePath(path)];
}
