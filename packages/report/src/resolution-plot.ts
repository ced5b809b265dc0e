import { axisX, dot, line, ruleX, ruleY, text } from "@observablehq/plot";
import { sizeOf } from "@saeno/backend";
import { formatGrid } from "./format-grid.ts";
import { formatTick } from "./format-tick.ts";
import { modelColor } from "./model-color.ts";
import { plotSvg } from "./plot-svg.ts";
import type { ReportModel } from "./report-data.ts";
import { resolutionPoints } from "./resolution-points.ts";

/**
 * Relative error against the grid size, one line a model, the training grid marked, as SVG text. Empty when no model was evaluated
 * on another grid than its own.
 */
export function resolutionPlot(
  models: readonly Pick<ReportModel, "name" | "evaluation" | "resolution" | "trainingGrid">[],
): string {
  const curves = models.map(resolutionPoints);
  const points = curves.flat();
  const errors = points.map(({ relativeError }) => relativeError).filter(Number.isFinite);
  if (errors.length === 0) return "";
  const names = new Map(points.map(({ points, grid }) => [points, formatGrid(grid)]));
  const trained = new Set(
    models
      .filter((_, i) => (curves[i] ?? []).length > 0)
      .map(({ trainingGrid, evaluation }) => trainingGrid ?? evaluation.grid)
      .filter((grid) => grid.length > 0)
      .map((grid) => sizeOf(grid) ** (1 / grid.length)),
  );
  const ends = curves.flatMap((curve, i) => curve.slice(-1).map((end) => ({ ...end, name: models[i]?.name, i })));
  return plotSvg({
    ariaLabel: "relative error against grid size",
    height: 300,
    marginRight: 90,
    marginTop: 32,
    x: {
      type: "log",
      label: "grid",
      inset: 12,
    },
    y: {
      label: "relative error",
      grid: true,
      domain: [0, 1.08 * Math.max(...errors)],
      tickFormat: formatTick,
      ticks: 5,
    },
    marks: [
      axisX([...names.keys()], { text: (points: number) => names.get(points) ?? "" }),
      ruleY([0], { strokeOpacity: 0.4 }),
      ruleX(trained, { strokeDasharray: "4 4", strokeOpacity: 0.6 }),
      text(trained, {
        x: (points: number) => points,
        text: () => "training grid",
        frameAnchor: "top",
        dy: -12,
        fillOpacity: 0.75,
      }),
      curves.map((curve, i) => line(curve, { x: "points", y: "relativeError", stroke: modelColor(i), strokeWidth: 2 })),
      curves.map((curve, i) => dot(curve, { x: "points", y: "relativeError", fill: modelColor(i), r: 4 })),
      ends.map((end) =>
        text([end], {
          x: "points",
          y: "relativeError",
          text: "name",
          textAnchor: "start",
          dx: 10,
          fill: modelColor(end.i),
          fontWeight: 600,
        }),
      ),
    ],
  });
}
