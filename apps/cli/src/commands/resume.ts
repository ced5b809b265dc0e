import { type LoadedRun, loadConfig } from "@saeno/experiments";
import { folderStore } from "@saeno/experiments/node";
import type { Command } from "commander";
import { positiveWhole } from "../flags/numbers.ts";
import { filePath } from "../flags/paths.ts";
import { createOutput } from "../terminal/output.ts";
import { backendChoices } from "../terminal/start-backend.ts";
import { type RunFlags, runFlags, trainInto } from "./train.ts";

interface ResumeFlags extends RunFlags {
  readonly steps?: number;
  readonly backend?: string;
}

/** `saeno resume RUN`: a run goes on where it stopped. */
export function resumeCommand(program: Command): void {
  const command = program
    .command("resume")
    .summary("continue an interrupted run")
    .description(
      "Continues a run from its last complete checkpoint, with the same numbers as without the break (on the wasm backend, with any number of threads).\n" +
        "To continue a finished run, ask for more steps; schedules that fall toward the end then fall to the new one.",
    )
    .argument("<run>", "a run folder, made by saeno train", filePath)
    .option("--steps <n>", "steps in all (default: as many as the run was begun with)", positiveWhole)
    .option("--backend <name>", backendChoices)
    .option("--json", "print the summary as JSON on stdout");
  runFlags(command);
  command
    .addHelpText("after", "\nExamples:\n  saeno resume runs/digits\n  saeno resume runs/digits --steps 2000")
    .action(async (path: string, { steps, backend, ...flags }: ResumeFlags) => {
      const config = await loadConfig(folderStore, path);
      const wanted: LoadedRun["config"] = {
        ...config,
        ...(backend === undefined ? {} : { backend }),
        training: { ...config.training, ...(steps === undefined ? {} : { steps }) },
      };
      await trainInto(path, wanted, flags, createOutput(flags));
    });
}
