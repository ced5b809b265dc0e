import { atomFunction } from "./atom-function.ts";
import { colorLegend } from "./color-legend.ts";
import { formatGrid } from "./format-grid.ts";
import { type Html, html } from "./html.ts";
import { pictureNotes } from "./picture-notes.ts";
import type { ReportAtoms } from "./report-data.ts";

/** What pictures of atoms show: a legend of their colors, what they lie on, what is left blank; and `more`, a sentence each. */
export function atomNotes(
  atoms: ReportAtoms,
  shown: readonly number[],
  more: readonly string[] = [],
): Html | undefined {
  const [first] = shown;
  if (first === undefined) return undefined;
  const { grid, channels } = atomFunction(atoms, first);
  const vector = atoms.shape.length === 2 && atoms.sampleShape === undefined;
  const notes = [vector ? `Vectors of ${grid[0]} entries.` : `On a grid of ${formatGrid(grid)}.`];
  if (atoms.originAtZero === true) notes.push("The origin is in the middle.");
  notes.push(...pictureNotes({ grid, channels }));
  if (channels === 3 && grid.length > 1) notes.push("Zero is mid-gray.");
  notes.push(...more);
  const broken = shown.filter((concept) => Array.from(atomFunction(atoms, concept).values).some(Number.isNaN));
  if (broken.length > 0) notes.push(`Values that are not numbers, in ${broken.length} of these atoms, are left blank.`);
  return html`<p class="note">${legendOf(grid.length, channels)} ${notes.join(" ")}</p>`;
}

function legendOf(axes: number, channels: number): Html | undefined {
  if (axes < 2) return undefined;
  if (channels === 1) return colorLegend("diverging", "negative", "positive");
  return channels === 3 ? undefined : colorLegend("sequential", "0", "largest");
}
