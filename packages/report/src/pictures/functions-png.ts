import { min, range } from "d3-array";
import { bars, place } from "./gallery-png.ts";
import { blankPicture, encodePng, type Picture } from "./picture.ts";
import {
  type ColorRange,
  channelOf,
  type GridFunction,
  largestMagnitude,
  planeOf,
  planePicture,
  symmetricRange,
} from "./plane.ts";

export interface FunctionsPngOptions {
  /** Approximate pixels of the longer side of a function; functions are enlarged by a whole factor, and never made smaller. Default 224. */
  readonly size?: number;
  /** Pixels between functions. Default 4. */
  readonly gap?: number;
}

/** Below zero by no more than this share of the largest value: what a reconstruction of a picture swings below black. */
const swing = 1 / 3;

/**
 * Functions side by side as one PNG, all on one scale, so that they can be compared. One channel is gray, or, if some values are well below zero, blue for
 * negative, white for zero and red for positive; three channels are a color; with any other number, each has a row of its own, on its own scale. Functions
 * on one axis, and vectors, are bars.
 */
export function functionsPng(functions: readonly GridFunction[], options: FunctionsPngOptions = {}): Uint8Array {
  const { size = 224, gap = 4 } = options;
  const [first] = functions;
  const isColor = first?.channels === 3 && first.grid.length > 1;
  const rows = isColor
    ? [functions]
    : range(first?.grid.length === 0 ? 1 : (first?.channels ?? 0)).map((channel) =>
        functions.map((each) => (each.grid.length === 0 ? curve(each) : oneChannel(each, channel))),
      );
  const pictures = rows.map((row) => rowOf(row, size));
  const { width, height } = pictures[0]?.[0] ?? { width: size, height: size };
  const sheet = blankPicture(
    functions.length * (width + gap) + gap,
    pictures.length * (height + gap) + gap,
    [228, 229, 233],
  );
  pictures.forEach((row, y) => {
    row.forEach((picture, x) => void place(sheet, picture, gap + x * (width + gap), gap + y * (height + gap)));
  });
  return encodePng(sheet);
}

/** A vector as a function of its index. */
function curve({ values }: GridFunction): GridFunction {
  return { values, grid: [values.length], channels: 1 };
}

function oneChannel(field: GridFunction, channel: number): GridFunction {
  return { grid: field.grid, channels: 1, values: channelOf(field, channel) };
}

function rowOf(functions: readonly GridFunction[], size: number): Picture[] {
  if ((functions[0]?.grid.length ?? 0) < 2) {
    const limit = Math.max(...functions.map(({ values }) => largestMagnitude(values))) || 1;
    return functions.map((each) => bars(channelOf(each, 0), size, limit));
  }
  const planes = functions.map((each) => planeOf(each));
  const symmetric = symmetricRange(...planes);
  const lowest = min(planes, ({ values }) => min(values)) ?? 0;
  const scale: ColorRange =
    lowest < -swing * symmetric.limit ? symmetric : { kind: "gray", low: 0, high: symmetric.limit };
  return planes.map((plane) => {
    const factor = Math.max(1, Math.floor(size / Math.max(plane.width, plane.height)));
    const large = blankPicture(plane.width * factor, plane.height * factor);
    place(large, planePicture(plane, scale), 0, 0, factor);
    return large;
  });
}
