import { greatest, least, mean, median } from "d3-array";
import type { ReportModel } from "../data/report-data.ts";
import { type Html, html } from "../page/html.ts";
import { modelLabel } from "../page/legend.ts";
import { formatCount, formatGrid, formatNumber, formatShare } from "../page/numbers.ts";
import { budgetOf, numbersOfSample, useOf } from "./code-use.ts";
import { deadStatistics, inUseStatistics } from "./distributions.ts";
import { resolutionPoints } from "./resolution.ts";
import { defineSection, type ReportSection } from "./section.ts";

interface Row {
  readonly label: string;
  readonly meaning: string;
  readonly value: (model: ReportModel) => number | undefined;
  /** The same of dead concepts, shown beside it. */
  readonly ofDead?: (model: ReportModel) => number | undefined;
  /** Which value is the best and set in bold; none is where it depends. */
  readonly best?: typeof least | typeof greatest;
  readonly format?: (value: number | undefined) => string;
  /** Left out where no model has it. */
  readonly rare?: boolean;
}

const allRows: readonly Row[] = [
  {
    ...{ label: "Relative error", meaning: "‖x − x̂‖ / ‖x‖ over all samples" },
    ...{ value: (m) => m.evaluation.relativeError, best: least },
  },
  { label: "Mean squared error", meaning: "over all entries", value: (m) => m.evaluation.mse, best: least },
  { label: "R²", meaning: "share of the variance explained", value: (m) => m.evaluation.r2, best: greatest },
  { label: "Concepts", meaning: "size of the dictionary", value: (m) => m.evaluation.utilization.length },
  {
    ...{ label: "Active per sample (L0)", meaning: "concepts with a nonzero entry, on average" },
    value: (m) => m.evaluation.l0,
  },
  {
    ...{ label: "Density", meaning: "nonzero entries of active maps" },
    ...{ value: (m) => m.evaluation.density, format: formatShare },
  },
  {
    ...{ label: "Budget", meaning: "nonzero entries of a code, as a share of the numbers of a sample" },
    ...{ value: budgetOf, format: formatShare },
  },
  {
    ...{ label: "Numbers of a code", meaning: "those entries, on average" },
    value: (m) => m.evaluation.codeEntries,
  },
  {
    ...{ label: "Dead concepts", meaning: "active in none of these samples" },
    ...{ value: (m) => m.evaluation.dead, best: least },
  },
  {
    ...{ label: "Selective concepts", meaning: "share of those in use that are active in 1 to 60% of the samples" },
    ...{ value: (m) => useOf(m).selective, best: greatest, format: formatShare },
  },
  {
    ...{ label: "Always on", meaning: "concepts active in more than 90% of the samples" },
    ...{ value: (m) => useOf(m).alwaysOn, best: least },
  },
  {
    ...{ label: "Effective concepts", meaning: "how many, used equally often, would have the same entropy of use" },
    value: (m) => useOf(m).effectiveConcepts,
  },
  {
    ...{ label: "AUC with labels", meaning: "median over concepts in use, each with the class it tells best" },
    ...{ value: (m) => m.evaluation.labels?.auc.median, best: greatest, rare: true },
  },
  {
    ...{ label: "Stability", meaning: "mean over other runs of how alike concepts are, weighted by energy" },
    ...{ value: (m) => mean(m.evaluation.stability ?? [], ({ weighted }) => weighted), best: greatest, rare: true },
  },
  {
    ...{ label: "Concepts for 90%", meaning: "the fewest that carry 90% of the code's energy" },
    value: (m) => m.evaluation.conceptsFor90,
  },
  {
    ...{ label: "Coherence", meaning: "largest |cosine| between two atoms of concepts in use" },
    value: (m) => inUseStatistics(m).coherence,
    ofDead: (m) => (m.evaluation.dead > 1 ? deadStatistics(m).coherence : undefined),
  },
  {
    ...{ label: "Hoyer score", meaning: "median over concepts in use; 1 is a single point, 0 is flat" },
    value: (m) => median(inUseStatistics(m).hoyer),
    ofDead: (m) => median(deadStatistics(m).hoyer),
  },
  {
    ...{ label: "Hoyer score of noise", meaning: "for Gaussian noise of the same size" },
    value: (m) => m.atomStatistics.hoyerBaseline,
  },
];

export const keyNumbers: ReportSection = defineSection({
  kind: "numbers",
  summary: "A table of the numbers of all models.",
  draw({ models }) {
    if (models.length === 0) return undefined;
    const rows = allRows.filter(({ value, rare }) => !rare || models.some((model) => value(model) !== undefined));
    const missing = rows.some(({ value }) => models.some((model) => !Number.isFinite(value(model))));
    const reading = [
      `Measured on ${measuredOn(models)}.`,
      models.length > 1 && "The best in a row is in bold.",
      missing && "A dash stands for a value that is not a number.",
    ];
    return { title: "Key numbers", reading: reading.filter(Boolean).join(" "), body: table(rows, models) };
  },
});

function table(rows: readonly Row[], models: readonly ReportModel[]): Html {
  const names = models.map(({ name }, i) => html`<th class="number">${modelLabel(name, i)}</th>`);
  return html`<div class="scroll"><table><thead><tr><th></th>${names}<th class="meaning">what it is</th></tr></thead><tbody>${rows.map(
    (row) => tableRow(row, models),
  )}</tbody></table></div>`;
}

function tableRow(row: Row, models: readonly ReportModel[]): Html {
  const { label, meaning, value, ofDead, best, format = formatNumber } = row;
  const values = models.map(value);
  const leading = new Set(values).size > 1 ? best?.(values.filter((number) => Number.isFinite(number))) : undefined;
  const cells = values.map((number, i) => {
    const text = format(number);
    const bold = number !== undefined && number === leading;
    const dead = ofDead?.(models[i]);
    const beside = dead === undefined ? undefined : html` <small>dead ${format(dead)}</small>`;
    return html`<td class="number">${bold ? html`<b>${text}</b>` : text}${beside}</td>`;
  });
  return html`<tr><th>${label}</th>${cells}<td class="meaning">${meaning}</td></tr>`;
}

function measuredOn(models: readonly ReportModel[]): string {
  const sets = models.map(({ name, evaluation: { samples, grid, measuredOn = "" } }) => ({
    name,
    text: `${measuredOn || formatCount(samples, "sample")}, ${grid.length === 0 ? "as vectors" : `on a grid of ${formatGrid(grid)}`}`,
  }));
  const different = new Set(sets.map(({ text }) => text)).size > 1;
  return different ? sets.map(({ name, text }) => `${text} (${name})`).join("; ") : (sets[0]?.text ?? "no samples");
}

interface Tile {
  readonly label: string;
  readonly value: (model: ReportModel) => string;
  readonly note?: (model: ReportModel) => string;
}

const codeTiles: readonly Tile[] = [
  {
    label: "Concepts in use",
    value: ({ evaluation: { utilization, dead } }) => formatNumber(utilization.length - dead),
    note: ({ evaluation: { utilization, l0 } }) =>
      `of ${formatNumber(utilization.length)}; ${formatNumber(l0)} in a sample`,
  },
  {
    label: "Selective concepts",
    value: (model) => formatShare(useOf(model).selective),
    note: (model) => `of those in use; ${formatNumber(useOf(model).alwaysOn)} always on`,
  },
  {
    label: "Budget of a code",
    value: (model) => formatShare(budgetOf(model)),
    note: (model) => `of ${formatCount(numbersOfSample(model), "number")}`,
  },
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
