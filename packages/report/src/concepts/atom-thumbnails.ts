import { range } from "d3-array";
import type { ReportAtoms } from "../data/report-data.ts";
import { type Html, html } from "../page/html.ts";
import { atomFunction } from "../pictures/atoms.ts";
import { linePicture } from "../pictures/function-picture.ts";
import { place } from "../pictures/gallery-png.ts";
import { blankPicture, encodePng } from "../pictures/picture.ts";
import { channelOf, planeOf, planePicture, shownChannels, symmetricRange } from "../pictures/plane.ts";
import { reduced } from "./sample-picture.ts";

/** Small pictures of all atoms, for lists: parts of a few files where atoms are planes, lines as they are. */
export interface AtomThumbnails {
  /** Empty where atoms are lines. */
  readonly files: ReadonlyMap<string, () => Uint8Array>;
  of(concept: number): Html;
}

/** Atoms along a side of a file; pixels of the longer side of an atom, at most; points of a line, at most. */
const [along, pixels, points] = [16, 32, 40];
const perFile = along ** 2;

export function atomThumbnails(atoms: ReportAtoms): AtomThumbnails {
  const count = atoms.shape[0];
  if (count === 0 || atomFunction(atoms, 0).grid.length < 2)
    return { files: new Map(), of: (concept) => line(atoms, concept) };
  const picture = (concept: number) => {
    const plane = planeOf(atomFunction(atoms, concept));
    return reduced(planePicture(plane, symmetricRange(plane)), pixels);
  };
  const { width, height } = picture(0);
  const rows = (file: number) => Math.ceil(Math.min(perFile, count - file * perFile) / along);
  const sheet = (file: number) => {
    const picturesOf = range(file * perFile, Math.min(count, (file + 1) * perFile));
    const whole = blankPicture(along * width, rows(file) * height);
    for (const [i, concept] of picturesOf.entries())
      place(whole, picture(concept), (i % along) * width, Math.floor(i / along) * height);
    return encodePng(whole);
  };
  return {
    files: new Map(range(Math.ceil(count / perFile)).map((file) => [fileName(file), () => sheet(file)])),
    of(concept) {
      const [file, i] = [Math.floor(concept / perFile), concept % perFile];
      const [x, y] = [(i % along) * width, Math.floor(i / along) * height];
      const image = html`<image href="${fileName(file)}" width="${along * width}" height="${rows(file) * height}"/>`;
      return html`<svg class="thumb" aria-hidden="true" viewBox="${x} ${y} ${width} ${height}">${image}</svg>`;
    },
  };
}

function fileName(file: number): string {
  return `atoms-${file}.png`;
}

function line(atoms: ReportAtoms, concept: number): Html {
  const atom = atomFunction(atoms, concept);
  const [channel = 0] = shownChannels(atom.channels, atom);
  const values = channelOf(atom, channel);
  const step = Math.ceil(values.length / points);
  const some = values.filter((_, i) => i % step === 0);
  return linePicture([{ values: some, color: "currentColor" }], { width: 40, height: 28, description: "" });
}
