import { colorMap } from "./color-map.ts";
import { blankPicture, type Picture } from "./picture.ts";
import { largestMagnitude, type Plane } from "./plane.ts";

export interface MapPictureOptions {
  /** Drawn faintly beneath the map: one channel, none of it negative; blank where it is not a number. */
  readonly input: Plane;
  /** Pixels of the longer side, at least; a grid point becomes a square of whole pixels. */
  readonly size: number;
}

/** A map with a larger share of active points than this hides the input, which is then left out. */
const sparse = 0.3;
/** The least side of an active point, as a share of the picture's. */
const leastPoint = 1 / 32;
const ground = [16, 18, 24] as const;
/** How much brighter than the ground the input gets. */
const brightest = 66;

/**
 * A feature map on a dark ground: active points from violet to yellow by their magnitude, relative to the largest, on a faint
 * picture of the input. Lone points of a fine grid are enlarged until they can be seen, the strongest on top.
 *
 * @param map `[height, width]` of the input's plane.
 */
export function mapPicture(map: Float32Array, options: MapPictureOptions): Picture {
  const { input, size } = options;
  const factor = Math.max(1, Math.round(size / Math.max(input.width, input.height)));
  const picture = blankPicture(input.width * factor, input.height * factor);
  const active = Array.from({ length: map.length }, (_, i) => i).filter((i) => map[i] !== 0 && !Number.isNaN(map[i]));
  const dense = active.length > sparse * map.length;
  drawInput(picture, factor, input, dense ? 0 : brightest);
  const side = dense ? factor : Math.max(factor, Math.ceil(leastPoint * Math.max(picture.width, picture.height)));
  const margin = Math.floor((side - factor) / 2);
  const largest = largestMagnitude(map) || 1;
  const magnitude = (i: number) => Math.abs(map[i]) / largest;
  for (const i of active.sort((a, b) => magnitude(a) - magnitude(b))) {
    const [row, column] = [Math.floor(i / input.width), i % input.width];
    fill(picture, column * factor - margin, row * factor - margin, side, colorMap("points", magnitude(i)));
  }
  return picture;
}

function drawInput(picture: Picture, factor: number, { width, values }: Plane, light: number): void {
  const top = largestMagnitude(values) || 1;
  for (const [i, value] of values.entries()) {
    if (Number.isNaN(value)) continue;
    // Few levels, so that the picture fits a palette.
    const level = Math.round(Math.min(1, value / top) * 24) / 24;
    const color = ground.map((channel) => Math.round(channel + light * level));
    fill(picture, (i % width) * factor, Math.floor(i / width) * factor, factor, color);
  }
}

function fill(picture: Picture, left: number, top: number, side: number, color: readonly number[]): void {
  const { width, height, rgba } = picture;
  for (let y = Math.max(0, top); y < Math.min(height, top + side); y++) {
    for (let x = Math.max(0, left); x < Math.min(width, left + side); x++) {
      const at = 4 * (y * width + x);
      rgba[at] = color[0];
      rgba[at + 1] = color[1];
      rgba[at + 2] = color[2];
      rgba[at + 3] = 255;
    }
  }
}
