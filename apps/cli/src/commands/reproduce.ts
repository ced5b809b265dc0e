import { existsSync } from "node:fs";
import { arch, availableParallelism, cpus } from "node:os";
import { join } from "node:path";
import { SaenoError } from "@saeno/backend";
import { jsonOf } from "@saeno/experiments";
import { findData, ownRecipes, readRecipes, writeWhole } from "@saeno/experiments/node";
import { type Recipe, reproduceFigures, type Scale, scaleNames, senses } from "@saeno/experiments/recipes";
import { renderReproduction, reproductionMarkdown } from "@saeno/report";
import { type Command, Option } from "commander";
import { type ExecutorFlags, executorFlags, makeRuns } from "../flags/executor-flags.ts";
import { positiveWhole } from "../flags/numbers.ts";
import { filePath } from "../flags/paths.ts";
import { createOutput } from "../terminal/output.ts";
import { formatSeconds } from "../terminal/progress.ts";
import { startBackend } from "../terminal/start-backend.ts";
import { textTable } from "../terminal/text-table.ts";

interface ReproduceFlags extends ExecutorFlags {
  readonly scale: Scale;
  readonly seeds: number;
  readonly data?: string;
  readonly download: boolean;
  readonly recipes: string;
  readonly out: string;
  readonly list?: boolean;
  readonly json?: boolean;
}

/** `saeno reproduce FIGURE|all`: the paper's figures, and whether they hold. */
export function reproduceCommand(program: Command): void {
  const command = program
    .command("reproduce")
    .summary("run the paper's experiments and say which of its claims hold")
    .description(
      "Trains what a figure of the paper needs, measures it, draws the figure and says by the rules of its recipe whether the paper's claim\n" +
        "holds, holds under some settings, or does not hold: as the paper measures it, and controlled (concepts in use, compared with noise, at equal\n" +
        "budgets, concepts and steps). Writes reproduction.html, .md and .json, and a run folder for every training.\n" +
        "Re-run the command to resume; finished runs are reused.\n" +
        "A recipe is a file that can be read and edited: copy the folder that --list names and give it with --recipes.",
    )
    .argument("[figures...]", "figures such as 11 or 4a; all for every one")
    .addOption(
      new Option("--scale <size>", "quick: minutes on two cores; full: the paper's sizes, hours")
        .choices(scaleNames)
        .default("quick"),
    )
    .option("--seeds <n>", "runs of each training, with seeds 0, 1, ..", positiveWhole, 1)
    .option(
      "--data <folder>",
      "a folder with mnist/, bsds/ and darcy/; what is missing is downloaded if possible",
      filePath,
    )
    .option("--no-download", "leave out figures whose data is missing instead of downloading it")
    .option("--recipes <folder>", "recipes of your own", filePath, ownRecipes)
    .option("--out <folder>", "the folder to make or to resume", filePath, "runs/reproduction")
    .option("--list", "list the figures, and exit")
    .option("--json", "print the result as JSON on stdout")
    .addHelpText(
      "after",
      `
Examples:
  saeno reproduce --list
  saeno reproduce 11 --data DIR --seeds 3
  saeno reproduce all --scale quick --seeds 3 --data DIR
  saeno reproduce all --scale full --seeds 3 --data DIR --on slurm --partition cpu --time 08:00:00`,
    )
    .action(reproduce);
  executorFlags(command);
}

async function reproduce(figures: readonly string[], flags: ReproduceFlags): Promise<void> {
  const output = createOutput(flags);
  const recipes = readRecipes(flags.recipes);
  if (flags.list === true) {
    const rows = recipes.map(({ figure, title }) => [figure, title]);
    output.result(
      recipes.map(({ figure, title, claim }) => ({ figure, title, claim })),
      `${textTable([["figure", "what it shows"], ...rows])}\n\nrecipes   ${flags.recipes}`,
    );
    return;
  }
  const chosen = choose(recipes, figures);
  if (flags.data !== undefined && !existsSync(flags.data))
    throw new SaenoError("reproduce.data", `There is no folder ${flags.data}: name one with mnist/, bsds/ or darcy/.`);
  await startBackend("auto", output);
  const { scale, seeds, out } = flags;
  const started = performance.now();
  const found = await findData(chosen, { scale, folder: flags.data, download: flags.download, reporter: output });
  const reproduction = await makeRuns(flags, out, output, (where) =>
    reproduceFigures(chosen, { ...where, scale, seeds, data: found }),
  );
  if (reproduction === undefined) return;
  const { figures: pages, records, runs } = reproduction;
  const took = formatSeconds((performance.now() - started) / 1000);
  const page = {
    title: "Sparse autoencoder neural operators, reproduced",
    summary: [
      `Scale ${scale}, ${seeds} ${seeds === 1 ? "seed" : "seeds"}, ${runs} runs; the last call took ${took} on ${machine()}.`,
      `${
        seeds === 1
          ? "Every number is from one run, so how much of a difference is chance is not known (--seeds 3 shows it)."
          : "Numbers are means over seeds, with the smallest and the largest next to them."
      } Every verdict is computed by a rule of the figure: as the paper measures it, and controlled, with all else held equal.`,
    ],
    figures: pages,
  };
  await writeWhole(join(out, "reproduction.html"), renderReproduction(page));
  await writeWhole(join(out, "reproduction.md"), reproductionMarkdown(page));
  await writeWhole(join(out, "reproduction.json"), jsonOf(records));
  const rows = records.map(({ figure, verdicts }, i) => [
    figure,
    chosen[i].title,
    ...senses.map((sense) => verdicts[sense]?.verdict ?? "-"),
  ]);
  const report = join(out, "reproduction.html");
  output.result(
    records,
    `${textTable([["figure", "what it shows", "as the paper measures it", "controlled"], ...rows])}\n\nfolder   ${out}\nreport   ${report}   (open it in a browser)`,
  );
  const incomplete = records.filter(
    ({ verdicts, failed }) => failed.length > 0 || senses.some((sense) => verdicts[sense]?.verdict === "not run"),
  );
  if (incomplete.length > 0) {
    const named = incomplete.map(({ figure }) => figure).join(", ");
    throw new SaenoError(
      "reproduce.incomplete",
      `Not everything ran: figures ${named}. The report says why; re-run the command to resume.`,
      {
        kind: "data",
      },
    );
  }
}

/** @throws SaenoError `reproduce.figure` naming the figures there are. */
function choose(recipes: readonly Recipe[], figures: readonly string[]): readonly Recipe[] {
  if (figures.includes("all")) return recipes;
  const known = recipes.map(({ figure }) => figure);
  const unknown = figures.find((figure) => !known.includes(figure));
  if (figures.length > 0 && unknown === undefined) return recipes.filter(({ figure }) => figures.includes(figure));
  throw new SaenoError(
    "reproduce.figure",
    `${unknown === undefined ? "Name a figure" : `There is no figure "${unknown}"`}: ${known.join(", ")}, or all.`,
  );
}

function machine(): string {
  return `${availableParallelism()} cores of ${cpus()[0]?.model.trim() ?? arch()}, Node ${process.versions.node}`;
}
