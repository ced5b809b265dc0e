import { sizeOf } from "@saeno/backend";
import { conceptsInUse } from "../run/concepts-in-use.ts";
import { runNumbers } from "../run/run-numbers.ts";
import { shownAtoms } from "../run/shown-atoms.ts";
import { loadModel } from "../runs/load-run.ts";
import type { RunStore } from "../runs/run-store.ts";
import { type Spread, spreadOf } from "../sweep/spread.ts";
import type { AtomMatcher } from "./atom-matcher.ts";
import { valuesOf } from "./evaluate-expression.ts";
import type { Curve, FigurePlot } from "./figure-plot-data.ts";
import { curveOf, type FigureResults, type FigureRun } from "./figure-results.ts";
import type { Expression, Recipe, RecipePlot } from "./recipe.ts";
import type { NumberTable } from "./reproduction-data.ts";

/** Points of a learning curve that are drawn. */
const drawnPoints = 200;

/** The tables of a recipe, filled. */
export function tablesOf(recipe: Recipe, results: FigureResults, matcher: AtomMatcher): Promise<NumberTable[]> {
  const cellOf = async (cell: Expression | null) =>
    cell === null ? undefined : spreadOf(await valuesOf(cell, { results, names: {}, matcher }));
  return Promise.all(
    recipe.tables.map(async ({ title, columns, runs, baselines }) => ({
      title,
      columns: columns.map(([heading]) => heading),
      rows: [
        ...runs.map((key) => ({
          name: nameOf(recipe, key),
          cells: columns.map(([, number]) => numberOver(results.runs(key), number)),
        })),
        ...(await Promise.all(
          baselines.map(async ({ name, cells }) => ({
            name,
            baseline: true,
            cells: await Promise.all(cells.map(cellOf)),
          })),
        )),
      ],
    })),
  );
}

/** The pictures of a recipe; atoms need a backend in use. */
export async function plotsOf(
  recipe: Recipe,
  results: FigureResults,
  matcher: AtomMatcher,
  store: RunStore,
): Promise<FigurePlot[]> {
  const plots = await Promise.all(recipe.plots.map((plot) => drawPlot(plot, recipe, results, matcher, store)));
  return plots.flat();
}

async function drawPlot(
  plot: RecipePlot,
  recipe: Recipe,
  results: FigureResults,
  matcher: AtomMatcher,
  store: RunStore,
): Promise<FigurePlot[]> {
  const { title } = plot;
  const named = (key: string) => nameOf(recipe, key);
  switch (plot.kind) {
    case "resolution":
      return [
        {
          kind: "curves",
          title,
          x: { label: "points on an axis", log: true },
          y: { label: "relative error" },
          curves: plot.runs.map((key) => curveOver(named(key), results.runs(key).map(resolutionPoints))),
        },
      ];
    case "rotation":
      return [
        {
          kind: "curves",
          title,
          x: { label: "degrees" },
          y: { label: "relative rise of the squared error" },
          curves: plot.runs.map((key) => curveOver(named(key), results.runs(key).map(rotationPoints))),
        },
      ];
    case "history": {
      const labels = { loss: "mean squared error", relativeError: "relative error", recoveryError: "recovery error" };
      return [
        {
          kind: "curves",
          title,
          x: { label: "step" },
          y: { label: labels[plot.curve], log: plot.log },
          curves: plot.runs.map((key) =>
            curveOver(
              named(key),
              results.runs(key).map((run) => thinned(historyPoints(run, plot.curve))),
            ),
          ),
        },
      ];
    }
    case "histogram":
      return [
        {
          kind: "histograms",
          title,
          label: plot.label,
          groups: plot.runs.map((key) => ({
            name: named(key),
            values: results.runs(key).flatMap((run) => atomValues(run, plot.of)),
          })),
        },
      ];
    case "distributions": {
      const { reference } = plot;
      return [
        {
          kind: "distributions",
          title,
          label: plot.label,
          x: plot.x,
          groups: Object.entries(plot.groups).map(([name, boxes]) => ({
            name,
            boxes: Object.entries(boxes).map(([x, key]) => ({
              x,
              values: results.runs(key).flatMap((run) => inUse(run, atomValues(run, plot.of))),
            })),
          })),
          ...(reference === undefined
            ? {}
            : {
                references: [
                  {
                    name: reference.name,
                    y: spreadOf(await valuesOf(reference.value, { results, names: {}, matcher })).mean,
                  },
                ],
              }),
        },
      ];
    }
    case "utilization":
      return [
        {
          kind: "sorted",
          title,
          x: "share of concepts",
          y: { label: "share of samples" },
          normalized: true,
          curves: plot.runs.map((key) => ({ name: named(key), values: meanUtilization(results.runs(key)) })),
        },
      ];
    case "atoms": {
      const drawn: FigurePlot[] = [];
      for (const key of plot.runs) {
        const run = results.run(key, 0);
        if (run !== undefined) drawn.push(await atomsPlot(`${title}: ${named(key)}`, run, plot.count, store));
      }
      return drawn;
    }
    default:
      throw plot satisfies never;
  }
}

function nameOf({ runs }: Recipe, key: string): string {
  return runs[key]?.name ?? key;
}

function numberOver(runs: readonly FigureRun[], number: string): Spread | undefined {
  const values = runs.map(({ summary }) => runNumbers(summary).get(number)).filter((value) => value !== undefined);
  return values.length === 0 ? undefined : spreadOf(values);
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** Curves of several seeds, which have the same x, as one with a spread. */
function curveOver(name: string, seeds: readonly (readonly Point[])[]): Curve {
  const [first = []] = seeds;
  return {
    name,
    points: first.map(({ x }, i) => ({
      x,
      y: spreadOf(seeds.map((points) => points[i]?.y).filter((y) => y !== undefined)),
    })),
  };
}

interface EvaluatedSummary {
  readonly grid?: readonly number[];
  readonly relativeError?: number;
  readonly resolution?: readonly { readonly grid: readonly number[]; readonly relativeError: number }[];
  readonly rotation?: readonly { readonly degrees: number; readonly rise: number }[];
  readonly utilization?: readonly number[];
  readonly sampleShape?: readonly number[];
  readonly atoms?: { readonly hoyerScores: readonly number[]; readonly cosineSample: readonly number[] };
}

function resolutionPoints({ summary }: FigureRun): Point[] {
  const { resolution = [] } = summary as EvaluatedSummary;
  return resolution
    .map(({ grid, relativeError }) => ({ x: sizeOf([...grid]) ** (1 / grid.length), y: relativeError }))
    .sort((a, b) => a.x - b.x);
}

function rotationPoints({ summary }: FigureRun): Point[] {
  const { rotation = [] } = summary as EvaluatedSummary;
  return [{ x: 0, y: 0 }, ...rotation.map(({ degrees, rise }) => ({ x: degrees, y: rise }))];
}

function historyPoints(run: FigureRun, curve: Parameters<typeof curveOf>[1]): Point[] {
  return curveOf(run, curve).map(({ step, value }) => ({ x: step, y: value }));
}

function thinned(points: readonly Point[]): Point[] {
  const stride = Math.ceil(points.length / drawnPoints);
  return points.filter((_, i) => i % stride === 0 || i === points.length - 1);
}

function atomValues({ summary }: FigureRun, of: "cosineSample" | "hoyerScores"): readonly number[] {
  return (summary as EvaluatedSummary).atoms?.[of] ?? [];
}

/** Values of concepts that are in use. */
function inUse({ summary }: FigureRun, values: readonly number[]): number[] {
  return conceptsInUse(summary).map((k) => values[k]);
}

/** Sorted use of each run, averaged over runs: the first with the first. */
function meanUtilization(runs: readonly FigureRun[]): number[] {
  const sorted = runs.map(({ summary }) =>
    [...((summary as EvaluatedSummary).utilization ?? [])].sort((a, b) => b - a),
  );
  return (sorted[0] ?? []).map((_, k) => spreadOf(sorted.map((values) => values[k] ?? 0)).mean);
}

async function atomsPlot(
  title: string,
  { place, summary }: FigureRun,
  count: number,
  store: RunStore,
): Promise<FigurePlot> {
  const { model } = await loadModel(store, place);
  try {
    const { grid = [], utilization, sampleShape } = summary as EvaluatedSummary;
    const atoms = await shownAtoms(model, { grid, ...(sampleShape === undefined ? {} : { sampleShape }) });
    return { kind: "atoms", title, count, atoms, ...(utilization === undefined ? {} : { utilization }) };
  } finally {
    model.dispose();
  }
}
