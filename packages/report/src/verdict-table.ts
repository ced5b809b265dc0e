import { figureAnchors } from "./figure-anchors.ts";
import { type Html, html } from "./html.ts";
import { keyCheck } from "./key-check.ts";
import type { ReproducedFigure } from "./reproduction-data.ts";
import { spreadElement } from "./spread-element.ts";
import { verdictBadge, verdicts } from "./verdict-badge.ts";
import { verdictNote } from "./verdict-note.ts";

/** All figures with their verdicts and the number that says most, each linked to its section, under a count of the verdicts. */
export function verdictTable(figures: readonly ReproducedFigure[]): Html {
  if (figures.length === 0) return html`<p class="note">There are no figures.</p>`;
  const anchors = figureAnchors(figures);
  const counts = verdicts
    .map((verdict) => ({ verdict, count: figures.filter((figure) => figure.verdict === verdict).length }))
    .filter(({ count }) => count > 0)
    .map(({ verdict, count }) => html`<li><b>${count}</b> ${verdictBadge(verdict)}</li>`);
  const rows = figures.map(
    (figure, i) =>
      html`<tr><th><a href="#${anchors[i]}">${figure.id}</a></th><td><a href="#${anchors[i]}">${figure.title}</a></td><td>${verdictBadge(figure.verdict)} <small>${verdictNote(figure).join(" ")}</small></td><td>${keyNumber(figure)}</td></tr>`,
  );
  return html`<ul class="key counts">${counts}</ul><div class="scroll"><table class="verdicts"><thead><tr><th>Figure</th><th>What it shows</th><th>Verdict</th><th>Key number</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

function keyNumber(figure: ReproducedFigure): Html | undefined {
  const check = keyCheck(figure);
  if (check === undefined) return undefined;
  return html`<b>${spreadElement(check.value, 4)}</b> <small>${check.says}; ${check.bound}</small>`;
}
