import type { Grid } from "@saeno/backend";
import { max } from "d3-array";
import { contours } from "d3-contour";
import { type Html, html } from "../page/html.ts";
import { type Plane, planeOf } from "../pictures/plane.ts";

/** Where a map is, as contours over the picture of its sample. */
export interface MapOutline {
  readonly kind: "contours" | "bars";
  /** Of the coordinates of the paths. */
  readonly width: number;
  readonly height: number;
  /** SVG paths: where it is at all, and where it is strong. */
  readonly paths: readonly string[];
  /** Over an image: what the strongest point of the map can see. Absent if that is most of the image, or not known. */
  readonly field?: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
}

/** The image that a network made a map of: the map lies over all of it. */
export interface OutlinedImage {
  /** Its points on each axis. */
  readonly grid: Grid;
  /** How many of them, on each axis, a point of the map can see. */
  readonly receptiveField?: readonly number[] | undefined;
}

/** Shares of the largest value at which a map is outlined: the first is raised where the lines would be many. */
const [levels, strong] = [[0.25, 0.4, 0.55], 0.7];
/** Cells along the longer side of what is outlined, and letters of a path, at most. */
const [mostCells, mostLetters] = [64, 1200];
/** Steps of a cell that coordinates are rounded to. */
const steps = 4;
/** Cells along the longer side of an image, at least: points of a map are far apart there, and lines around them are to be round. */
const leastCells = 40;
/** A receptive field that is more of the image than this says nothing. */
const mostField = 0.8;
/** How far a point spreads, in points. */
const pointSpread = 0.8;

/**
 * Contours of magnitudes `[...grid]`, such as `placesOf` of `@saeno/inspect` finds them, on planes, and on the three views of a volume; bars from below on
 * a line. Nothing if all are 0.
 *
 * @param image for a network's map, the image, which has more points: contours are then smooth, and have the receptive field of the strongest point.
 */
export function mapOutline(magnitudes: Float32Array, grid: Grid, image?: OutlinedImage): MapOutline | undefined {
  if (!((max(magnitudes) ?? 0) > 0)) return undefined;
  if (grid.length < 2) return bars(magnitudes);
  if (image === undefined || grid.length > 2) return outlined(magnitudes, grid);
  const outline = outlined(magnitudes, grid, 1 + 2 * Math.ceil((leastCells / Math.max(...grid) - 1) / 2));
  const field = fieldOf(magnitudes, grid, image, outline);
  return { ...outline, ...(field === undefined ? {} : { field }) };
}

/** The part of an image, in the coordinates of an outline, that the strongest point of a map sees. */
function fieldOf(
  magnitudes: Float32Array,
  [rows, columns]: Grid,
  { grid, receptiveField }: OutlinedImage,
  { width, height }: MapOutline,
): MapOutline["field"] {
  if (receptiveField === undefined || receptiveField.some((points) => !(points > 0))) return undefined;
  const strongest = magnitudes.indexOf(max(magnitudes) ?? 0);
  // Of its middle, which is that of its cell.
  const span = (place: number, points: number, axis: number, size: number) => {
    const [middle, half] = [(place + 0.5) / points, receptiveField[axis] / grid[axis] / 2];
    const [from, to] = [Math.max(0, middle - half), Math.min(1, middle + half)];
    return [Math.round(from * size), Math.round((to - from) * size)] as const;
  };
  const [x, wide] = span(strongest % columns, columns, 1, width);
  const [y, high] = span(Math.floor(strongest / columns), rows, 0, height);
  return wide * high > mostField * width * height ? undefined : { x, y, width: wide, height: high };
}

/** An outline over a picture of the same shape. */
export function outlineElement({ kind, width, height, paths, field }: MapOutline): Html {
  const lines = paths.map((path, i) => html`<path class="${i === 0 ? "weak" : "strong"}" d="${path}"/>`);
  const seen =
    field === undefined
      ? undefined
      : html`<rect class="field" x="${field.x}" y="${field.y}" width="${field.width}" height="${field.height}"/>`;
  return html`<svg class="${kind}" aria-hidden="true" viewBox="0 0 ${width} ${height}" preserveAspectRatio="none">${seen}${lines}</svg>`;
}

function bars(magnitudes: Float32Array): MapOutline {
  const factor = Math.ceil(magnitudes.length / mostCells);
  const count = Math.ceil(magnitudes.length / factor);
  const largest = max(magnitudes) ?? 1;
  const path = Array.from({ length: count }, (_, i) => {
    const height = Math.round((100 * (max(magnitudes.subarray(i * factor, (i + 1) * factor)) ?? 0)) / largest);
    return height > 0 ? `M${2 * i + 1} 100v-${height}` : "";
  }).join("");
  return { kind: "bars", width: 2 * count, height: 100, paths: [path] };
}

/** @param finer cells for each point of the map, an odd number. */
function outlined(magnitudes: Float32Array, grid: Grid, finer = 1): MapOutline {
  const plane = finer === 1 ? planeOf({ values: magnitudes, grid, channels: 1 }) : refined(magnitudes, grid, finer);
  const factor = Math.ceil(Math.max(plane.width, plane.height) / mostCells);
  const [width, height] = [Math.ceil(plane.width / factor), Math.ceil(plane.height / factor)];
  const cells = new Float64Array(width * height);
  for (const [i, value] of plane.values.entries()) {
    // Between the views of a volume there is nothing.
    const at = Math.floor(Math.floor(i / plane.width) / factor) * width + Math.floor((i % plane.width) / factor);
    cells[at] = Math.max(cells[at], value || 0);
  }
  const smooth = blurred(cells, width, height, finer === 1 ? undefined : pointSpread * finer);
  const largest = max(smooth) ?? 0;
  const at = (level: number) => contourPath(smooth, width, height, level * largest);
  let weak = "";
  for (const level of levels) {
    weak = at(level);
    if (weak.length <= mostLetters) break;
  }
  const paths = [weak, at(strong)].filter((path, i) => i === 0 || path.length <= mostLetters);
  return { kind: "contours", width: steps * width, height: steps * height, paths };
}

/** A plane with each point in the middle of as many cells along both axes. */
function refined(
  magnitudes: Float32Array,
  [rows, columns]: Grid,
  finer: number,
): Pick<Plane, "width" | "height" | "values"> {
  const [width, height, middle] = [columns * finer, rows * finer, (finer - 1) / 2];
  const values = new Float32Array(width * height);
  for (const [i, value] of magnitudes.entries())
    values[(Math.floor(i / columns) * finer + middle) * width + (i % columns) * finer + middle] = value;
  return { width, height, values };
}

/** Points that are alone become places with a size, and neighbors one place. */
function blurred(
  cells: Float64Array,
  width: number,
  height: number,
  spread = Math.max(pointSpread, Math.max(width, height) / 40),
): Float64Array {
  const reach = Math.ceil(2.5 * spread);
  const kernel = Array.from({ length: 2 * reach + 1 }, (_, i) => Math.exp(-0.5 * ((i - reach) / spread) ** 2));
  const along = (from: Float64Array, step: number, length: number, place: (i: number) => number) =>
    from.map((_, i) => {
      const at = place(i);
      let sum = 0;
      for (let d = Math.max(-reach, -at); d <= Math.min(reach, length - 1 - at); d++) {
        sum += kernel[d + reach] * from[i + d * step];
      }
      return sum;
    });
  return along(
    along(cells, 1, width, (i) => i % width),
    width,
    height,
    (i) => Math.floor(i / width),
  );
}

/** Rings as relative paths of whole numbers, which are short; points on a straight line are left out. */
function contourPath(values: Float64Array, width: number, height: number, level: number): string {
  const { coordinates } = contours().size([width, height]).contour(Array.from(values), level);
  return coordinates
    .flat()
    .map((ring) => {
      const points = ring.map(([x, y]) => [Math.round(steps * x), Math.round(steps * y)] as const);
      const kept = points.filter(([x, y], i) => {
        const [before, after] = [points.at(i - 1), points[(i + 1) % points.length]];
        if (before === undefined || (x === before[0] && y === before[1])) return false;
        return (x - before[0]) * (after[1] - y) !== (y - before[1]) * (after[0] - x);
      });
      if (kept.length < 3) return "";
      const moves = kept.map(([x, y], i) => (i === 0 ? `M${x} ${y}l` : pair(x - kept[i - 1][0], y - kept[i - 1][1])));
      return `${moves.join("").replace(/l /, "l")}z`;
    })
    .join("");
}

function pair(x: number, y: number): string {
  return `${x < 0 ? "" : " "}${x}${y < 0 ? "" : " "}${y}`;
}
