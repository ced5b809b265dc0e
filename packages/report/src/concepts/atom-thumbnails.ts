import { ascending, range } from "d3-array";
import type { ReportAtoms } from "../data/report-data.ts";
import { type Html, html } from "../page/html.ts";
import { atomFunction } from "../pictures/atoms.ts";
import { middleOf, middleShare } from "../pictures/crop.ts";
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
/** Atoms that say how closely all are looked at, about. */
const looked = 128;
/** Points along an axis of a picture, at least. */
const leastPoints = 10;
/** The share of the energy of an atom that has to be seen. */
const mostEnergy = 0.8;

/** @param options.centered whether atoms have an origin in the middle: where most fill only the middle, they are drawn larger. */
export function atomThumbnails(atoms: ReportAtoms, { centered }: { readonly centered: boolean }): AtomThumbnails {
  const count = atoms.shape[0];
  if (count === 0 || atomFunction(atoms, 0).grid.length < 2)
    return { files: new Map(), of: (concept) => line(atoms, concept) };
  const share = centered ? closely(atoms) : 1;
  const picture = (concept: number) => {
    const plane = planeOf(middleOf(atomFunction(atoms, concept), share));
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

/** How much of the middle of atoms most of them fill, where that has points enough for a picture. */
function closely(atoms: ReportAtoms): number {
  const [count] = atoms.shape;
  const { grid } = atomFunction(atoms, 0);
  const shares = range(0, count, Math.ceil(count / looked)).map((concept) =>
    middleShare(atomFunction(atoms, concept), mostEnergy),
  );
  const share = shares.sort(ascending)[shares.length >> 1];
  return grid.length === 2 && share * Math.min(...grid) >= leastPoints ? share : 1;
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
