/** Photographs as files, and what lies over them: the images that a network made maps of. */
import { type Html, html } from "../page/html.ts";
import { blankPicture, encodePng, type Picture } from "../pictures/picture.ts";
import { type GridFunction, planeOf, planePicture } from "../pictures/plane.ts";

/** A photograph as it is written to a file. */
export interface PhotographFile {
  readonly extension: "jpg" | "png" | "webp";
  readonly content: Uint8Array;
}

/** Makes files of photographs, smaller ones than PNG. */
export type EncodePhotograph = (picture: Picture) => Promise<PhotographFile>;

/** Pixels of the longer side, at most: of what an encoder makes small, and of PNG. */
const [mostPixels, mostOfPng] = [640, 224];

/** @param field values 0 to 1, of one channel or three. */
export async function photographFile(
  field: GridFunction,
  encode?: EncodePhotograph,
  most: number = mostPixels,
): Promise<PhotographFile> {
  const picture = planePicture(planeOf(field), { kind: "gray", low: 0, high: 1 });
  if (encode !== undefined) return encode(averaged(picture, most));
  return { extension: "png", content: encodePng(averaged(picture, Math.min(most, mostOfPng))) };
}

/** The same in a page, once: others refer to it by its id. */
export function photographElement({ extension, content }: PhotographFile, grid: readonly number[], id: string): Html {
  const [height, width] = grid;
  const bytes = Array.from(content, (byte) => String.fromCharCode(byte)).join("");
  const type = extension === "jpg" ? "jpeg" : extension;
  const image = html`<image id="${id}" href="data:image/${type};base64,${btoa(bytes)}" width="${width}" height="${height}"/>`;
  return html`<svg class="photo" role="img" aria-label="photograph" viewBox="0 0 ${width} ${height}">${image}</svg>`;
}

/** A picture whose longer side has at most so many pixels, each the mean of those it stands for. */
function averaged(picture: Picture, most: number): Picture {
  const factor = Math.max(picture.width, picture.height) / most;
  if (factor <= 1) return picture;
  const small = blankPicture(Math.round(picture.width / factor), Math.round(picture.height / factor));
  const range = (i: number, to: number, from: number) =>
    [
      Math.floor((i * from) / to),
      Math.max(Math.floor(((i + 1) * from) / to), Math.floor((i * from) / to) + 1),
    ] as const;
  for (let y = 0; y < small.height; y++) {
    const [top, bottom] = range(y, small.height, picture.height);
    for (let x = 0; x < small.width; x++) {
      const [left, right] = range(x, small.width, picture.width);
      for (let c = 0; c < 4; c++) {
        let sum = 0;
        for (let row = top; row < bottom; row++)
          for (let column = left; column < right; column++) sum += picture.rgba[4 * (row * picture.width + column) + c];
        small.rgba[4 * (y * small.width + x) + c] = Math.round(sum / ((bottom - top) * (right - left)));
      }
    }
  }
  return small;
}
