/** Where the taps of centered kernels lie on a grid of up to three axes, as WGSL. */
import { type Grid, type Padding, sizeOf } from "@saeno/backend";

/** Sizes along three axes, those that are not there 1. */
export type Axes = readonly [number, number, number];

export interface ConvGeometry {
  /** Part of a program's name. */
  readonly key: string;
  readonly grid: Axes;
  readonly size: Axes;
  readonly points: number;
  readonly taps: number;
  /**
   * Declarations: `shifted(point, tap, direction)` is the flat point at the tap, or the opposite one for the direction -1; -1 where it lies outside
   * and nothing wraps. `placeOf(point, GRID)` is a flat point as a place, `pointAt(place)` the reverse, -1 as above. `mayReach(place, low, high)` is
   * false only where no tap of a kernel at a place meets any of the consecutive points from one place to another.
   */
  readonly declarations: string;
  /** `then` for each number `tap` of those that lead from one place to another: none or one, unless the grid wraps. */
  eachTapBetween(from: string, to: string, then: string): string;
}

/** Nothing if there are more axes. */
export function geometryOf(grid: Grid, size: Grid, padding: Padding): ConvGeometry | undefined {
  if (grid.length > 3) return undefined;
  const three = (axes: Grid) => [1, 1, ...axes].slice(-3) as unknown as Axes;
  const wraps = padding === "circular";
  return {
    key: `${three(grid)} ${three(size)} ${padding}`,
    grid: three(grid),
    size: three(size),
    points: sizeOf(grid),
    taps: sizeOf(size),
    declarations: /* wgsl */ `
const GRID = vec3i(${three(grid)});
const SIZE = vec3i(${three(size)});
fn placeOf(flat: u32, size: vec3i) -> vec3i {
  let i = i32(flat);
  return vec3i(i / (size.y * size.z), i / size.z % size.y, i % size.z);
}
fn pointAt(at: vec3i) -> i32 {
  ${wraps ? "let place = (at % GRID + GRID) % GRID;" : "let place = at;\n  if (any(place < vec3i()) || any(place >= GRID)) { return -1; }"}
  return (place.x * GRID.y + place.y) * GRID.z + place.z;
}
fn shifted(point: u32, tap: u32, direction: i32) -> i32 {
  return pointAt(placeOf(point, GRID) + direction * (placeOf(tap, SIZE) - SIZE / 2));
}
fn mayReach(place: vec3i, low: vec3i, high: vec3i) -> bool {
  let first_ = place - SIZE / 2;
  ${wraps ? "let past = ((low - first_) % GRID + GRID) % GRID;" : ""}
  let meets = ${wraps ? "(past < SIZE) | (GRID - past <= high - low)" : "(first_ <= high) & (first_ + SIZE > low)"};
  // Points are consecutive along an axis only where they agree on the slower ones.
  return meets.x && (low.x != high.x || (meets.y && (low.y != high.y || meets.z)));
}`,
    eachTapBetween: (from, to, then) => {
      const nearest = `let between = ${to} - ${from} + SIZE / 2;`;
      const number = "let tap = u32((taps.x * SIZE.y + taps.y) * SIZE.z + taps.z);";
      if (!wraps) {
        return /* wgsl */ `
      ${nearest}
      if (all(between >= vec3i()) && all(between < SIZE)) {
        let taps = between;
        ${number}
        ${then}
      }`;
      }
      return /* wgsl */ `
      ${nearest}
      let nearest = (between % GRID + GRID) % GRID;
      for (var z = nearest.x; z < SIZE.x; z += GRID.x) {
        for (var y = nearest.y; y < SIZE.y; y += GRID.y) {
          for (var x_ = nearest.z; x_ < SIZE.z; x_ += GRID.z) {
            let taps = vec3i(z, y, x_);
            ${number}
            ${then}
          }
        }
      }`;
    },
  };
}
