import { join } from "node:path";
import { SaenoError } from "@saeno/backend";
import { loadRun, openDataFor, readEvaluation } from "@saeno/experiments";
import { folderStore } from "@saeno/experiments/node";
import type { Command } from "commander";
import { filePath } from "../flags/paths.ts";
import { createOutput } from "../terminal/output.ts";
import { backendChoices, startBackend } from "../terminal/start-backend.ts";
import { pageCount, pagesFlag, pagesHelp, writeReport } from "./run-concepts.ts";

/** `saeno report RUN`: the pictures again. */
export function reportCommand(program: Command): void {
  program
    .command("report")
    .summary("write a run's report.html, and the pages of its concepts, again")
    .description(
      "Writes report.html of a run folder again, with its latest evaluation (see saeno eval), and the pages of its concepts.\n" +
        "An existing index of this model's concepts is kept.",
    )
    .argument("<run>", "a run folder, made by saeno train or saeno import", filePath)
    .option("--backend <name>", backendChoices, "auto")
    .option(pagesFlag, pagesHelp, pageCount)
    .option("--json", "print where the report is as JSON on stdout")
    .action(async (path: string, { pages, ...flags }: { backend: string; json?: boolean; pages?: number }) => {
      const output = createOutput(flags);
      await startBackend(flags.backend, output);
      const summary = await readEvaluation(folderStore, path);
      const run = await loadRun(folderStore, path, { data: summary?.data, reporter: output });
      if (summary === undefined) {
        run.model.dispose();
        const problem = `${path} has neither evaluation.json nor summary.json: run saeno eval ${path} first.`;
        throw new SaenoError("run.file", problem, { kind: "data" });
      }
      try {
        const { conceptCount } = run.model.dictionary;
        const counts = [summary.utilization, summary.energy].map(({ length }) => length);
        if (counts.some((count) => count !== conceptCount)) {
          const problem = `The evaluation in ${path} is of another model: it has ${counts[0]} concepts, the model ${conceptCount}.`;
          throw new SaenoError("run.file", `${problem} Run saeno eval ${path} again.`, { kind: "data" });
        }
        const { data, model, seed } = run.config;
        const source = await openDataFor(model, data, { seed, reporter: output });
        if (summary.sampleShape !== undefined && summary.sampleShape.join() !== source.sampleShape.join()) {
          const problem = `The evaluation in ${path} is of other data: its samples are ${summary.sampleShape.join(" x ")}, these ${source.sampleShape.join(" x ")}.`;
          throw new SaenoError("run.file", `${problem} Run saeno eval ${path} again.`, { kind: "data" });
        }
        const file = join(path, "report.html");
        await writeReport(path, { ...run, source, summary }, { pages, anew: true, output });
        output.result({ run: path, report: file }, file);
      } finally {
        run.model.dispose();
      }
    });
}
