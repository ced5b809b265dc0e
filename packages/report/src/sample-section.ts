import { colorLegend } from "./color-legend.ts";
import { type Html, html } from "./html.ts";
import { pictureNotes } from "./picture-notes.ts";
import type { ReportModel } from "./report-data.ts";
import { sampleFunction } from "./sample-function.ts";
import { samplePanel } from "./sample-panel.ts";
import type { Section } from "./section.ts";

/** Samples taken apart: what went in, what came out, what is missing, and which concepts made it. Nothing without samples. */
export function sampleSection(models: readonly ReportModel[]): Section | undefined {
  const count = Math.max(0, ...models.map(({ samples = [] }) => samples.length));
  if (count === 0) return undefined;
  const panels = Array.from({ length: count }, (_, s) => {
    const rows = models.flatMap((model, m) => {
      const sample = model.samples?.[s];
      return sample === undefined ? [] : [samplePanel(model, m, sample)];
    });
    return html`<div class="sample"><h3>Sample ${s + 1}</h3>${rows}</div>`;
  });
  return {
    id: "samples",
    title: "Samples taken apart",
    reading:
      "Input and reconstruction share one color scale; the residual, input minus reconstruction, is drawn twice as strong. Beside them the active concepts: where each is active (bright points, on a faint picture of the input), its atom, and its share of the code's energy.",
    body: html`${legends(models)}${panels}`,
  };
}

function legends(models: readonly ReportModel[]): Html | undefined {
  const model = models.find(({ samples = [] }) => samples.length > 0);
  const [sample] = model?.samples ?? [];
  if (model === undefined || sample === undefined) return undefined;
  const field = sampleFunction(sample.input, sample, model.atoms);
  const legend =
    field.grid.length < 2
      ? undefined
      : [
          field.channels === 1 ? colorLegend("diverging", "residual −", "+") : undefined,
          sample.concepts.some(({ map }) => map.length > 1) ? colorLegend("points", "map: weak", "strong") : undefined,
        ];
  return html`<p class="note">${legend} ${pictureNotes(field).join(" ")} ${
    field.grid.length === 3 ? "Of maps the largest value along the first axis." : undefined
  }</p>`;
}
