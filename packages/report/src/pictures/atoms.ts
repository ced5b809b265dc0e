import { SaenoError, sizeOf } from "@saeno/backend";
import type { ReportAtoms } from "../data/report-data.ts";
import { type Html, type HtmlValue, html } from "../page/html.ts";
import { formatGrid, formatShare } from "../page/numbers.ts";
import { channelsNote, functionElement, functionLegend, pictureNotes, scaleNote } from "./function-picture.ts";
import { type GridFunction, shownChannels } from "./plane.ts";

/** CSS pixels. */
const pictureSize = 96;

/**
 * Whether atoms have the sizes that their shapes say.
 *
 * @param name what to call them in errors, such as `The atoms`.
 * @throws SaenoError `report.atoms`.
 */
export function checkAtoms(name: string, { values, shape, sampleShape }: ReportAtoms): void {
  if (shape.length < 2 || sizeOf(shape) !== values.length) {
    throw new SaenoError(
      "report.atoms",
      `${name} must be values of shape [K, ...grid, channels] or [K, n]; got ${values.length} values of shape [${shape.join(", ")}].`,
    );
  }
  if (sampleShape !== undefined && sizeOf(sampleShape) !== sizeOf(shape.slice(1))) {
    throw new SaenoError(
      "report.atoms",
      `${name} have ${sizeOf(shape.slice(1))} entries each, so sampleShape, as [...grid, channels], must have as many; got [${sampleShape.join(", ")}].`,
    );
  }
}

/**
 * Concepts in the order they are shown: the given one, or the most used first; dead ones come last in any case. Indices without an atom are left
 * out.
 */
export function conceptOrder(atoms: Pick<ReportAtoms, "shape" | "order">, utilization: readonly number[]): number[] {
  const count = atoms.shape[0] ?? 0;
  const use = (concept: number) => utilization[concept] || 0;
  const order = atoms.order ?? Array.from({ length: count }, (_, k) => k).sort((a, b) => use(b) - use(a) || a - b);
  const known = order.filter((concept) => Number.isInteger(concept) && concept >= 0 && concept < count);
  const isDead = (concept: number) => utilization[concept] === 0;
  return [...known.filter((concept) => !isDead(concept)), ...known.filter(isDead)];
}

/**
 * The atom of a concept as it is drawn: the origin in the middle, a vector in the shape it was flattened from, or else as a function
 * on a line.
 */
export function atomFunction(atoms: ReportAtoms, concept: number): GridFunction {
  const size = sizeOf(atoms.shape.slice(1));
  const values = atoms.values.subarray(concept * size, (concept + 1) * size);
  return asDrawn(values, atoms.shape.length === 2 ? (atoms.sampleShape ?? [size]) : atoms.shape.slice(1));
}

/** Values as they are drawn: a vector, which has one size, as a function on a line. @param shape `[...N, C]`, or of a vector `[n]`. */
export function asDrawn(values: GridFunction["values"], shape: readonly number[]): GridFunction {
  const drawn = shape.length < 2 ? [...shape, 1] : shape;
  return { values, grid: drawn.slice(0, -1), channels: drawn.at(-1) ?? 1 };
}

export interface GalleryOptions {
  /** Whose atoms they are, in words. */
  readonly owner: string;
  /** Concepts in order. */
  readonly shown: readonly number[];
  readonly utilization?: readonly number[] | undefined;
  /** What each picture is anchored as, followed by its concept. */
  readonly anchor?: string;
  /** What a concept is called. Default: its number. */
  readonly labelOf?: (concept: number) => Html;
  /** What is said of a concept below its picture, beside its number. Default: the share of samples that use it. */
  readonly captionOf?: (concept: number) => HtmlValue;
  /** More notes, a sentence each. */
  readonly notes?: readonly (string | false)[];
  /** CSS pixels. Default: what the page has. */
  readonly width?: number | undefined;
}

/** Atoms as small pictures under their number and the share of samples that use them. Nothing without atoms. */
export function atomGallery(atoms: ReportAtoms, options: GalleryOptions): Html | undefined {
  const { owner, shown, utilization, anchor, labelOf = bold, captionOf, notes = [], width } = options;
  const figures = shown.map((concept) => {
    const use = utilization?.[concept];
    const atom = atomFunction(atoms, concept);
    const channels = shownChannels(atom.channels, atom);
    const options = { size: pictureSize, shown: channels, description: `Atom of concept ${concept} of ${owner}` };
    const id = anchor === undefined ? undefined : html` id="${anchor}-${concept}"`;
    const ofUse = utilization === undefined ? undefined : use === 0 ? "dead" : formatShare(use);
    const caption = captionOf === undefined ? ofUse : captionOf(concept);
    const drawn = channelsNote(atom, channels);
    return html`<figure${id} class="${use === 0 ? "dead" : "alive"}">${functionElement(atom, options)}<figcaption>${labelOf(concept)} ${caption}${
      drawn === undefined ? undefined : html`<br>${drawn}`
    }</figcaption></figure>`;
  });
  if (figures.length === 0) return undefined;
  const style = `max-width:${width === undefined ? "none" : `${width}px`}`;
  return html`${atomNotes(atoms, shown, notes)}<div class="gallery" style="${style}">${figures}</div>`;
}

function bold(concept: number): Html {
  return html`<b>${concept}</b>`;
}

/** What pictures of atoms show: a legend of their colors, what they are functions on, what is left blank; and more. */
function atomNotes(atoms: ReportAtoms, shown: readonly number[], more: readonly (string | false)[]): Html {
  const { grid, channels } = atomFunction(atoms, shown[0]);
  const vector = atoms.shape.length === 2 && (atoms.sampleShape?.length ?? 1) < 2;
  const broken = shown.filter((concept) => atomFunction(atoms, concept).values.some(Number.isNaN)).length;
  const notes = [
    vector ? `Vectors of ${grid[0]} entries.` : `On a grid of ${formatGrid(grid)}.`,
    ...pictureNotes({ grid, channels }),
    scaleNote({ grid, channels }),
    ...more,
    broken > 0 && `Values that are not numbers, in ${broken} of these atoms, are left blank.`,
  ];
  return html`<p class="note">${functionLegend({ grid, channels }, "negative", "positive")} ${notes.filter(Boolean).join(" ")}</p>`;
}
