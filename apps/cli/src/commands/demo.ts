import { existsSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { demonstration, demonstrationSettings, modelName, runExists, runInto } from "@saeno/experiments";
import { folderStore, makeFolder, nextFreeFolder } from "@saeno/experiments/node";
import { openIndex } from "@saeno/inspect";
import {
  describeModel,
  indexFile,
  indexOfRun,
  type KnownConcepts,
  knowConcepts,
  type ReportModel,
  renderReport,
  runFiles,
} from "@saeno/report";
import type { Command } from "commander";
import { filePath } from "../flags/paths.ts";
import { evaluationTable, type NamedEvaluation } from "../terminal/evaluation-table.ts";
import { createOutput } from "../terminal/output.ts";
import { formatSeconds } from "../terminal/progress.ts";
import { sayBackend } from "../terminal/start-backend.ts";

/** `saeno demo`: what `npm start` runs. */
export function demoCommand(program: Command): void {
  program
    .command("demo")
    .summary("train SAE-FNO and SAE-CNN on images of a few shapes and compare them on finer grids")
    .description(
      "Makes images of rings, bars, crosses .. at random places, trains an SAE-FNO and an SAE-CNN on them at one resolution without telling them\n" +
        "the shapes, evaluates both on finer grids that training never saw, and writes a folder with both runs and one report, in which concepts\n" +
        "that look like a shape have its name. Takes twenty seconds on two cores.",
    )
    .option("--out <folder>", "the folder to make (default: runs/demo-<number>)", filePath)
    .option("--json", "print the result as JSON on stdout")
    .action(async (flags: { out?: string; json?: boolean }) => {
      const output = createOutput(flags);
      const started = performance.now();
      const place = flags.out ?? nextFreeFolder("runs/demo");
      if (existsSync(place)) throw runExists(place);
      await makeFolder(dirname(place));
      const partial = join(dirname(place), `.${basename(place)}.partial-${process.pid}`);
      try {
        await sayBackend("auto", output);
        const described: ReportModel[] = [];
        const named: NamedEvaluation[] = [];
        for (const [folder, config] of demonstration()) {
          const name = modelName(config);
          output.say(`\n${name}`);
          let known: KnownConcepts | undefined;
          const experiment = await runInto(folderStore, join(partial, folder), config, {
            reporter: output,
            checkpoints: { tidy: true },
            async *files(made) {
              const bytes = await indexOfRun(made);
              yield { name: indexFile, content: bytes };
              known = await knowConcepts(made, { index: await openIndex(bytes) });
              yield* runFiles({ ...made, known });
            },
          });
          described.push(await describeModel({ ...experiment, known: known && { ...known, folder: `${folder}/` } }));
          named.push({ name, evaluation: experiment.summary });
          experiment.model.dispose();
        }
        const title = "SAE-FNO and SAE-CNN on images of eight shapes";
        writeFileSync(
          join(partial, "report.html"),
          renderReport({ title, config: demonstrationSettings, models: described }),
        );
        renameSync(partial, place);
        const seconds = (performance.now() - started) / 1000;
        const report = join(place, "report.html");
        output.result(
          { folder: place, report, seconds, models: named.map(({ evaluation }) => evaluation) },
          `\n${evaluationTable(named)}\n\nrun folder   ${place}\nreport       ${report}   (open it in a browser)\ntook         ${formatSeconds(seconds)}`,
        );
      } catch (error) {
        rmSync(partial, { recursive: true, force: true });
        throw error;
      }
    });
}
