import { messageOf } from "@saeno/backend";
import { silent } from "../reporter.ts";
import { runNumbers } from "../run/run-numbers.ts";
import { type RunSetOptions, runSet } from "../runs/run-set.ts";
import { spreadOf } from "../sweep/spread.ts";
import type { FigurePlot } from "./figure-plot-data.ts";
import { type FigureResults, figureResults } from "./figure-results.ts";
import { judgeFigure } from "./judge-figure.ts";
import { type FoundData, type PlannedFigure, planFigure } from "./plan-figure.ts";
import type { PlotContext } from "./plots.ts";
import { type Recipe, type Scale, verdictsOf } from "./recipe.ts";
import type { FigureVerdict, NumberRow, NumberTable, ReproducedFigure, Sense } from "./reproduction-data.ts";

export interface ReproduceOptions extends RunSetOptions {
  readonly scale: Scale;
  readonly seeds: number;
  /** The data of other people that recipes name; `findData` of `@saeno/experiments/node` looks for it. */
  readonly data: FoundData;
}

/** What became of recipes. */
export interface Reproduction {
  /** For people, as pages show them. */
  readonly figures: readonly ReproducedFigure[];
  /** For programs. */
  readonly records: readonly FigureRecord[];
  /** How many different runs they took. */
  readonly runs: number;
}

/** A figure in numbers. */
export interface FigureRecord {
  readonly figure: string;
  readonly verdicts: Readonly<Partial<Record<Sense, Pick<FigureVerdict, "verdict" | "reason">>>>;
  /** Means over seeds, by sense, setting and check, and by row and column of tables. */
  readonly numbers: Readonly<Record<string, number>>;
  /** Least and largest of those that vary with the seed. */
  readonly ranges: Readonly<Record<string, readonly [number, number]>>;
  readonly failed: readonly string[];
}

/**
 * Trains what recipes ask for, measures, draws and judges it. A backend must be in use.
 *
 * @throws SaenoError `recipe.run` for settings that do not exist or do not fit, `runs.interrupted` when the signal is given.
 */
export async function reproduceFigures(recipes: readonly Recipe[], options: ReproduceOptions): Promise<Reproduction> {
  const { scale, seeds, data, store, reporter = silent } = options;
  const planned = recipes.map((recipe) => {
    const missing = data.missing(recipe);
    if (missing !== undefined) reporter.say(`figure ${recipe.figure} is left out. ${missing}`);
    const runs: PlannedFigure =
      missing === undefined ? planFigure(recipe, { scale, seeds, dataOf: data.place }) : new Map();
    return { recipe, runs, missing };
  });
  const runs = planned.flatMap((figure) => [...figure.runs.values()].flat());
  const outcomes = await runSet(runs, { label: "reproduce", ...options });
  const byRun = new Map(runs.map((run, i) => [run, outcomes[i]]));
  const described: DescribedFigure[] = [];
  for (const { recipe, runs, missing } of planned) {
    described.push(
      missing === undefined
        ? await describe(recipe, await figureResults(runs, seeds, store, byRun))
        : { page: notRun(recipe, missing), numbers: {} },
    );
  }
  return {
    figures: described.map(({ page }) => page),
    records: described.map(recordOf),
    runs: new Set(outcomes.map(({ run }) => run.place)).size,
  };
}

interface DescribedFigure {
  readonly page: ReproducedFigure;
  readonly numbers: Readonly<Record<string, number>>;
}

function headOf(recipe: Recipe): Pick<ReproducedFigure, "id" | "title" | "claim" | "setup" | "config" | "source"> {
  const { figure, title, claim, source, setup } = recipe;
  return { id: figure, title, claim, ...(source === undefined ? {} : { source }), setup, config: recipe.content };
}

function notRun(recipe: Recipe, reason: string): ReproducedFigure {
  const verdicts = verdictsOf(recipe).map(
    ({ sense, rule }): FigureVerdict => ({ sense, verdict: "not run", reason, rule, settings: [] }),
  );
  return { ...headOf(recipe), verdicts, tables: [], plots: [] };
}

async function describe(recipe: Recipe, results: FigureResults): Promise<DescribedFigure> {
  try {
    const nameOf = (key: string) => recipe.runs[key]?.name ?? key;
    const { numbers, ...judged } = await judgeFigure(recipe, results);
    const tables: NumberTable[] = [];
    for (const table of recipe.tables) tables.push(await fillTable(table, { results, nameOf }));
    const plots: FigurePlot[] = [];
    for (const plot of recipe.plots) plots.push(...(await plot.draw({ results, nameOf })));
    return { page: { ...headOf(recipe), ...judged, tables, plots, failed: results.failed }, numbers };
  } catch (error) {
    // A number that one figure lacks takes no other figure's report with it.
    return { page: { ...notRun(recipe, messageOf(error)), failed: results.failed }, numbers: {} };
  }
}

async function fillTable(
  { title, columns, runs, baselines }: Recipe["tables"][number],
  { results, nameOf }: PlotContext,
): Promise<NumberTable> {
  const numberOver = (key: string, number: string) => {
    const values = results.runs(key).map(({ summary }) => runNumbers(summary).get(number));
    const found = values.filter((value) => value !== undefined);
    return found.length === 0 ? undefined : spreadOf(found);
  };
  const rows: NumberRow[] = runs.map((key) => ({
    name: nameOf(key),
    cells: columns.map(([, number]) => numberOver(key, number)),
  }));
  for (const { name, cells } of baselines) {
    const values = cells.map(async (cell) => cell && spreadOf(await cell.values({ results })));
    rows.push({ name, baseline: true, cells: (await Promise.all(values)).map((cell) => cell ?? undefined) });
  }
  return { title, columns: columns.map(([heading]) => heading), rows };
}

function recordOf({ page, numbers }: DescribedFigure): FigureRecord {
  const cells = page.tables.flatMap(({ title, columns, rows }) =>
    rows.flatMap(({ name, cells }) =>
      cells.flatMap((cell, i) => (cell === undefined ? [] : [{ name: `${title}: ${name}, ${columns[i]}`, cell }])),
    ),
  );
  return {
    figure: page.id,
    verdicts: Object.fromEntries(
      page.verdicts.map(({ sense, verdict, reason }) => [
        sense,
        { verdict, ...(reason === undefined ? {} : { reason }) },
      ]),
    ),
    numbers: { ...numbers, ...Object.fromEntries(cells.map(({ name, cell }) => [name, cell.mean])) },
    ranges: Object.fromEntries(
      cells.filter(({ cell }) => cell.count > 1).map(({ name, cell }) => [name, [cell.low, cell.high]]),
    ),
    failed: (page.failed ?? []).map(({ run, error }) => `${run}: ${error}`),
  };
}
