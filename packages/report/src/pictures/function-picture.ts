import { max } from "d3-array";
import { type Html, html } from "../page/html.ts";
import { pictureElement } from "./picture.ts";
import {
  type ColorRange,
  type GridFunction,
  largestMagnitude,
  planeOf,
  planePicture,
  symmetricRange,
} from "./plane.ts";

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
  const series = channelColors
    .slice(0, field.channels)
    .map((color, channel) => ({ values: channelOf(field, channel), color }));
  return linePicture(series, { width: size, height: Math.round(0.6 * size), description });
}

/** One channel of a function. */
export function channelOf({ values, channels }: GridFunction, channel: number): Float32Array {
  return Float32Array.from({ length: values.length / channels }, (_, n) => values[n * channels + channel]);
}

/** What a picture of a function leaves out or changes, a sentence each. */
export function pictureNotes({ grid, channels }: Pick<GridFunction, "grid" | "channels">): string[] {
  if (grid.length < 2) return channels > 4 ? [`The first 4 of ${channels} channels are drawn.`] : [];
  const notes = grid.length === 3 ? ["The middle slice along the first of three axes is shown."] : [];
  if (channels === 3) notes.push("The three channels are red, green and blue.");
  else if (channels > 1) notes.push(`The norm of ${channels} channels is shown.`);
  return notes;
}

export interface LineSeries {
  readonly values: Float32Array;
  /** Any CSS color. */
  readonly color: string;
}

export interface LinePictureOptions {
  /** CSS pixels. */
  readonly width: number;
  readonly height: number;
  /** Values reach from -limit to limit. Default: what the series need. */
  readonly limit?: number;
  /** Stems from the zero line instead of a line, for sparse values. Zeros are left out. */
  readonly stems?: boolean;
  readonly description: string;
}

/** Functions on one axis as a small picture: a zero line, and a line or stems for each series. NaN leaves a gap. */
export function linePicture(series: readonly LineSeries[], options: LinePictureOptions): Html {
  const { width, height, stems = false, description } = options;
  const limit = options.limit ?? (max(series, ({ values }) => largestMagnitude(values)) || 1);
  const y = (value: number) => (height / 2 - (value / limit) * (height / 2 - 3)).toFixed(1);
  const paths = series.map(({ values, color }) => {
    const x = (n: number) => (3 + ((n + 0.5) / values.length) * (width - 6)).toFixed(1);
    const path = stems ? stemPath(values, x, y) : linePath(values, x, y);
    return html`<path d="${path}" stroke="${color}"/>`;
  });
  return html`<svg class="line" role="img" aria-label="${description}" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"><line x1="0" x2="${width}" y1="${height / 2}" y2="${height / 2}"/>${paths}</svg>`;
}

type Coordinate = (value: number) => string;

function linePath(values: Float32Array, x: Coordinate, y: Coordinate): string {
  let path = "";
  let drawing = false;
  for (const [n, value] of values.entries()) {
    if (Number.isFinite(value)) path += `${drawing ? "L" : "M"}${x(n)},${y(value)}`;
    drawing = Number.isFinite(value);
  }
  return path;
}

function stemPath(values: Float32Array, x: Coordinate, y: Coordinate): string {
  let path = "";
  for (const [n, value] of values.entries()) {
    if (Number.isFinite(value) && value !== 0) path += `M${x(n)},${y(0)}V${y(value)}`;
  }
  return path;
}
