import { figureColors } from "./figure-colors.ts";
import { figurePlot } from "./figure-plot.ts";
import { foldedJson } from "./folded-json.ts";
import { type Html, html } from "./html.ts";
import { numberTable } from "./number-table.ts";
import type { FailedRun, ReproducedFigure } from "./reproduction-data.ts";
import type { Section } from "./section.ts";
import { checkTable, settingChecks } from "./setting-checks.ts";
import { verdictBadge } from "./verdict-badge.ts";
import { verdictNote } from "./verdict-note.ts";

/** What became of a figure: the claim and the verdict, pictures, numbers, checks, and how it was done. */
export function figureSection(figure: ReproducedFigure, id: string): Section {
  const { source = "The paper", plots, tables, settings, observations = [] } = figure;
  const { setup, rule, notes = [], failed = [], config } = figure;
  const colors = figureColors(plots);
  const pictures = plots.map((plot) => figurePlot(plot, colors));
  return {
    id,
    title: `Figure ${figure.id}: ${figure.title}`,
    reading: `${source}: ${figure.claim}`,
    body: html`<p class="verdict">${verdictBadge(figure.verdict)} ${verdictNote(figure).join(" ")}</p>
${pictures.length === 0 ? undefined : html`<div class="plots">${pictures}</div>`}
${tables.map((table) => numberTable(table, colors))}
${part("Checks", settings.map(settingChecks))}
${part("Beside the claim", observations.length === 0 ? [] : [checkTable(observations)])}
${part("How the verdict is found", paragraphs(rule === "" ? [] : [rule]))}
${part("Setup", setup.length === 0 ? [] : [html`<p>${setup.join(" ")}</p>`])}
${part("Notes", paragraphs(notes))}
${part("Runs that failed", failed.length === 0 ? [] : [failedRuns(failed)])}
${foldedJson(config, "The recipe as JSON")}`,
  };
}

function part(title: string, body: readonly Html[]): Html | undefined {
  return body.length === 0 ? undefined : html`<div class="part"><h3>${title}</h3>${body}</div>`;
}

function paragraphs(texts: readonly string[]): Html[] {
  return texts.map((text) => html`<p>${text}</p>`);
}

function failedRuns(failed: readonly FailedRun[]): Html {
  return html`<ul class="failed">${failed.map(({ run, error }) => html`<li><b>${run}</b> ${error}</li>`)}</ul>`;
}
