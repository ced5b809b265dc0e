/**
 * The geometry of a convolution: grid and kernel of up to three axes (leading ones of length 1 where there are fewer), and samples
 * copied with a border of what a centered kernel reaches beyond the grid: the other side (circular) or zeros.
 * A padded row has n2 + s2 - 1 points. Two layouts: planes, one channel after the other; or rows with the channels of a point side by
 * side, as tensors have them. Either is followed by zeros, so that whole vectors can be read at its end.
 */
import { separate } from "./interleave";
import { SLACK } from "./layout";
import { int } from "./parallel";
import { loadPart, storePart } from "./simd";

export let n0: i32 = 1;
export let n1: i32 = 1;
export let n2: i32 = 1;
export let s0: i32 = 1;
export let s1: i32 = 1;
export let s2: i32 = 1;
export let channels: i32 = 1;
let circular: bool = true;

/** Reads the geometry from the first eight arguments of an operation: n0, n1, n2, s0, s1, s2, channels, circular. */
export function readGeometry(block: usize): void {
  setGeometry(
    int(block, 0),
    int(block, 1),
    int(block, 2),
    int(block, 3),
    int(block, 4),
    int(block, 5),
    int(block, 6),
    int(block, 7) != 0,
  );
}

export function setGeometry(
  points0: i32,
  points1: i32,
  points2: i32,
  taps0: i32,
  taps1: i32,
  taps2: i32,
  count: i32,
  wraps: bool,
): void {
  n0 = points0;
  n1 = points1;
  n2 = points2;
  s0 = taps0;
  s1 = taps1;
  s2 = taps2;
  channels = count;
  circular = wraps;
}

/** `|N|`. */
export function points(): i32 {
  return n0 * n1 * n2;
}

/** `|s|`. */
export function taps(): i32 {
  return s0 * s1 * s2;
}

/** Points of a padded row. */
// @ts-expect-error: decorator
@inline
export function width(): i32 {
  return n2 + s2 - 1;
}

/** Floats from one padded plane to the next. */
export function planeSize(): i32 {
  return ((n0 + s0 - 1) * (n1 + s1 - 1) * width() + 3) & ~3;
}

/** Floats of a padded sample in either layout. */
export function paddedSize(): i32 {
  return channels * planeSize() + SLACK;
}

/** Padded floats before the row of points (i0, i1), and so before the first tap of a kernel centered on its first point. */
// @ts-expect-error: decorator
@inline
export function rowStart(i0: i32, i1: i32): i32 {
  return (i0 * (n1 + s1 - 1) + i1) * width();
}

/** The same in bytes for a flat position on the grid, with channels side by side. */
export function patchStart(position: i32): usize {
  const row = position / n2;
  return <usize>((rowStart(row / n1, row % n1) + (position - row * n2)) * channels) << 2;
}

/** The point that a padded coordinate stands for, or -1. */
function wrapped(i: i32, n: i32): i32 {
  if (i >= 0 && i < n) return i;
  if (!circular) return -1;
  const rest = i % n;
  return rest < 0 ? rest + n : rest;
}

/**
 * The point of an axis of n that stands at i on an axis of m >= n points that closes on itself, or -1: where functions are periodic and
 * m is larger, half a kernel follows and precedes the axis.
 */
export function extended(i: i32, n: i32, m: i32, size: i32): i32 {
  if (i < n) return i;
  if (!circular) return -1;
  if (i < n + (size >> 1)) return (i - n) % n;
  return i >= m - (size >> 1) ? wrapped(i - m, n) : -1;
}

/** x `[...N, C]` to padded planes. 8 bytes for each entry. */
export function padPlanes(x: usize, to: usize): void {
  if (channels == 1) {
    padRows(x, to);
    return;
  }
  const plane = <usize>planeSize() << 2;
  const step = <usize>channels << 2;
  const h2 = s2 >> 1;
  memory.fill(to, 0, <usize>paddedSize() << 2);
  for (let i0 = 0; i0 < n0 + s0 - 1; i0++) {
    const r0 = wrapped(i0 - (s0 >> 1), n0);
    if (r0 < 0) continue;
    for (let i1 = 0; i1 < n1 + s1 - 1; i1++) {
      const r1 = wrapped(i1 - (s1 >> 1), n1);
      if (r1 < 0) continue;
      const source = x + <usize>((r0 * n1 + r1) * n2) * step;
      const row = to + (<usize>rowStart(i0, i1) << 2);
      separate(source, channels, channels, n2, row + (<usize>h2 << 2), plane);
      if (!circular) continue;
      for (let t = 0; t < h2; t++) {
        const left = row + (<usize>t << 2);
        separate(source + <usize>wrapped(t - h2, n2) * step, channels, channels, 1, left, plane);
        const right = row + (<usize>(h2 + n2 + t) << 2);
        separate(source + <usize>wrapped(n2 + t, n2) * step, channels, channels, 1, right, plane);
      }
    }
  }
}

/** x `[...N, C]` to padded rows, channels side by side. 8 bytes for each entry. */
export function padRows(x: usize, to: usize): void {
  const step = <usize>channels << 2;
  const whole = <usize>n2 * step;
  const h2 = s2 >> 1;
  const begin = <usize>h2 * step;
  const padded = <usize>width() * step;
  for (let i0 = 0; i0 < n0 + s0 - 1; i0++) {
    const r0 = wrapped(i0 - (s0 >> 1), n0);
    for (let i1 = 0; i1 < n1 + s1 - 1; i1++) {
      const r1 = wrapped(i1 - (s1 >> 1), n1);
      const row = to + <usize>rowStart(i0, i1) * step;
      if (r0 < 0 || r1 < 0) {
        memory.fill(row, 0, padded);
        continue;
      }
      const source = x + <usize>(r0 * n1 + r1) * whole;
      copy(source, row + begin, whole);
      for (let t = 0; t < h2; t++) {
        copyPoint(source, wrapped(t - h2, n2), row + <usize>t * step, step);
        copyPoint(source, wrapped(n2 + t, n2), row + begin + whole + <usize>t * step, step);
      }
    }
  }
  const filled = <usize>rowStart(n0 + s0 - 1, 0) * step;
  memory.fill(to + filled, 0, (<usize>paddedSize() << 2) - filled);
}

/** Short rows are quicker by hand. */
function copy(from: usize, to: usize, bytes: usize): void {
  let i: usize = 0;
  for (const end = bytes & ~15; i < end; i += 16) v128.store(to + i, v128.load(from + i));
  for (; i < bytes; i += 4) store<f32>(to + i, load<f32>(from + i));
}

// @ts-expect-error: decorator
@inline
function copyPoint(source: usize, i: i32, to: usize, step: usize): void {
  // Not memory.fill: engines call a function for that.
  if (i < 0) for (let c: usize = 0; c < step; c += 4) store<f32>(to + c, 0);
  else for (let c: usize = 0; c < step; c += 4) store<f32>(to + c, load<f32>(source + <usize>i * step + c));
}

/** The adjoint of padRows: what lies in the border is added where it came from. Writes x `[...N, C]`. */
export function foldRows(padded: usize, x: usize): void {
  const step = <usize>channels << 2;
  const whole = <usize>n2 * step;
  const h2 = s2 >> 1;
  const begin = <usize>h2 * step;
  memory.fill(x, 0, <usize>(n0 * n1) * whole);
  for (let i0 = 0; i0 < n0 + s0 - 1; i0++) {
    const r0 = wrapped(i0 - (s0 >> 1), n0);
    if (r0 < 0) continue;
    for (let i1 = 0; i1 < n1 + s1 - 1; i1++) {
      const r1 = wrapped(i1 - (s1 >> 1), n1);
      if (r1 < 0) continue;
      const row = padded + <usize>rowStart(i0, i1) * step;
      const target = x + <usize>(r0 * n1 + r1) * whole;
      add(row + begin, target, whole);
      if (!circular) continue;
      for (let t = 0; t < h2; t++) {
        add(row + <usize>t * step, target + <usize>wrapped(t - h2, n2) * step, step);
        add(row + begin + whole + <usize>t * step, target + <usize>wrapped(n2 + t, n2) * step, step);
      }
    }
  }
}

function add(from: usize, to: usize, bytes: usize): void {
  let i: usize = 0;
  for (const end = bytes & ~15; i < end; i += 16) {
    v128.store(to + i, f32x4.add(v128.load(to + i), v128.load(from + i)));
  }
  const left = <i32>(bytes - i) >> 2;
  if (left > 0) storePart(to + i, f32x4.add(loadPart(to + i, left), loadPart(from + i, left)), left);
}
