import { atomElement } from "./atom-element.ts";
import { atomNotes } from "./atom-notes.ts";
import { checkAtoms } from "./check-atoms.ts";
import { conceptOrder } from "./concept-order.ts";
import type { AtomsPlot } from "./figure-plot-data.ts";
import { formatNumber } from "./format-number.ts";
import { formatShare } from "./format-share.ts";
import { type Html, html } from "./html.ts";

/** CSS pixels of a picture and the gap beside it. */
const cell = 104;

/**
 * Atoms as small pictures under their number and the share of samples that use them. Nothing without atoms.
 *
 * @throws SaenoError `report.atoms`.
 */
export function atomsFigure({ title, atoms, utilization, count, columns }: AtomsPlot): Html | undefined {
  checkAtoms(`The atoms of "${title}"`, atoms);
  const order = conceptOrder(atoms, utilization ?? []);
  const shown = order.slice(0, Math.max(0, count));
  if (shown.length === 0) return undefined;
  const left = order.length - shown.length;
  const notes = [
    atoms.order === undefined && utilization !== undefined ? "The most used first." : "",
    left > 0 ? `${formatNumber(left)} more are left out.` : "",
  ].filter(Boolean);
  const figures = shown.map((concept) => {
    const use = utilization === undefined ? undefined : formatShare(utilization[concept]);
    return html`<figure class="${utilization?.[concept] === 0 ? "dead" : "alive"}">${atomElement(atoms, concept, title)}<figcaption><b>${concept}</b> ${use}</figcaption></figure>`;
  });
  const width = columns === undefined ? "none" : `${Math.max(1, columns) * cell}px`;
  return html`${atomNotes(atoms, shown, notes)}<div class="gallery" style="max-width:${width}">${figures}</div>`;
}
