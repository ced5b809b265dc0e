/**
 * Syntheses of four functions at a time, one in each lane, or of eight, whose entries are pairs of vectors (entry.ts): tables are scalars, and nothing is
 * shuffled. Of single vectors two lines go together.
 *
 * Along one axis a function is `f(n) = sum_f A(cos f) cos(2 pi f n / N) + A(sin f) sin(2 pi f n / N)`. As in assembly/axis.ts the points n, N - n,
 * N/2 - n and N/2 + n share the sums over four kinds of rows: even cosines, odd cosines, even sines, odd sines (for odd N: cosines and sines).
 * Rows are sorted by kind, and those that vanish (the sine of 0 and of N/2) are left out, as are the points at which a kind does: on N points
 * with all their frequencies an axis has N rows. src/plans/lane-plan.ts makes the plans.
 *
 * Multiply-adds of a line with R rows: R N / 4 (even N), R N / 2 (odd N), about.
 */
import { arePairs } from "./entry";
import { sumKinds } from "./lane-sums";
import { address, int } from "./parallel";
import { fma, zero } from "./simd";

// The plan: rank, axes[3], classes of frequencies, runs of classes, their list, places, terms, sources, weights, points, roots of weights.
// @ts-ignore: decorator
@inline
export function laneRank(plan: usize): i32 {
  return int(plan, 0);
}
// @ts-ignore: decorator
@inline
export function laneAxis(plan: usize, axis: i32): usize {
  return address(plan, 1 + axis);
}
// @ts-ignore: decorator
@inline
export function lanePoints(plan: usize): i32 {
  return int(plan, 11);
}
// An axis: points N, base points, rows, frequencies, for each kind its rows, first row, first base point and base points; table; rows of the
// cosine and the sine of each frequency (-1 where there is none).
// @ts-ignore: decorator
@inline
function pointsOf(axis: usize): i32 {
  return int(axis, 0);
}
// @ts-ignore: decorator
@inline
export function rowsOf(axis: usize): i32 {
  return int(axis, 2);
}
// @ts-ignore: decorator
@inline
export function frequenciesOf(axis: usize): i32 {
  return int(axis, 3);
}
// @ts-ignore: decorator
@inline
export function cosineRow(axis: usize, frequency: i32): i32 {
  return load<i32>(address(axis, 21) + (<usize>frequency << 3));
}
// @ts-ignore: decorator
@inline
export function sineRow(axis: usize, frequency: i32): i32 {
  return load<i32>(address(axis, 21) + (<usize>frequency << 3), 4);
}

/** Entries of the largest tensor on the way from the basis to the grid. */
export function laneEntries(plan: usize): i32 {
  let size = 1;
  for (let axis = 0; axis < laneRank(plan); axis++) size *= max(rowsOf(laneAxis(plan, axis)), pointsOf(laneAxis(plan, axis)));
  return size;
}

/** Bytes for the sums of two lines. */
export function laneSums(plan: usize): usize {
  let most = 0;
  for (let axis = 0; axis < laneRank(plan); axis++) most = max(most, int(laneAxis(plan, axis), 1));
  return <usize>most << 7;
}

/**
 * Two lines from rows `step` bytes apart to points `stepY` bytes apart: at `left` and `gap` bytes further, to `y` and `gapY` further; or one of pairs of
 * vectors, where there are no gaps.
 */
function synthesizeLines<T>(axis: usize, left: usize, gap: usize, step: usize, y: usize, gapY: usize, stepY: usize, sums: usize): void {
  sumKinds(axis, left, gap, step, sums, arePairs<T>());
  const N = pointsOf(axis);
  const kind = <usize>int(axis, 1) << 5;
  let up = y + stepY;
  let down = y + <usize>(N - 1) * stepY;
  if ((N & 1) != 0) {
    storeBoth<T>(y, gapY, v128.load(sums), v128.load(sums, 16));
    for (let s = sums + 32; s < sums + kind; s += 32, up += stepY, down -= stepY) {
      const e = s + 3 * kind;
      const c0 = v128.load(s);
      const c1 = v128.load(s, 16);
      const e0 = v128.load(e);
      const e1 = v128.load(e, 16);
      storeBoth<T>(up, gapY, f32x4.add(c0, e0), f32x4.add(c1, e1));
      storeBoth<T>(down, gapY, f32x4.sub(c0, e0), f32x4.sub(c1, e1));
    }
    return;
  }
  const half = <usize>(N >> 1) * stepY;
  const other = sums + kind;
  const p0 = v128.load(sums);
  const p1 = v128.load(sums, 16);
  const q0 = v128.load(other);
  const q1 = v128.load(other, 16);
  storeBoth<T>(y, gapY, f32x4.add(p0, q0), f32x4.add(p1, q1));
  storeBoth<T>(y + half, gapY, f32x4.sub(p0, q0), f32x4.sub(p1, q1));
  const quarter = (N & 3) == 0;
  let s = sums + 32;
  let up2 = y + half + stepY;
  let down2 = y + half - stepY;
  for (const end = sums + kind - (quarter ? 32 : 0); s < end; s += 32) {
    const q = s + kind;
    const r = s + 2 * kind;
    const t = s + 3 * kind;
    const p0 = v128.load(s);
    const p1 = v128.load(s, 16);
    const q0 = v128.load(q);
    const q1 = v128.load(q, 16);
    const r0 = v128.load(r);
    const r1 = v128.load(r, 16);
    const t0 = v128.load(t);
    const t1 = v128.load(t, 16);
    const c0 = f32x4.add(p0, q0);
    const c1 = f32x4.add(p1, q1);
    const d0 = f32x4.sub(p0, q0);
    const d1 = f32x4.sub(p1, q1);
    const e0 = f32x4.add(r0, t0);
    const e1 = f32x4.add(r1, t1);
    const f0 = f32x4.sub(r0, t0);
    const f1 = f32x4.sub(r1, t1);
    storeBoth<T>(up, gapY, f32x4.add(c0, e0), f32x4.add(c1, e1));
    storeBoth<T>(down, gapY, f32x4.sub(c0, e0), f32x4.sub(c1, e1));
    storeBoth<T>(up2, gapY, f32x4.add(d0, f0), f32x4.add(d1, f1));
    storeBoth<T>(down2, gapY, f32x4.sub(d0, f0), f32x4.sub(d1, f1));
    up += stepY;
    down -= stepY;
    up2 += stepY;
    down2 -= stepY;
  }
  if (!quarter) return;
  const t = s + 3 * kind;
  const c0 = v128.load(s);
  const c1 = v128.load(s, 16);
  const e0 = v128.load(t);
  const e1 = v128.load(t, 16);
  storeBoth<T>(up, gapY, f32x4.add(c0, e0), f32x4.add(c1, e1));
  storeBoth<T>(down, gapY, f32x4.sub(c0, e0), f32x4.sub(c1, e1));
}

// @ts-expect-error: decorator
@inline
function storeBoth<T>(to: usize, gap: usize, a: v128, b: v128): void {
  if (arePairs<T>()) v128.store(to, b, 16);
  v128.store(to, a);
  if (!arePairs<T>()) v128.store(to + gap, b);
}

/** Adds the square of what is positive; NaN stays. */
// @ts-ignore: decorator
@inline
function addPositive(v: v128, sum: v128): v128 {
  const x = f32x4.pmax(v, zero());
  return fma(x, x, sum);
}

/** The sums over all points of the squares of two lines, rectified, or of one of pairs, added to the two vectors at `totals`; with no gap only to the first. */
function addRectified<T>(axis: usize, left: usize, gap: usize, step: usize, totals: usize, sums: usize): void {
  sumKinds(axis, left, gap, step, sums, arePairs<T>());
  const N = pointsOf(axis);
  const kind = <usize>int(axis, 1) << 5;
  const quarter = (N & 3) == 0;
  let t0 = v128.load(totals);
  let t1 = v128.load(totals, 16);
  let u0 = zero();
  let u1 = zero();
  let s = sums + 32;
  const end = sums + kind;
  if ((N & 1) != 0) {
    t0 = addPositive(v128.load(sums), t0);
    t1 = addPositive(v128.load(sums, 16), t1);
    for (; s < end; s += 32) {
      const e = s + 3 * kind;
      const c0 = v128.load(s);
      const c1 = v128.load(s, 16);
      const e0 = v128.load(e);
      const e1 = v128.load(e, 16);
      t0 = addPositive(f32x4.add(c0, e0), t0);
      t1 = addPositive(f32x4.add(c1, e1), t1);
      u0 = addPositive(f32x4.sub(c0, e0), u0);
      u1 = addPositive(f32x4.sub(c1, e1), u1);
    }
  } else {
    const p0 = v128.load(sums);
    const p1 = v128.load(sums, 16);
    const q0 = v128.load(end);
    const q1 = v128.load(end, 16);
    t0 = addPositive(f32x4.add(p0, q0), t0);
    t1 = addPositive(f32x4.add(p1, q1), t1);
    u0 = addPositive(f32x4.sub(p0, q0), u0);
    u1 = addPositive(f32x4.sub(p1, q1), u1);
    for (const last = end - (quarter ? 32 : 0); s < last; s += 32) {
      const q = s + kind;
      const r = s + 2 * kind;
      const t = s + 3 * kind;
      const p0 = v128.load(s);
      const p1 = v128.load(s, 16);
      const q0 = v128.load(q);
      const q1 = v128.load(q, 16);
      const r0 = v128.load(r);
      const r1 = v128.load(r, 16);
      const w0 = v128.load(t);
      const w1 = v128.load(t, 16);
      const c0 = f32x4.add(p0, q0);
      const c1 = f32x4.add(p1, q1);
      const d0 = f32x4.sub(p0, q0);
      const d1 = f32x4.sub(p1, q1);
      const e0 = f32x4.add(r0, w0);
      const e1 = f32x4.add(r1, w1);
      const f0 = f32x4.sub(r0, w0);
      const f1 = f32x4.sub(r1, w1);
      t0 = addPositive(f32x4.add(c0, e0), t0);
      t1 = addPositive(f32x4.add(c1, e1), t1);
      u0 = addPositive(f32x4.sub(c0, e0), u0);
      u1 = addPositive(f32x4.sub(c1, e1), u1);
      t0 = addPositive(f32x4.add(d0, f0), t0);
      t1 = addPositive(f32x4.add(d1, f1), t1);
      u0 = addPositive(f32x4.sub(d0, f0), u0);
      u1 = addPositive(f32x4.sub(d1, f1), u1);
    }
    if (quarter) {
      const t = s + 3 * kind;
      const p0 = v128.load(s);
      const p1 = v128.load(s, 16);
      const q0 = v128.load(t);
      const q1 = v128.load(t, 16);
      t0 = addPositive(f32x4.add(p0, q0), t0);
      t1 = addPositive(f32x4.add(p1, q1), t1);
      u0 = addPositive(f32x4.sub(p0, q0), u0);
      u1 = addPositive(f32x4.sub(p1, q1), u1);
    }
  }
  if (arePairs<T>() || gap != 0) v128.store(totals, f32x4.add(t1, u1), 16);
  v128.store(totals, f32x4.add(t0, u0));
}

/**
 * All axes but the last: the basis `[R_1, .., R_d]` at `a` to `[lines, R_d]`, the lines in the order of the grid; returns where, `a` or `b`.
 * Both hold laneEntries entries.
 */
export function synthesizeLeading<T>(plan: usize, a: usize, b: usize, sums: usize): usize {
  const rank = laneRank(plan);
  if (rank == 1) return a;
  const axis = laneAxis(plan, 0);
  let columns = 1;
  for (let inner = 1; inner < rank; inner++) columns *= rowsOf(laneAxis(plan, inner));
  synthesizeColumns<T>(axis, a, columns, b, sums);
  if (rank == 2) return b;
  const second = laneAxis(plan, 1);
  const inner = rowsOf(laneAxis(plan, 2));
  const plane = <usize>columns * offsetof<T>();
  const grid = <usize>(pointsOf(second) * inner) * offsetof<T>();
  for (let n: usize = 0; n < <usize>pointsOf(axis); n++) {
    synthesizeColumns<T>(second, b + n * plane, inner, a + n * grid, sums);
  }
  return a;
}

/** `[R][columns]` to `[N][columns]`. */
function synthesizeColumns<T>(axis: usize, a: usize, columns: i32, y: usize, sums: usize): void {
  const end = <usize>columns * offsetof<T>();
  for (let o: usize = 0; o < end; o += 32) {
    const gap: usize = o + 16 < end ? 16 : 0;
    synthesizeLines<T>(axis, a + o, gap, end, y + o, gap, end, sums);
  }
}

/** How many lines of the last axis there are. */
// @ts-ignore: decorator
@inline
export function linesOf(plan: usize): i32 {
  return lanePoints(plan) / pointsOf(laneAxis(plan, laneRank(plan) - 1));
}

/** The last axis of so many lines: `[lines, R_d]` to functions on the grid at `y`. */
export function synthesizeLast<T>(plan: usize, lines: i32, a: usize, y: usize, sums: usize): void {
  const axis = laneAxis(plan, laneRank(plan) - 1);
  const from = <usize>rowsOf(axis) * offsetof<T>();
  const to = <usize>pointsOf(axis) * offsetof<T>();
  for (let i = 0; i < lines; i += linesAtOnce<T>(), a += from * linesAtOnce<T>(), y += to * linesAtOnce<T>()) {
    const other = i + 1 < lines;
    synthesizeLines<T>(axis, a, other ? from : 0, offsetof<T>(), y, other ? to : 0, offsetof<T>(), sums);
  }
}

/**
 * The same without a function: `totals` gets the sums of the squares of what is positive, an entry for even lines and one for odd ones, which are added up
 * later: then they do not depend on how many functions go together.
 */
export function rectifiedLast<T>(plan: usize, lines: i32, a: usize, totals: usize, sums: usize): void {
  const axis = laneAxis(plan, laneRank(plan) - 1);
  const from = <usize>rowsOf(axis) * offsetof<T>();
  for (let i = 0; i < lines; i += linesAtOnce<T>(), a += from * linesAtOnce<T>()) {
    const at = arePairs<T>() ? totals + <usize>(i & 1) * offsetof<T>() : totals;
    addRectified<T>(axis, a, i + 1 < lines ? from : 0, offsetof<T>(), at, sums);
  }
}

// @ts-expect-error: decorator
@inline
function linesAtOnce<T>(): i32 {
  return arePairs<T>() ? 1 : 2;
}
