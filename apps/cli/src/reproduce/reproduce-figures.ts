import { writeFileSync } from "node:fs";
import { arch, availableParallelism, cpus } from "node:os";
import { join } from "node:path";
import { type ReproducedFigure, renderReproduction, reproductionMarkdown } from "@saeno/report";
import { makeFolder } from "../make-folder.ts";
import type { Output } from "../output.ts";
import { formatSeconds } from "../progress.ts";
import { type RunOutcome, runSet } from "../run-set.ts";
import { atomMatcher } from "./atom-matcher.ts";
import { plotsOf, tablesOf } from "./draw-figure.ts";
import { type FigureResults, figureResults } from "./figure-results.ts";
import { judgeFigure } from "./judge-figure.ts";
import { type PlannedFigure, planFigure } from "./plan-figure.ts";
import type { Recipe, Scale } from "./recipe.ts";
import { findData } from "./recipe-data.ts";

export interface ReproduceOptions {
  readonly scale: Scale;
  readonly seeds: number;
  readonly parallel: number;
  /** Where data is looked for first. */
  readonly data: string | undefined;
  /** Whether data that is not there may be downloaded. */
  readonly download: boolean;
  /** The folder to make or to go on with. */
  readonly out: string;
  readonly output: Output;
}

/** A figure as reproduction.json has it. */
export interface FigureRecord {
  readonly figure: string;
  readonly verdict: ReproducedFigure["verdict"];
  readonly reason?: string;
  /** Means over seeds, by setting and check, and by row and column of tables. */
  readonly numbers: Readonly<Record<string, number>>;
  /** Least and largest of those that vary with the seed. */
  readonly ranges: Readonly<Record<string, readonly [number, number]>>;
  readonly failed: readonly string[];
}

/**
 * Trains what recipes ask for, measures, draws and judges it, and writes reproduction.html, .md and .json. A backend must be in use.
 *
 * @throws SaenoError `recipe.run` for settings that are none, `run.number` and `recipe.expression` for numbers that runs do not have,
 *   `runs.interrupted` after Ctrl-C.
 */
export async function reproduceFigures(recipes: readonly Recipe[], options: ReproduceOptions): Promise<FigureRecord[]> {
  const { scale, seeds, parallel, out, output } = options;
  const started = performance.now();
  const data = await findData(recipes, { folder: options.data, download: options.download, scale, output });
  const figures = recipes.map((recipe) => {
    const missing = data.missing(recipe);
    const planned: PlannedFigure =
      missing === undefined ? planFigure(recipe, { scale, seeds, dataOf: data.place }) : new Map();
    if (missing !== undefined) output.say(`figure ${recipe.figure} is left out. ${missing}`);
    return { recipe, planned, missing };
  });
  makeFolder(out);
  const folder = join(out, "runs");
  const runs = figures.flatMap(({ planned }) => [...planned.values()].flat());
  const outcomes = await runSet(folder, runs, { label: "reproduce", parallel, output });
  const byPath = new Map(outcomes.map((outcome) => [outcome.path, outcome]));
  const described: DescribedFigure[] = [];
  for (const { recipe, planned, missing } of figures) {
    described.push(
      missing === undefined
        ? await describe(recipe, planned, { folder, byPath, seeds })
        : { page: notRun(recipe, missing), numbers: {} },
    );
  }
  const took = formatSeconds((performance.now() - started) / 1000);
  const page = {
    title: "Sparse autoencoder neural operators, reproduced",
    summary: [
      `Scale ${scale}, ${seeds} ${seeds === 1 ? "seed" : "seeds"}, ${outcomes.length} runs; the last call took ${took} on ${machine()}.`,
      "Numbers are means over seeds, with the least and the largest beside them. Every verdict is computed by the rule of the figure.",
    ],
    figures: described.map((figure) => figure.page),
  };
  const records = described.map(recordOf);
  writeFileSync(join(out, "reproduction.html"), renderReproduction(page));
  writeFileSync(join(out, "reproduction.md"), reproductionMarkdown(page));
  writeFileSync(join(out, "reproduction.json"), `${JSON.stringify(records, null, 2)}\n`);
  return records;
}

interface DescribedFigure {
  readonly page: ReproducedFigure;
  readonly numbers: Readonly<Record<string, number>>;
}

function headOf(
  recipe: Recipe,
): Pick<ReproducedFigure, "id" | "title" | "claim" | "setup" | "rule" | "config" | "source"> {
  const { figure, title, claim, source, setup, rule } = recipe;
  return { id: figure, title, claim, ...(source === undefined ? {} : { source }), setup, rule, config: recipe };
}

function notRun(recipe: Recipe, reason: string): ReproducedFigure {
  return { ...headOf(recipe), verdict: "not run", reason, settings: [], tables: [], plots: [] };
}

async function describe(
  recipe: Recipe,
  planned: PlannedFigure,
  options: { readonly folder: string; readonly byPath: ReadonlyMap<string, RunOutcome>; readonly seeds: number },
): Promise<DescribedFigure> {
  const results = figureResults(planned, options.seeds, options.folder, options.byPath);
  try {
    return await describeResults(recipe, results);
  } catch (error) {
    // A number that one figure lacks takes no other figure's report with it.
    const reason = (error as Error).message;
    return { page: { ...notRun(recipe, reason), failed: results.failed }, numbers: {} };
  }
}

async function describeResults(recipe: Recipe, results: FigureResults): Promise<DescribedFigure> {
  const matcher = atomMatcher();
  const { numbers, ...judged } = judgeFigure(recipe, results, matcher);
  const tables = tablesOf(recipe, results, matcher);
  const plots = await plotsOf(recipe, results, matcher);
  return { page: { ...headOf(recipe), ...judged, tables, plots, failed: results.failed }, numbers };
}

function recordOf({ page, numbers }: DescribedFigure): FigureRecord {
  const cells = page.tables.flatMap(({ title, columns, rows }) =>
    rows.flatMap(({ name, cells }) =>
      cells.flatMap((cell, i) => (cell === undefined ? [] : [{ name: `${title}: ${name}, ${columns[i]}`, cell }])),
    ),
  );
  return {
    figure: page.id,
    verdict: page.verdict,
    ...(page.reason === undefined ? {} : { reason: page.reason }),
    numbers: { ...numbers, ...Object.fromEntries(cells.map(({ name, cell }) => [name, cell.mean])) },
    ranges: Object.fromEntries(
      cells.filter(({ cell }) => cell.count > 1).map(({ name, cell }) => [name, [cell.low, cell.high]]),
    ),
    failed: (page.failed ?? []).map(({ run, error }) => `${run}: ${error}`),
  };
}

function machine(): string {
  return `${availableParallelism()} cores of ${cpus()[0]?.model.trim() ?? arch()}, Node ${process.versions.node}`;
}
