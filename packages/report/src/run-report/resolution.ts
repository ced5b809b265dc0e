import { type Grid, sizeOf } from "@saeno/backend";
import type { CurvesPlot } from "@saeno/experiments";
import { ascending } from "d3-array";
import type { ReportModel, ReportResolution } from "../data/report-data.ts";
import { drawPlots } from "../figures/figures.ts";
import { type Html, html } from "../page/html.ts";
import { modelLabel } from "../page/legend.ts";
import { formatGrid, formatNumber } from "../page/numbers.ts";
import { defineSection, type ReportSection } from "./section.ts";

export const resolution: ReportSection = defineSection({
  kind: "resolution",
  summary: "Errors on grids other than the training grid: a plot and its table.",
  draw({ models }) {
    const plot = resolutionPlot(models);
    if (plot === undefined) return undefined;
    const names = models.map(({ name }) => name);
    const coarse = models.some(({ resolution = [] }) => resolution.some(({ truncated }) => truncated !== undefined));
    const interpolated = models.some(({ resolution = [] }) =>
      resolution.some(({ interpolatedError }) => interpolatedError !== undefined),
    );
    return {
      title: "Across resolutions",
      reading: [
        "The same models, without further training, on the same samples at other resolutions: a flat line means that a model has learned functions, not pictures of a certain size.",
        interpolated &&
          "Interpolated: the error of reconstructions that the model makes on the grid of the data, interpolated by Fourier series; on a finer grid a model should do no worse than that.",
        coarse &&
          "If a grid is too coarse for some frequencies of a model, these are left out of model and samples alike; the floor beside it is the error that this makes on the samples' own grid.",
      ]
        .filter(Boolean)
        .join(" "),
      body: html`<div class="plots">${drawPlots([plot], names).plots}${table(models)}</div>`,
    };
  },
});

export interface ResolutionPoint {
  readonly grid: Grid;
  /** Points along an axis: the geometric mean over axes. */
  readonly points: number;
  readonly relativeError: number;
  readonly interpolatedError?: number | undefined;
  readonly truncated?: ReportResolution["truncated"] | undefined;
}

/** The errors of a model from the coarsest grid to the finest: those on other grids, and that of its evaluation. None without others. */
export function resolutionPoints({
  evaluation,
  resolution = [],
}: Pick<ReportModel, "evaluation" | "resolution">): ResolutionPoint[] {
  if (resolution.length === 0) return [];
  const own = resolution.some(({ grid }) => grid.join() === evaluation.grid.join()) ? [] : [evaluation];
  return [...own, ...resolution]
    .filter(({ grid }) => grid.length > 0)
    .map((found: ReportResolution) => ({ ...found, points: pointsAlong(found.grid) }))
    .sort((a, b) => ascending(a.points, b.points));
}

function pointsAlong(grid: Grid): number {
  return sizeOf(grid) ** (1 / grid.length);
}

/** Relative error against the grid size, with the training grid. Nothing when no model was evaluated on a grid other than its own. */
export function resolutionPlot(
  models: readonly Pick<ReportModel, "name" | "evaluation" | "resolution" | "trainingGrid">[],
): CurvesPlot | undefined {
  const measured = models
    .map((model) => ({ ...model, curve: resolutionPoints(model) }))
    .filter(({ curve }) => curve.some(({ relativeError }) => Number.isFinite(relativeError)));
  if (measured.length === 0) return undefined;
  const grids = new Map(measured.flatMap(({ curve }) => curve.map(({ points, grid }) => [points, formatGrid(grid)])));
  const trained = measured.map(({ trainingGrid, evaluation }) => trainingGrid ?? evaluation.grid);
  const references = new Map(
    trained.filter(({ length }) => length > 0).map((grid) => [pointsAlong(grid), "training grid"]),
  );
  return {
    kind: "curves",
    title: "Relative error against the grid",
    x: { label: "grid", log: true, ticks: [...grids].map(([value, label]) => ({ value, label })) },
    y: { label: "relative error", zero: true },
    curves: measured.map(({ name, curve }) => ({
      name,
      points: curve.map(({ points, relativeError }) => ({ x: points, y: relativeError })),
    })),
    references: [...references].map(([x, name]) => ({ name, x })),
  };
}

/** An error; where it was measured that of interpolation, and where frequencies were left out the floor that they leave it. */
function errorOn({ relativeError, interpolatedError, truncated }: Partial<ResolutionPoint> = {}): Html {
  const notes = [
    interpolatedError !== undefined && `interpolated ${formatNumber(interpolatedError)}`,
    truncated && `${formatGrid(truncated.modes)} modes, floor ${formatNumber(truncated.floor)}`,
  ].filter(Boolean);
  const error = formatNumber(relativeError);
  return notes.length === 0 ? html`${error}` : html`${error} <small>${notes.join("; ")}</small>`;
}

function table(models: readonly ReportModel[]): Html {
  const curves = models.map(
    (model) => new Map(resolutionPoints(model).map((point) => [formatGrid(point.grid), point])),
  );
  const grids = new Map(curves.flatMap((curve) => [...curve].map(([name, { points }]) => [name, points])));
  const rising = [...grids].sort(([, a], [, b]) => a - b).map(([name]) => name);
  const trained = new Set(models.map(({ trainingGrid, evaluation }) => formatGrid(trainingGrid ?? evaluation.grid)));
  const head = models.map(({ name }, i) => html`<th class="number">${modelLabel(name, i)}</th>`);
  const rows = rising.map((name) => {
    const mark = trained.has(name) ? html` <small>training</small>` : undefined;
    const cells = curves.map((curve) => html`<td class="number">${errorOn(curve.get(name))}</td>`);
    return html`<tr><th>${name}${mark}</th>${cells}</tr>`;
  });
  return html`<div class="scroll"><table><thead><tr><th>grid</th>${head}</tr></thead><tbody>${rows}</tbody></table></div>`;
}
