import { max, range } from "d3-array";
import { type Html, html } from "../page/html.ts";
import { colorLegend, vectorLegend } from "./color-map.ts";
import { pictureElement } from "./picture.ts";
import {
  type ColorRange,
  channelOf,
  type GridFunction,
  largestMagnitude,
  mostChannels,
  type Plane,
  planeOf,
  planePicture,
  shownChannels,
  symmetricRange,
} from "./plane.ts";

export interface FunctionElementOptions {
  /** CSS pixels of the longer side. */
  readonly size: number;
  /** Default: symmetric about zero, as large as the function. */
  readonly range?: ColorRange;
  /** Channels that are drawn where there are more than three. Default: the strongest. */
  readonly shown?: readonly number[];
  readonly description: string;
}

const channelColors = ["var(--ink)", "var(--model-1)", "var(--model-2)", "var(--model-3)"];
/** Pictures smaller than this have no arrows, in CSS pixels; and how far arrows stand apart. */
const [arrowsFrom, arrowStep] = [64, 11];

/** A function on a grid as a small picture: lines for one axis, colors for two and three, arrows where it has two channels. */
export function functionElement(field: GridFunction, options: FunctionElementOptions): Html {
  const { size, range: given, description } = options;
  const { grid, channels } = field;
  const shown = options.shown ?? shownChannels(channels, field);
  if (grid.length >= 2) {
    const plane = planeOf(field, shown);
    const range = given ?? symmetricRange(plane);
    const picture = pictureElement(planePicture(plane, range), size, description);
    if (grid.length > 2 || range.kind !== "vectors" || size < arrowsFrom) return picture;
    return html`<span class="vectors">${picture}${arrows(plane, range.limit, size)}</span>`;
  }
  const series = shown.map((channel, i) => ({
    values: channelOf(field, channel),
    color: channelColors[i],
  }));
  return linePicture(series, { width: size, height: Math.round(0.6 * size), description });
}

/** Some of the vectors of a plane, the longest as long as they stand apart; one point of the grid is the unit. */
function arrows({ width, height, values }: Plane, limit: number, size: number): Html {
  const step = Math.max(1, Math.round((arrowStep * Math.max(width, height)) / size));
  const length = (0.9 * step) / limit;
  const along = (points: number) => range(Math.floor(((points - 1) % step) / 2), points, step);
  const paths = along(height).flatMap((row) =>
    along(width).flatMap((column) => {
      const at = 2 * (row * width + column);
      const [right, down] = [length * values[at], length * values[at + 1]];
      if (!(Math.hypot(right, down) >= 0.1 * step)) return [];
      const line = (x: number, y: number) => `l${x.toFixed(2)} ${y.toFixed(2)}`;
      const barb = (turn: number) =>
        line(
          0.35 * (Math.sin(turn) * down - Math.cos(turn) * right),
          -0.35 * (Math.sin(turn) * right + Math.cos(turn) * down),
        );
      const tip = `M${(column + 0.5 + right / 2).toFixed(2)} ${(row + 0.5 + down / 2).toFixed(2)}`;
      return [tip, line(-right, -down), tip, barb(0.6), tip, barb(-0.6)];
    }),
  );
  return html`<svg aria-hidden="true" viewBox="0 0 ${width} ${height}"><path d="${paths.join("")}"/></svg>`;
}

type Shape = Pick<GridFunction, "grid" | "channels">;

/** What a picture of a function leaves out or changes, a sentence each. */
export function pictureNotes({ grid, channels }: Shape): string[] {
  const many = `Of ${channels} channels, numbered from 0, the ${mostChannels} strongest are drawn`;
  if (grid.length < 2) return channels > 3 ? [`${many}; their numbers stand below.`] : [];
  return [
    grid.length === 3 &&
      "Volumes are seen from three sides, along the first axis, below that along the second, beside it along the third; each point is the value of largest magnitude on its line of sight.",
    channels === 2 &&
      `Two channels are drawn as a vector: the first points right, the second down; the color is its direction, the depth its length${grid.length === 2 ? ", and some are drawn as arrows" : ""}.`,
    channels === 3 && "The three channels are red, green and blue.",
    channels > 3 && `${many} side by side, row by row; their numbers stand below.`,
  ].filter((note) => note !== false);
}

/** What the scale of a picture of its own is, for functions that may have either sign. */
export function scaleNote({ grid, channels }: Shape): string {
  if (grid.length >= 2 && channels === 2) return "Every picture has its own scale, from zero to its longest vector.";
  const symmetric = "Every picture has its own scale, symmetric about zero";
  return grid.length >= 2 && channels === 3 ? `${symmetric}, which is mid-gray.` : `${symmetric}.`;
}

/** The colors of functions that may have either sign. Nothing if lines are drawn, or the channels are colors themselves. */
export function functionLegend({ grid, channels }: Shape, negative: string, positive: string): Html | undefined {
  if (grid.length < 2 || channels === 3) return undefined;
  return channels === 2 ? vectorLegend("direction") : colorLegend("diverging", negative, positive);
}

/** `ch 5 2 7 0`: the channels that are drawn, in the colors of their lines. Nothing if it is plain which they are. */
export function channelsNote({ grid, channels }: Shape, shown: readonly number[]): Html | undefined {
  if (grid.length >= 2) return channels > 3 ? html`ch ${shown.join(" ")}` : undefined;
  if (channels === 1) return undefined;
  return html`ch${shown.map((channel, i) => html` <b style="color:${channelColors[i]}">${channel}</b>`)}`;
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
