import { formatGrid } from "./format-grid.ts";
import { formatNumber } from "./format-number.ts";
import { formatShare } from "./format-share.ts";
import { html } from "./html.ts";
import { median } from "./median.ts";
import { modelLabel } from "./model-label.ts";
import type { ReportModel } from "./report-data.ts";
import type { Section } from "./section.ts";

interface Row {
  readonly label: string;
  readonly meaning: string;
  readonly value: (model: ReportModel) => number;
  readonly format?: (value: number) => string;
  /** Which model is set in bold; none where neither is better. */
  readonly best?: "low" | "high";
}

const rows: readonly Row[] = [
  {
    label: "Relative error",
    meaning: "‖x − x̂‖ / ‖x‖ over all samples",
    value: (m) => m.evaluation.relativeError,
    best: "low",
  },
  { label: "Mean squared error", meaning: "over all entries", value: (m) => m.evaluation.mse, best: "low" },
  { label: "R²", meaning: "share of the variance explained", value: (m) => m.evaluation.r2, best: "high" },
  { label: "Concepts", meaning: "size of the dictionary", value: (m) => m.evaluation.utilization.length },
  {
    label: "Active per sample (L0)",
    meaning: "concepts with an entry other than 0, on average",
    value: (m) => m.evaluation.l0,
  },
  {
    label: "Density",
    meaning: "share of entries other than 0 within active maps",
    value: (m) => m.evaluation.density,
    format: formatShare,
  },
  { label: "Dead concepts", meaning: "active in no sample", value: (m) => m.evaluation.dead, best: "low" },
  {
    label: "Concepts for 90 %",
    meaning: "the fewest that carry 90 % of the code energy",
    value: (m) => m.evaluation.conceptsFor90,
  },
  { label: "Coherence", meaning: "largest |cosine| between two atoms", value: (m) => m.atomStatistics.coherence },
  {
    label: "Hoyer score",
    meaning: "median over atoms; 1 is a single point, 0 is flat",
    value: (m) => median(m.atomStatistics.hoyer),
  },
  {
    label: "Hoyer score of noise",
    meaning: "what Gaussian noise of the same size has",
    value: (m) => m.atomStatistics.hoyerBaseline,
  },
];

/** A table of the numbers of all models. */
export function keyNumbers(models: readonly ReportModel[]): Section {
  const body = html`<div class="scroll"><table><thead><tr><th></th>${models.map(
    ({ name }, i) => html`<th class="number">${modelLabel(name, i)}</th>`,
  )}<th class="meaning">what it is</th></tr></thead><tbody>${rows.map((row) => tableRow(row, models))}</tbody></table></div>`;
  const undefinedNumbers = rows.some(({ value }) => models.some((model) => !Number.isFinite(value(model))));
  return {
    id: "numbers",
    title: "Key numbers",
    reading: `Measured on ${measuredOn(models)}. ${models.length > 1 ? "The best of a row is in bold." : ""} ${
      undefinedNumbers ? "A dash stands for what is not a number." : ""
    }`.trim(),
    body,
  };
}

function tableRow({ label, meaning, value, format = formatNumber, best }: Row, models: readonly ReportModel[]) {
  const values = models.map(value);
  const sign = best === "low" ? 1 : -1;
  const finite = values.filter(Number.isFinite).map((number) => sign * number);
  const leading = best === undefined || new Set(values).size < 2 ? undefined : sign * Math.min(...finite);
  const cells = values.map((number) => {
    const text = format(number);
    return html`<td class="number">${number === leading ? html`<b>${text}</b>` : text}</td>`;
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
