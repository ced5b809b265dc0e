/** Where the taps of centered kernels lie on a grid of up to three axes, as WGSL. */
import { type Grid, type Padding, sizeOf } from "@saeno/backend";

export interface ConvGeometry {
  /** Part of a program's name. */
  readonly key: string;
  readonly points: number;
  readonly taps: number;
  /**
   * Declarations: `shifted(point, tap, direction)` is the flat point at the tap, or the opposite one for the direction -1; -1 where it lies outside
   * and nothing wraps. `tapsBetween(from, to)` is the first tap that leads from one point to another on each axis, and `ROUND` how far it is to the next that does.
   */
  readonly declarations: string;
}

/** Nothing if there are more axes. */
export function geometryOf(grid: Grid, size: Grid, padding: Padding): ConvGeometry | undefined {
  if (grid.length > 3) return undefined;
  const three = (axes: Grid) => [1, 1, ...axes].slice(-3) as [number, number, number];
  const vector = (axes: readonly number[]) => `vec3i(${axes.join(", ")})`;
  const [depth, height, width] = three(grid);
  const wraps = padding === "circular";
  return {
    key: `${three(grid)} ${three(size)} ${padding}`,
    points: sizeOf(grid),
    taps: sizeOf(size),
    declarations: /* wgsl */ `
const GRID = ${vector([depth, height, width])};
const SIZE = ${vector(three(size))};
const ROUND = ${wraps ? "GRID" : "SIZE"};
fn placeOf(flat: u32, size: vec3i) -> vec3i {
  let i = i32(flat);
  return vec3i(i / (size.y * size.z), i / size.z % size.y, i % size.z);
}
fn shifted(point: u32, tap: u32, direction: i32) -> i32 {
  var place = placeOf(point, GRID) + direction * (placeOf(tap, SIZE) - SIZE / 2);
  ${wraps ? "place = (place % GRID + GRID) % GRID;" : "if (any(place < vec3i()) || any(place >= GRID)) { return -1; }"}
  return (place.x * GRID.y + place.y) * GRID.z + place.z;
}
fn tapsBetween(from_: vec3i, to: vec3i) -> vec3i {
  let tap = to - from_ + SIZE / 2;
  ${wraps ? "return (tap % GRID + GRID) % GRID;" : "return select(tap, SIZE, tap < vec3i());"}
}`,
  };
}
