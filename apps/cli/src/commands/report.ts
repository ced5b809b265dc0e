import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { SaenoError } from "@saeno/backend";
import { loadRun, openRunData, type RunEvaluation } from "@saeno/experiments";
import { folderStore } from "@saeno/experiments/node";
import type { Command } from "commander";
import { createOutput } from "../output.ts";
import { writeReport } from "../report-page.ts";
import { backendChoices, startBackend } from "../start-backend.ts";

/** `saeno report RUN`: the pictures again. */
export function reportCommand(program: Command): void {
  program
    .command("report")
    .summary("write a run's report.html again")
    .description("Writes report.html of a run folder again, with its latest evaluation (see saeno eval).")
    .argument("<run>", "a run folder, made by saeno train or saeno import")
    .option("--backend <name>", `${backendChoices} (default: auto)`)
    .option("--json", "print where the report is as JSON on stdout")
    .action(async (path: string, flags: { backend?: string; json?: boolean }) => {
      const output = createOutput(flags.json === true);
      await startBackend(flags.backend ?? "auto");
      const run = await loadRun(folderStore, path, evaluatedData(path));
      try {
        const source = await openRunData(run.config, { reporter: output });
        const file = await writeReport(run, source, latestEvaluation(path));
        output.result({ run: path, report: file }, file);
      } finally {
        run.model.dispose();
      }
    });
}

/** What `saeno eval` found last, else what training ended with. */
function evaluationFile(path: string): string | undefined {
  return ["evaluation.json", "summary.json"].map((name) => join(path, name)).find((candidate) => existsSync(candidate));
}

/** The data of the latest evaluation, if there is one. */
function evaluatedData(path: string): string | undefined {
  return evaluationFile(path) === undefined ? undefined : latestEvaluation(path).data;
}

function latestEvaluation(path: string): RunEvaluation {
  const file = evaluationFile(path);
  if (file === undefined) {
    throw new SaenoError(
      "run.file",
      `${path} has neither evaluation.json nor summary.json: run saeno eval ${path} first.`,
      { kind: "data" },
    );
  }
  try {
    return JSON.parse(readFileSync(file, "utf8")) as RunEvaluation;
  } catch (cause) {
    throw new SaenoError("run.file", `${file} is not valid JSON; run saeno eval ${path} again.`, {
      kind: "data",
      cause,
    });
  }
}
