import { type Html, html } from "../page/html.ts";
import { modelLabel } from "../page/legend.ts";
import { answersFor, type Finding } from "./answers.ts";
import { defineSection, type ReportSection } from "./section.ts";

export const trust: ReportSection = defineSection({
  kind: "trust",
  summary: "Whether the numbers can be trusted: baselines, floors, new samples, dead concepts, what a code costs.",
  draw({ models }) {
    const rows = answersFor(models);
    // What every evaluation says is no reason for a box.
    if (!models.some(({ evaluation, training }) => evaluation.baselines ?? training)) return undefined;
    const names = models.map(({ name }, i) => html`<th>${modelLabel(name, i)}</th>`);
    const body = rows.map(
      ({ asks, findings }) =>
        html`<tr><th>${asks}</th>${findings.map((finding) => html`<td>${cell(finding)}</td>`)}</tr>`,
    );
    return {
      title: "Can I trust it?",
      reading: "What to know before believing the numbers above; what deserves a look is marked.",
      body: html`<div class="scroll"><table class="trust"><thead><tr><th></th>${names}</tr></thead><tbody>${body}</tbody></table></div>`,
    };
  },
});

const words = { pass: "fine", partly: "look", fail: "beware" } as const;

function cell(finding: Finding | undefined): Html {
  if (finding === undefined) return html`–`;
  const { text, look, notes = [] } = finding;
  const badge = look === undefined ? undefined : html` <span class="badge ${look}">${words[look]}</span>`;
  return html`${text}${badge}<small>${notes.filter(Boolean).join(" ")}</small>`;
}
