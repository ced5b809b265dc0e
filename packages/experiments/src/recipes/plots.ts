import { sizeOf } from "@saeno/backend";
import { conceptsInUse } from "@saeno/metrics";
import { mean } from "d3-array";
import * as v from "valibot";
import { runNumber } from "../run/run-numbers.ts";
import { shownAtoms } from "../run/shown-atoms.ts";
import { loadModel } from "../runs/load-run.ts";
import { spreadOf } from "../sweep/spread.ts";
import { expression } from "./expressions.ts";
import type { Curve, CurvesPlot, FigurePlot, PlotAxis } from "./figure-plot-data.ts";
import { curveNames, curveOf, type FigureResults, type FigureRun } from "./figure-results.ts";

/** A picture of a figure. */
export interface RecipePlot {
  /** The runs that it shows. */
  readonly runs: readonly string[];
  draw(context: PlotContext): Promise<FigurePlot[]>;
}

export interface PlotContext {
  readonly results: FigureResults;
  /** What a run is called in pictures. */
  nameOf(run: string): string;
}

/** Points of a learning curve that are drawn. */
const drawnPoints = 200;

const titled = { kind: v.string(), title: v.string() };
const ofRuns = { ...titled, runs: v.pipe(v.array(v.string()), v.minLength(1)) };
const atomNumbers = v.picklist(["cosineSample", "hoyerScores"]);

/** The kinds of plots: what each takes beside its title, and how it is drawn. */
const kinds: Readonly<Record<string, v.GenericSchema<unknown, RecipePlot>>> = {
  resolution: plotOfRuns(
    // Of those in `interpolated` also the error of reconstructions on the grid of the data, interpolated.
    v.strictObject({ ...ofRuns, interpolated: v.optional(v.array(v.string()), []) }),
    ({ title, runs, interpolated }, context) => {
      const axes: [PlotAxis, PlotAxis] = [{ label: "points on an axis", log: true }, { label: "relative error" }];
      const own = curves(title, axes, runs, context, resolution("relativeError"));
      const others = curves(title, axes, interpolated, context, resolution("interpolatedError")).curves;
      const dashed = others.map((curve) => ({ ...curve, name: `${curve.name}, interpolated`, dashed: true }));
      return { ...own, curves: [...own.curves, ...dashed] };
    },
  ),
  /** A number of the runs over what tells them apart, such as a number of concepts. */
  levels: plotKind(
    v.strictObject({
      ...titled,
      number: v.string(),
      label: v.string(),
      x: v.string(),
      log: v.optional(v.boolean(), false),
      /** By name of the curve, runs by their place on the x axis. */
      groups: v.record(v.string(), v.record(v.pipe(v.string(), v.decimal()), v.string())),
    }),
    ({ groups }) => Object.values(groups).flatMap(Object.values<string>),
    ({ title, number, label, x, log, groups }, { results }) => {
      const at = (place: string, key: string) => {
        const values = results.runs(key).map(({ summary }) => runNumber(summary, number));
        return { x: Number(place), y: spreadOf(values) };
      };
      const curves = Object.entries(groups).map(([name, places]) => ({
        name,
        points: Object.entries(places)
          .map(([place, key]) => at(place, key))
          .filter(({ y }) => y.count > 0)
          .sort((a, b) => a.x - b.x),
      }));
      const ticks = [...new Set(curves.flatMap(({ points }) => points.map((point) => point.x)))];
      const axis = { label: x, log: true, ticks: ticks.map((value) => ({ value, label: String(value) })) };
      return { kind: "curves", title, x: axis, y: { label, log, zero: !log }, curves };
    },
  ),
  rotation: plotOfRuns(v.strictObject(ofRuns), ({ title, runs }, context) =>
    curves(title, [{ label: "degrees" }, { label: "relative rise of the squared error" }], runs, context, rotation),
  ),
  history: plotOfRuns(
    v.strictObject({ ...ofRuns, curve: v.picklist(curveNames), log: v.optional(v.boolean(), true) }),
    ({ title, runs, curve, log }, context) => {
      const labels = { loss: "mean squared error", relativeError: "relative error", recoveryError: "recovery error" };
      const points = (run: FigureRun) => thinned(curveOf(run, curve).map(({ step, value }) => ({ x: step, y: value })));
      return curves(title, [{ label: "step" }, { label: labels[curve], log }], runs, context, points);
    },
  ),
  histogram: plotOfRuns(
    v.strictObject({ ...ofRuns, of: atomNumbers, label: v.string() }),
    ({ title, label, of, runs }, { results, nameOf }) => ({
      kind: "histograms",
      title,
      label,
      groups: runs.map((key) => ({
        name: nameOf(key),
        values: results.runs(key).flatMap((run) => atomValues(run, of)),
      })),
    }),
  ),
  utilization: plotOfRuns(v.strictObject(ofRuns), ({ title, runs }, { results, nameOf }) => ({
    kind: "sorted",
    title,
    x: "share of concepts",
    y: { label: "share of samples" },
    normalized: true,
    curves: runs.map((key) => ({ name: nameOf(key), values: meanUtilization(results.runs(key)) })),
  })),
  atoms: plotOfRuns(
    v.strictObject({ ...ofRuns, count: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)), 16) }),
    async ({ title, runs, count }, { results, nameOf }) => {
      const drawn: FigurePlot[] = [];
      for (const key of runs) {
        const run = results.run(key, 0);
        if (run === undefined) continue;
        const { model } = await loadModel(results.store, run.place);
        const { utilization } = run.summary;
        const atoms = await shownAtoms(model, run.summary).finally(() => model.dispose());
        drawn.push({ kind: "atoms", title: `${title}: ${nameOf(key)}`, count, atoms, utilization });
      }
      return drawn;
    },
  ),
  distributions: plotKind(
    v.strictObject({
      ...titled,
      of: v.literal("hoyerScores"),
      label: v.string(),
      x: v.string(),
      /** By name of the group, runs by their place on the x axis. */
      groups: v.record(v.string(), v.record(v.string(), v.string())),
      reference: v.optional(v.strictObject({ name: v.string(), value: expression })),
    }),
    ({ groups, reference }) => [
      ...Object.values(groups).flatMap(Object.values<string>),
      ...(reference?.value.runs ?? []),
    ],
    async ({ title, label, x, of, groups, reference }, { results }) => ({
      kind: "distributions",
      title,
      label,
      x,
      groups: Object.entries(groups).map(([name, boxes]) => ({
        name,
        boxes: Object.entries(boxes).map(([place, key]) => ({
          x: place,
          values: results.runs(key).flatMap((run) => atomValues(run, of)),
        })),
      })),
      ...(reference && {
        references: [{ name: reference.name, y: spreadOf(await reference.value.values({ results })).mean }],
      }),
    }),
  ),
};

/** Reads a plot as it stands in a recipe. */
export const plot: v.GenericSchema<unknown, RecipePlot> = v.lazy((written) => {
  const kind = typeof written === "object" && written !== null && "kind" in written ? written.kind : undefined;
  if (typeof kind === "string" && Object.hasOwn(kinds, kind)) return kinds[kind];
  return v.never(`"kind" must be one of ${Object.keys(kinds).join(", ")}`);
});

/** Of concepts in use: their scores, or a sample of the cosines between them. */
function atomValues({ summary }: FigureRun, of: v.InferOutput<typeof atomNumbers>): readonly number[] {
  const { hoyerScores = [], cosineSample = [] } = summary.atoms ?? {};
  return of === "cosineSample" ? cosineSample : conceptsInUse(summary).map((k) => hoyerScores[k] ?? Number.NaN);
}

type Draw<P> = (plot: P, context: PlotContext) => FigurePlot | FigurePlot[] | Promise<FigurePlot | FigurePlot[]>;

function plotKind<P>(
  schema: v.GenericSchema<unknown, P>,
  runsOf: (plot: P) => readonly string[],
  draw: Draw<P>,
): v.GenericSchema<unknown, RecipePlot> {
  return v.pipe(
    schema,
    v.transform(
      (written): RecipePlot => ({
        runs: runsOf(written),
        draw: async (context) => [await draw(written, context)].flat(),
      }),
    ),
  );
}

/** A plot of a list of runs. */
function plotOfRuns<P extends { readonly runs: readonly string[] }>(
  schema: v.GenericSchema<unknown, P>,
  draw: Draw<P>,
): v.GenericSchema<unknown, RecipePlot> {
  return plotKind(schema, ({ runs }) => runs, draw);
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** A curve for each run: of several seeds, which have the same x, as one with a spread. */
function curves(
  title: string,
  [x, y]: readonly [PlotAxis, PlotAxis],
  keys: readonly string[],
  { results, nameOf }: PlotContext,
  pointsOf: (run: FigureRun) => readonly Point[],
): CurvesPlot {
  const curveOver = (key: string): Curve => {
    const seeds = results.runs(key).map(pointsOf);
    const [first = []] = seeds;
    const at = (i: number) => spreadOf(seeds.map((points) => points[i]?.y).filter((value) => value !== undefined));
    return { name: nameOf(key), points: first.map(({ x: position }, i) => ({ x: position, y: at(i) })) };
  };
  return { kind: "curves", title, x, y, curves: keys.map(curveOver) };
}

function resolution(of: "relativeError" | "interpolatedError"): (run: FigureRun) => Point[] {
  return ({ summary }) =>
    summary.resolution
      .map(({ grid, [of]: error = Number.NaN }) => ({ x: sizeOf(grid) ** (1 / grid.length), y: error }))
      .sort((a, b) => a.x - b.x);
}

function rotation({ summary }: FigureRun): Point[] {
  return [{ x: 0, y: 0 }, ...summary.rotation.map(({ degrees, rise = Number.NaN }) => ({ x: degrees, y: rise }))];
}

function thinned(points: readonly Point[]): Point[] {
  const stride = Math.ceil(points.length / drawnPoints);
  return points.filter((_, i) => i % stride === 0 || i === points.length - 1);
}

/** Sorted use of each run, averaged over runs: the first with the first. */
function meanUtilization(found: readonly FigureRun[]): number[] {
  const sorted = found.map(({ summary }) => summary.utilization.toSorted((a, b) => b - a));
  return (sorted[0] ?? []).map((_, k) => mean(sorted, (values) => values[k] ?? 0) ?? 0);
}
