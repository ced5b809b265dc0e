import type { FigureVerdict, ReproducedFigure, ReproductionData, Sense } from "@saeno/experiments";
import { type Html, html } from "../page/html.ts";
import { spreadElement } from "../page/numbers.ts";
import { pageText } from "../page/page.ts";
import { figureSection } from "./figure-section.ts";
import { figureAnchors, keyCheck, sensesOf, verdictBadge, verdictIn, verdictNote, verdicts } from "./verdicts.ts";

/**
 * One page about the reproduction of a paper's figures: the verdicts, and for each figure its claim, plots, numbers and checks. HTML
 * that carries its own pictures and style, and needs neither a network nor scripts. What is not a number is shown as missing.
 *
 * @throws SaenoError `report.atoms` if the size of atoms does not match their shape; `component.unknown`, `config.value` for a plot of
 *   no known kind or with options that its kind does not take.
 */
export function renderReproduction({ title, summary, figures }: ReproductionData): string {
  const anchors = figureAnchors(figures);
  const sections = figures.map((figure, i) => figureSection(figure, anchors[i]));
  return pageText({ title, eyebrow: "saeno reproduction", summary, head: verdictTable(figures, anchors), sections });
}

/** All figures with their verdicts and the number that says most of each, linked to their sections, under counts of the verdicts. */
function verdictTable(figures: readonly ReproducedFigure[], anchors: readonly string[]): Html {
  if (figures.length === 0) return html`<p class="note">There are no figures.</p>`;
  const senses = sensesOf(figures);
  const rows = figures.map((figure, i) => {
    const cells = senses.map(([sense]) => html`<td>${verdictCell(verdictIn(figure, sense))}</td>`);
    return html`<tr><th><a href="#${anchors[i]}">${figure.id}</a></th><td><a href="#${anchors[i]}">${figure.title}</a></td>${cells}</tr>`;
  });
  const heads = senses.map(([, label]) => html`<th>${label}</th>`);
  return html`${senses.map(([sense, label]) => counts(figures, sense, label))}<div class="scroll"><table class="verdicts"><thead><tr><th>Figure</th><th>What it shows</th>${heads}</tr></thead><tbody>${rows}</tbody></table></div>`;
}

/** How many figures have each verdict. */
function counts(figures: readonly ReproducedFigure[], sense: Sense, label: string): Html {
  const found = figures.map((figure) => verdictIn(figure, sense)?.verdict);
  const items = verdicts
    .map((verdict) => ({ verdict, count: found.filter((each) => each === verdict).length }))
    .filter(({ count }) => count > 0)
    .map(({ verdict, count }) => html`<li><b>${count}</b> ${verdictBadge(verdict)}</li>`);
  return html`<ul class="key counts"><li class="sense">${label}</li>${items}</ul>`;
}

function verdictCell(given: FigureVerdict | undefined): Html | undefined {
  if (given === undefined) return undefined;
  const check = keyCheck(given);
  const key =
    check && html`<div><b>${spreadElement(check.value, 4)}</b> <small>${check.says}; ${check.bound}</small></div>`;
  return html`${verdictBadge(given.verdict)} <small>${verdictNote(given)}</small>${key}`;
}
