import { type Html, html } from "./html.ts";
import { largestMagnitude } from "./largest-magnitude.ts";

export interface LineSeries {
  readonly values: ArrayLike<number>;
  /** Any CSS color. */
  readonly color: string;
}

export interface LinePictureOptions {
  /** CSS pixels. */
  readonly width: number;
  readonly height: number;
  /** Values reach from -limit to limit. Default: what the series need. */
  readonly limit?: number;
  /** Stems from the zero line instead of a line: for sparse values. Zeros are left out. */
  readonly stems?: boolean;
  readonly description: string;
}

/** Functions on one axis as a small picture: a zero line, and a line or stems for each series. NaN leaves a gap. */
export function linePicture(series: readonly LineSeries[], options: LinePictureOptions): Html {
  const { width, height, stems = false, description } = options;
  const limit = options.limit ?? (Math.max(0, ...series.map(({ values }) => largestMagnitude(values))) || 1);
  const y = (value: number) => (height / 2 - (value / limit) * (height / 2 - 3)).toFixed(1);
  const paths = series.map(({ values, color }) => {
    const x = (n: number) => (3 + ((n + 0.5) / values.length) * (width - 6)).toFixed(1);
    const path = stems ? stemPath(values, x, y) : linePath(values, x, y);
    return html`<path d="${path}" stroke="${color}"/>`;
  });
  return html`<svg class="line" role="img" aria-label="${description}" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"><line x1="0" x2="${width}" y1="${height / 2}" y2="${height / 2}"/>${paths}</svg>`;
}

type Coordinate = (value: number) => string;

function linePath(values: ArrayLike<number>, x: Coordinate, y: Coordinate): string {
  let path = "";
  let drawing = false;
  for (let n = 0; n < values.length; n++) {
    const value = values[n];
    if (Number.isFinite(value)) path += `${drawing ? "L" : "M"}${x(n)},${y(value)}`;
    drawing = Number.isFinite(value);
  }
  return path;
}

function stemPath(values: ArrayLike<number>, x: Coordinate, y: Coordinate): string {
  let path = "";
  for (let n = 0; n < values.length; n++) {
    const value = values[n];
    if (Number.isFinite(value) && value !== 0) path += `M${x(n)},${y(0)}V${y(value)}`;
  }
  return path;
}
