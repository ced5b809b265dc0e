import { join } from "node:path";
import type { OpenedData } from "@saeno/datasets";
import { type Experiment, type LoadedRun, modelName, type RunEvaluation, recordOf } from "@saeno/experiments";
import { writeWhole } from "@saeno/experiments/node";
import { renderReport } from "@saeno/report";
import { describeImported, describeModel, describeRun } from "./collect-report.ts";

/** report.html of a run that was just made. */
export async function reportOf(experiment: Experiment): Promise<string> {
  const { config, source, summary: evaluation } = experiment;
  const name = modelName(config);
  return renderReport({
    title: `${name} on ${config.data}`,
    summary: describeRun(config, source),
    config: recordOf(experiment),
    models: [await describeModel({ ...experiment, name, evaluation })],
  });
}

/** Renders a run's report with an evaluation of it, in place of the one before. */
export async function writeReport(run: LoadedRun, source: OpenedData, evaluation: RunEvaluation): Promise<string> {
  const name = modelName(run.config);
  const html = renderReport({
    title: `${name} on ${run.config.data}`,
    summary: run.trained ? describeRun(run.config, source) : describeImported(run, source),
    config: run.record,
    models: [await describeModel({ ...run, name, source, evaluation })],
  });
  const file = join(run.path, "report.html");
  await writeWhole(file, html);
  return file;
}
