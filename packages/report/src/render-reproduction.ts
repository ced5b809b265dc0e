import { figureAnchors } from "./figure-anchors.ts";
import { figureSection } from "./figure-section.ts";
import { pageText } from "./page.ts";
import type { ReproductionData } from "./reproduction-data.ts";
import { sectionElement } from "./section.ts";
import { verdictTable } from "./verdict-table.ts";

/**
 * One page about the figures of a paper that were made again: the verdicts, and for each figure its claim, pictures, numbers and
 * checks. HTML that carries its own pictures and style, and needs neither a network nor scripts. What is not a number is shown as
 * missing.
 *
 * @throws SaenoError `report.atoms` when atoms have another size than their shape says.
 */
export function renderReproduction({ title, summary, figures }: ReproductionData): string {
  const anchors = figureAnchors(figures);
  const sections = figures.map((figure, i) => sectionElement(figureSection(figure, anchors[i])));
  return pageText({ title, eyebrow: "saeno reproduction", summary, head: verdictTable(figures), body: sections });
}
