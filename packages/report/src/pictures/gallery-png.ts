import type { ReportAtoms } from "../data/report-data.ts";
import { atomFunction, checkAtoms } from "./atoms.ts";
import { colorMap } from "./color-map.ts";
import { blankPicture, encodePng, type Picture } from "./picture.ts";
import {
  channelOf,
  type GridFunction,
  largestMagnitude,
  planeOf,
  planePicture,
  shownChannels,
  symmetricRange,
} from "./plane.ts";

export interface GalleryPngOptions {
  /** How many atoms are shown, the first of `order`. Default 64. */
  readonly count?: number;
  /** Default: about as many as rows. */
  readonly columns?: number;
  /** Pixels of the longer side of an atom; atoms are enlarged by a whole factor, up to this. Default 64. */
  readonly size?: number;
  /** Pixels between atoms. Default 4. */
  readonly gap?: number;
  /** Red, green and blue behind the atoms, 0 .. 255. Default: a light gray. */
  readonly ground?: readonly [red: number, green: number, blue: number];
}

/**
 * A sheet of atoms as one PNG: each on its own scale, negative blue, zero white, positive red; those on one axis as bars; vectors by their direction. In the
 * given order, or else by index.
 *
 * @throws SaenoError `report.atoms` if the number of values does not match the shape.
 */
export function galleryPng(atoms: ReportAtoms, options: GalleryPngOptions = {}): Uint8Array {
  checkAtoms("The atoms", atoms);
  const { count = 64, size = 64, gap = 4, ground = [228, 229, 233] } = options;
  const total = atoms.shape[0] ?? 0;
  const order = atoms.order ?? Array.from({ length: total }, (_, k) => k);
  const pictures = order.slice(0, count).map((concept) => atomPicture(atomFunction(atoms, concept), size));
  const columns = options.columns ?? Math.max(1, Math.ceil(Math.sqrt(pictures.length)));
  const rows = Math.max(1, Math.ceil(pictures.length / columns));
  const { width, height } = pictures[0] ?? { width: size, height: size };
  const sheet = blankPicture(columns * (width + gap) + gap, rows * (height + gap) + gap, ground);
  for (const [i, picture] of pictures.entries()) {
    place(sheet, picture, gap + (i % columns) * (width + gap), gap + Math.floor(i / columns) * (height + gap));
  }
  return encodePng(sheet);
}

function atomPicture(atom: GridFunction, size: number): Picture {
  if (atom.grid.length < 2) {
    const [strongest = 0] = shownChannels(atom.channels, atom);
    const values = channelOf(atom, strongest);
    return bars(values, size, largestMagnitude(values) || 1);
  }
  const plane = planeOf(atom);
  const factor = Math.max(1, Math.floor(size / Math.max(plane.width, plane.height)));
  const large = blankPicture(plane.width * factor, plane.height * factor);
  place(large, planePicture(plane, symmetricRange(plane)), 0, 0, factor);
  return large;
}

/** Values on one axis: in each column of pixels a bar from the middle, in the color of its value; as long as can be at a limit. */
export function bars(values: Float32Array, size: number, limit: number): Picture {
  const picture = blankPicture(size, size, [255, 255, 255]);
  const middle = Math.floor(size / 2);
  for (let x = 0; x < size; x++) {
    const value = values[Math.floor((x * values.length) / size)] / limit;
    if (Number.isNaN(value)) continue;
    const end = Math.round(middle - value * (middle - 1));
    for (let y = Math.min(middle, end); y <= Math.max(middle, end); y++) {
      picture.rgba.set(colorMap("diverging", value), 4 * (y * size + x));
    }
  }
  return picture;
}

/** Sets a picture into another, enlarged by a whole factor. */
export function place(sheet: Picture, { width, height, rgba }: Picture, left: number, top: number, factor = 1): void {
  for (let y = 0; y < height * factor; y++) {
    for (let x = 0; x < width * factor; x++) {
      const from = 4 * (Math.floor(y / factor) * width + Math.floor(x / factor));
      // The ground shows where values are missing.
      if (rgba[from + 3] === 0) continue;
      sheet.rgba.set(rgba.subarray(from, from + 4), 4 * ((top + y) * sheet.width + left + x));
    }
  }
}
