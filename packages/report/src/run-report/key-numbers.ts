import { greatest, least, median } from "d3-array";
import type { ReportModel } from "../data/report-data.ts";
import { type Html, html } from "../page/html.ts";
import { modelLabel } from "../page/legend.ts";
import { formatGrid, formatNumber, formatShare } from "../page/numbers.ts";
import { resolutionPoints } from "./resolution.ts";
import { defineSection, type ReportSection } from "./section.ts";

type Row = readonly [
  label: string,
  meaning: string,
  value: (model: ReportModel) => number | undefined,
  /** Which value is the best and set in bold; none is where it depends. */
  best?: typeof least | typeof greatest | undefined,
  format?: (value: number | undefined) => string,
];

const rows: readonly Row[] = [
  ["Relative error", "‖x − x̂‖ / ‖x‖ over all samples", (m) => m.evaluation.relativeError, least],
  ["Mean squared error", "over all entries", (m) => m.evaluation.mse, least],
  ["R²", "share of the variance explained", (m) => m.evaluation.r2, greatest],
  ["Concepts", "size of the dictionary", (m) => m.evaluation.utilization.length],
  ["Active per sample (L0)", "concepts with a nonzero entry, on average", (m) => m.evaluation.l0],
  ["Density", "nonzero entries of active maps", (m) => m.evaluation.density, undefined, formatShare],
  ["Dead concepts", "active in no sample", (m) => m.evaluation.dead, least],
  ["Concepts for 90%", "the fewest that carry 90% of the code's energy", (m) => m.evaluation.conceptsFor90],
  ["Coherence", "largest |cosine| between two atoms", (m) => m.atomStatistics.coherence],
  ["Hoyer score", "median over atoms; 1 is a single point, 0 is flat", (m) => median(m.atomStatistics.hoyer)],
  ["Hoyer score of noise", "for Gaussian noise of the same size", (m) => m.atomStatistics.hoyerBaseline],
];

export const keyNumbers: ReportSection = defineSection({
  kind: "numbers",
  summary: "A table of the numbers of all models.",
  draw({ models }) {
    if (models.length === 0) return undefined;
    const missing = rows.some(([, , value]) => models.some((model) => !Number.isFinite(value(model))));
    const reading = [
      `Measured on ${measuredOn(models)}.`,
      models.length > 1 && "The best in a row is in bold.",
      missing && "A dash stands for a value that is not a number.",
    ];
    return { title: "Key numbers", reading: reading.filter(Boolean).join(" "), body: table(models) };
  },
});

function table(models: readonly ReportModel[]): Html {
  const names = models.map(({ name }, i) => html`<th class="number">${modelLabel(name, i)}</th>`);
  return html`<div class="scroll"><table><thead><tr><th></th>${names}<th class="meaning">what it is</th></tr></thead><tbody>${rows.map(
    (row) => tableRow(row, models),
  )}</tbody></table></div>`;
}

function tableRow([label, meaning, value, best, format = formatNumber]: Row, models: readonly ReportModel[]): Html {
  const values = models.map(value);
  const leading = new Set(values).size > 1 ? best?.(values.filter((number) => Number.isFinite(number))) : undefined;
  const cells = values.map((number) => {
    const text = format(number);
    const bold = number !== undefined && number === leading;
    return html`<td class="number">${bold ? html`<b>${text}</b>` : text}</td>`;
  });
  return html`<tr><th>${label}</th>${cells}<td class="meaning">${meaning}</td></tr>`;
}

function measuredOn(models: readonly ReportModel[]): string {
  const sets = models.map(({ name, evaluation: { samples, grid } }) => ({
    name,
    text: `${formatNumber(samples)} samples ${grid.length === 0 ? "as vectors" : `on a grid of ${formatGrid(grid)}`}`,
  }));
  const different = new Set(sets.map(({ text }) => text)).size > 1;
  return different ? sets.map(({ name, text }) => `${text} (${name})`).join(", ") : (sets[0]?.text ?? "no samples");
}

interface Tile {
  readonly label: string;
  readonly value: (model: ReportModel) => string;
  readonly note?: (model: ReportModel) => string;
}

const ofAll = ({ evaluation }: ReportModel) => `of ${formatNumber(evaluation.utilization.length)}`;

const codeTiles: readonly Tile[] = [
  { label: "Active concepts per sample", value: ({ evaluation }) => formatNumber(evaluation.l0), note: ofAll },
  {
    label: "Concepts in use",
    value: ({ evaluation: { utilization, dead } }) => formatNumber(utilization.length - dead),
    note: ofAll,
  },
  { label: "Density of active maps", value: ({ evaluation }) => formatShare(evaluation.density) },
];

/** The few numbers that matter most, in large type; among them the error on the finest grid, where there is one. */
export function keyTiles(models: readonly ReportModel[]): Html {
  const error: Tile = {
    label: "Relative error",
    value: ({ evaluation }) => formatNumber(evaluation.relativeError),
  };
  const tiles = [error, ...finestGridTile(models), ...codeTiles].map(({ label, value, note }) => {
    const numbers = models.map((model, i) => {
      const name = models.length > 1 ? modelLabel(model.name, i) : undefined;
      const small = note === undefined ? undefined : html`<small>${note(model)}</small>`;
      return html`<div class="tile-row">${name}<b>${value(model)}</b>${small}</div>`;
    });
    return html`<div class="tile"><h3>${label}</h3>${numbers}</div>`;
  });
  return html`<div class="tiles">${tiles}</div>`;
}

function finestGridTile(models: readonly ReportModel[]): Tile[] {
  const finest = greatest(models.flatMap(resolutionPoints), ({ points }) => points);
  if (finest === undefined) return [];
  const name = formatGrid(finest.grid);
  const value = (model: ReportModel) =>
    formatNumber(resolutionPoints(model).find(({ grid }) => formatGrid(grid) === name)?.relativeError);
  return [{ label: `Relative error on ${name}`, value }];
}
