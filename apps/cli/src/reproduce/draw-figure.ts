import { sizeOf } from "@saeno/backend";
import type { Curve, FigurePlot, NumberTable, Spread } from "@saeno/report";
import { reportAtoms } from "../collect-report.ts";
import { conceptsInUse } from "../concepts-in-use.ts";
import { loadModel } from "../load-model.ts";
import { runNumbers } from "../run-numbers.ts";
import { spreadOf } from "../spread.ts";
import type { AtomMatcher } from "./atom-matcher.ts";
import { valuesOf } from "./evaluate-expression.ts";
import { curveOf, type FigureResults, type FigureRun } from "./figure-results.ts";
import type { Recipe, RecipePlot } from "./recipe.ts";

/** Points of a learning curve that are drawn. */
const drawnPoints = 200;

/** The tables of a recipe, filled. */
export function tablesOf(recipe: Recipe, results: FigureResults, matcher: AtomMatcher): NumberTable[] {
  return recipe.tables.map(({ title, columns, runs, baselines }) => ({
    title,
    columns: columns.map(([heading]) => heading),
    rows: [
      ...runs.map((key) => ({
        name: nameOf(recipe, key),
        cells: columns.map(([, number]) => numberOver(results.runs(key), number)),
      })),
      ...baselines.map(({ name, cells }) => ({
        name,
        baseline: true,
        cells: cells.map((cell) =>
          cell === null ? undefined : spreadOf(valuesOf(cell, { results, names: {}, matcher })),
        ),
      })),
    ],
  }));
}

/** The pictures of a recipe; atoms need a backend in use. */
export async function plotsOf(recipe: Recipe, results: FigureResults, matcher: AtomMatcher): Promise<FigurePlot[]> {
  const plots = await Promise.all(recipe.plots.map((plot) => drawPlot(plot, recipe, results, matcher)));
  return plots.flat();
}

async function drawPlot(
  plot: RecipePlot,
  recipe: Recipe,
  results: FigureResults,
  matcher: AtomMatcher,
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
                    y: spreadOf(valuesOf(reference.value, { results, names: {}, matcher })).mean,
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
        if (run !== undefined) drawn.push(await atomsPlot(`${title}: ${named(key)}`, run, plot.count));
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

async function atomsPlot(title: string, { path, summary }: FigureRun, count: number): Promise<FigurePlot> {
  const { model } = loadModel(path);
  try {
    const { grid = [], utilization, sampleShape } = summary as EvaluatedSummary;
    const atoms = await reportAtoms(model, { grid, ...(sampleShape === undefined ? {} : { sampleShape }) });
    return { kind: "atoms", title, count, atoms, ...(utilization === undefined ? {} : { utilization }) };
  } finally {
    model.dispose();
  }
}
