import { html } from "../page/html.ts";
import { linePicture } from "../pictures/function-picture.ts";
import { blankPicture, encodePng, type Picture } from "../pictures/picture.ts";
import { channelOf, dataRange, type GridFunction, lengthPlane, planeOf, planePicture } from "../pictures/plane.ts";

/** The picture of a sample as a file that many pages show. */
export interface SamplePicture {
  readonly extension: "png" | "svg";
  readonly content: string | Uint8Array;
}

/** Pixels of the longer side, at most: larger samples lose points that could not be seen. */
const mostPixels = 128;
/** Of the picture of a line; it is scaled to where it stands. */
const [lineWidth, lineHeight] = [160, 96];
/** An image that stands alone asks for itself whether the reader prefers dark pages. */
const lineColors = ["a", "b", "c", "d"] as const;
const lineStyle =
  "path{fill:none;stroke-width:1.4;stroke-linejoin:round}line{stroke:#8887;stroke-width:1}.a{stroke:#16181d}.b{stroke:#d97706}.c{stroke:#0d8f7f}.d{stroke:#b83280}@media(prefers-color-scheme:dark){.a{stroke:#e9eaee}}";

/** @param signed whether any sample goes below zero: they are gray where none does. */
export function samplePicture(field: GridFunction, signed: boolean): SamplePicture {
  if (field.grid.length < 2) return { extension: "svg", content: curves(field) };
  // Of more channels than a color has, how long the vectors of their values are.
  const plane = field.channels <= 3 ? planeOf(field) : lengthPlane(field);
  const range = dataRange(plane, signed && field.channels <= 3);
  return { extension: "png", content: encodePng(reduced(planePicture(plane, range))) };
}

function curves(field: GridFunction): string {
  const shown = lineColors.slice(0, Math.min(field.channels, lineColors.length));
  const series = shown.map((color, channel) => ({ values: thinned(channelOf(field, channel)), color }));
  const picture = linePicture(series, { width: lineWidth, height: lineHeight, description: "sample" });
  // The colors of a page are variables, which an image does not see.
  return picture.markup
    .replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" preserveAspectRatio="none" ')
    .replace(">", `>${html`<style>${lineStyle}</style>`.markup}`)
    .replaceAll(/stroke="([abcd])"/g, 'class="$1" vector-effect="non-scaling-stroke"');
}

/** No more points than there are pixels, each the one of largest magnitude of its stretch. */
function thinned(values: Float32Array): Float32Array {
  const factor = Math.ceil(values.length / (2 * lineWidth));
  if (factor === 1) return values;
  return Float32Array.from({ length: Math.ceil(values.length / factor) }, (_, i) =>
    values
      .subarray(i * factor, (i + 1) * factor)
      .reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0),
  );
}

/** A picture of at most so many pixels on its longer side: every second, every third pixel. */
export function reduced(picture: Picture, most: number = mostPixels): Picture {
  const factor = Math.ceil(Math.max(picture.width, picture.height) / most);
  if (factor === 1) return picture;
  const small = blankPicture(Math.ceil(picture.width / factor), Math.ceil(picture.height / factor));
  for (let y = 0; y < small.height; y++) {
    for (let x = 0; x < small.width; x++) {
      const from = 4 * (y * factor * picture.width + x * factor);
      small.rgba.set(picture.rgba.subarray(from, from + 4), 4 * (y * small.width + x));
    }
  }
  return small;
}
