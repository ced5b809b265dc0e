import { type ColorRange, symmetricRange } from "./color-range.ts";
import type { GridFunction } from "./grid-function.ts";
import type { Html } from "./html.ts";
import { linePicture } from "./line-picture.ts";
import { pictureElement } from "./picture-element.ts";
import { planeOf } from "./plane.ts";
import { planePicture } from "./plane-picture.ts";

export interface FunctionElementOptions {
  /** CSS pixels of the longer side. */
  readonly size: number;
  /** Default: symmetric about zero, as large as the function. */
  readonly range?: ColorRange;
  readonly description: string;
}

/** The channels drawn of a function on one axis, at most. */
const channelColors = ["var(--ink)", "var(--model-1)", "var(--model-2)", "var(--model-3)"];

/** A function on a grid as a small picture: lines for one axis, colors for two and three. */
export function functionElement(field: GridFunction, options: FunctionElementOptions): Html {
  const { size, range, description } = options;
  if (field.grid.length >= 2) {
    const plane = planeOf(field);
    return pictureElement(planePicture(plane, range ?? symmetricRange(plane)), size, description);
  }
  const { values, channels } = field;
  const series = channelColors.slice(0, channels).map((color, c) => ({
    values: Float32Array.from({ length: values.length / channels }, (_, n) => values[n * channels + c]),
    color,
  }));
  return linePicture(series, { width: size, height: Math.round(0.6 * size), description });
}
