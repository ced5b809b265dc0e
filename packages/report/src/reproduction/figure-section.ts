import type {
  FailedRun,
  FigureCheck,
  FigureSetting,
  FigureVerdict,
  NumberTable,
  ReproducedFigure,
} from "@saeno/experiments";
import { drawPlots } from "../figures/figures.ts";
import { type Html, html } from "../page/html.ts";
import { modelLabel } from "../page/legend.ts";
import { seedsNote, spreadElement } from "../page/numbers.ts";
import { foldedJson, type Section } from "../page/page.ts";
import { passBadge, senseLabels, tableColumns, verdictBadge, verdictNote } from "./verdicts.ts";

/** The reproduction of a figure: the claim and the verdicts, plots, numbers, checks, and how it was done. */
export function figureSection(figure: ReproducedFigure, id: string): Section {
  const { source = "The paper", tables, verdicts, observations = [] } = figure;
  const { setup, notes = [], failed = [], config } = figure;
  const { plots, colors } = drawPlots(figure.plots);
  return {
    id,
    title: `Figure ${figure.id}: ${figure.title}`,
    reading: `${source}: ${figure.claim}`,
    body: html`${verdicts.map(verdictLine)}
${plots.length === 0 ? undefined : html`<div class="plots">${plots}</div>`}
${tables.map((table) => numberTable(table, colors))}
${verdicts.map(decided)}
${part("Beyond the claim", observations.length === 0 ? [] : [checkTable(observations)])}
${part("Setup", setup.length === 0 ? [] : [html`<p>${setup.join(" ")}</p>`])}
${part("Notes", paragraphs(notes))}
${part("Failed runs", failed.length === 0 ? [] : [failedRuns(failed)])}
${foldedJson(config, "The recipe as JSON")}`,
  };
}

function verdictLine(given: FigureVerdict): Html {
  return html`<p class="verdict"><span class="sense">${senseLabels.get(given.sense)}</span> ${verdictBadge(given.verdict)} ${verdictNote(given)}</p>`;
}

/** What decided a verdict: its rule, and the checks of each setting. */
function decided({ sense, rule, settings }: FigureVerdict): Html | undefined {
  return part(`${senseLabels.get(sense)}: the rule and its checks`, [
    ...paragraphs(rule === "" ? [] : [rule]),
    ...settings.map(settingChecks),
  ]);
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

/** A table of numbers with their ranges, baselines marked; rows named as curves have their color. */
function numberTable(table: NumberTable, colors: ReadonlyMap<string, number>): Html {
  const { title, unit, rows } = table;
  const columns = tableColumns(table);
  const note = [unit, seedsNote(rows.flatMap(({ cells }) => cells))].filter(Boolean).join(", ");
  const heading = html`<h3>${title}${note === "" ? undefined : html` <small>${note}</small>`}</h3>`;
  if (rows.length === 0) return html`<div class="numbers">${heading}<p class="note">There are no numbers.</p></div>`;
  const head = columns.map((column) => html`<th class="number">${column}</th>`);
  const body = rows.map(({ name, cells, baseline = false }) => {
    const color = colors.get(name);
    const label = color === undefined ? name : modelLabel(name, color);
    const tag = baseline ? html` <span class="tag">baseline</span>` : undefined;
    const numbers = columns.map((_, i) => html`<td class="number">${spreadElement(cells[i])}</td>`);
    return html`<tr class="${baseline ? "baseline" : "result"}"><th>${label}${tag}</th>${numbers}</tr>`;
  });
  return html`<div class="numbers">${heading}<div class="scroll"><table class="${columns.length > 3 ? "many" : "few"}"><thead><tr><th></th>${head}</tr></thead><tbody>${body}</tbody></table></div></div>`;
}

/** The checks of a setting, each with its number, its bound and whether it passed. */
function settingChecks({ name, passed, checks }: FigureSetting): Html {
  const table = checks.length === 0 ? html`<p class="note">There are no checks.</p>` : checkTable(checks);
  return html`<div class="setting"><h4>${name} ${passBadge(passed)}</h4>${table}</div>`;
}

function checkTable(checks: readonly FigureCheck[]): Html {
  const rows = checks.map(
    ({ says, value, bound, passed }) =>
      html`<tr><td>${passBadge(passed)}</td><td class="wrap">${says}</td><td class="number">${spreadElement(value, 4)}</td><td class="bound">${bound}</td></tr>`,
  );
  return html`<div class="scroll"><table><thead><tr><th></th><th>Check</th><th class="number">Measured</th><th>Bound</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}
