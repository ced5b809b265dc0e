import { formatGrid } from "./format-grid.ts";
import { formatNumber } from "./format-number.ts";
import { formatShare } from "./format-share.ts";
import { type Html, html } from "./html.ts";
import { modelLabel } from "./model-label.ts";
import type { ReportModel } from "./report-data.ts";
import { resolutionPoints } from "./resolution-points.ts";

interface Tile {
  readonly label: string;
  readonly value: (model: ReportModel) => string;
  readonly note?: (model: ReportModel) => string;
}

const errorTile: Tile = {
  label: "Relative error",
  value: ({ evaluation }) => formatNumber(evaluation.relativeError),
};

const codeTiles: readonly Tile[] = [
  {
    label: "Active concepts a sample",
    value: ({ evaluation }) => formatNumber(evaluation.l0),
    note: ({ evaluation }) => `of ${formatNumber(evaluation.utilization.length)}`,
  },
  {
    label: "Concepts in use",
    value: ({ evaluation: { utilization, dead } }) => formatNumber(utilization.length - dead),
    note: ({ evaluation }) => `of ${formatNumber(evaluation.utilization.length)}`,
  },
  { label: "Density of active maps", value: ({ evaluation }) => formatShare(evaluation.density) },
];

/** The few numbers that matter most, in large type: among them the error on the finest grid, where there is one. */
export function keyTiles(models: readonly ReportModel[]): Html {
  const tiles = [errorTile, ...finestGridTile(models), ...codeTiles];
  return html`<div class="tiles">${tiles.map(
    ({ label, value, note }) =>
      html`<div class="tile"><h3>${label}</h3>${models.map(
        (model, i) =>
          html`<div class="tile-row">${models.length > 1 ? modelLabel(model.name, i) : undefined}<b>${value(model)}</b>${
            note === undefined ? undefined : html`<small>${note(model)}</small>`
          }</div>`,
      )}</div>`,
  )}</div>`;
}

function finestGridTile(models: readonly ReportModel[]): Tile[] {
  const [finest] = models.flatMap(resolutionPoints).sort((a, b) => b.points - a.points);
  if (finest === undefined) return [];
  const name = formatGrid(finest.grid);
  const value = (model: ReportModel) =>
    formatNumber(resolutionPoints(model).find(({ grid }) => formatGrid(grid) === name)?.relativeError);
  return [{ label: `Relative error on ${name}`, value }];
}
