import type { ReproducedFigure, ReproductionData } from "@saeno/experiments";
import { type Html, html } from "../page/html.ts";
import { spreadElement } from "../page/numbers.ts";
import { pageText } from "../page/page.ts";
import { figureSection } from "./figure-section.ts";
import { figureAnchors, keyCheck, verdictBadge, verdictNote, verdicts } from "./verdicts.ts";

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

/** All figures with their verdicts and the number that says most, each linked to its section, under a count of the verdicts. */
function verdictTable(figures: readonly ReproducedFigure[], anchors: readonly string[]): Html {
  if (figures.length === 0) return html`<p class="note">There are no figures.</p>`;
  const counts = verdicts
    .map((verdict) => ({ verdict, count: figures.filter((figure) => figure.verdict === verdict).length }))
    .filter(({ count }) => count > 0)
    .map(({ verdict, count }) => html`<li><b>${count}</b> ${verdictBadge(verdict)}</li>`);
  const rows = figures.map(
    (figure, i) =>
      html`<tr><th><a href="#${anchors[i]}">${figure.id}</a></th><td><a href="#${anchors[i]}">${figure.title}</a></td><td>${verdictBadge(figure.verdict)} <small>${verdictNote(figure)}</small></td><td>${keyNumber(figure)}</td></tr>`,
  );
  return html`<ul class="key counts">${counts}</ul><div class="scroll"><table class="verdicts"><thead><tr><th>Figure</th><th>What it shows</th><th>Verdict</th><th>Key number</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

function keyNumber(figure: ReproducedFigure): Html | undefined {
  const check = keyCheck(figure);
  if (check === undefined) return undefined;
  return html`<b>${spreadElement(check.value, 4)}</b> <small>${check.says}; ${check.bound}</small>`;
}
