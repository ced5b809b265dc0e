/**
 * Syntheses of four functions at a time, one in each lane: an entry is a vector, tables are scalars, and nothing is shuffled. Or of two times four, whose
 * entries are next to each other: wide kernels take both at once. Two lines go together, of the same four functions or of one and the other.
 *
 * Along one axis a function is `f(n) = sum_f A(cos f) cos(2 pi f n / N) + A(sin f) sin(2 pi f n / N)`. As in assembly/axis.ts the points n, N - n,
 * N/2 - n and N/2 + n share the sums over four kinds of rows: even cosines, odd cosines, even sines, odd sines (for odd N: cosines and sines).
 * Rows are sorted by kind, and those that vanish (the sine of 0 and of N/2) are left out, as are the points at which a kind does: on N points
 * with all their frequencies an axis has N rows. src/plans/lane-plan.ts makes the plans.
 *
 * Multiply-adds of a line with R rows: R N / 4 (even N), R N / 2 (odd N), about.
 */
import { sumKinds } from "./lane-sums";
import { address, int } from "./parallel";
import { fma, zero } from "./simd";
import { laneSumsOfPairs, wide } from "./wide-imports";

/** Bytes of an entry. */
export const LANES: usize = 16;

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

/** sumKinds of lane-sums.ts for lines wherever they are. */
function sumLines(axis: usize, left: usize, right: usize, step: usize, sums: usize): void {
  if (wide && right - left == LANES) laneSumsOfPairs(axis, left, step, sums);
  else sumKinds(axis, left, right - left, step, sums, false);
}

/** Two lines from rows `step` bytes apart to points `stepY` bytes apart, at `y` and `y2`. */
export function synthesizePair(
  axis: usize,
  left: usize,
  right: usize,
  step: usize,
  y: usize,
  y2: usize,
  stepY: usize,
  sums: usize,
): void {
  sumLines(axis, left, right, step, sums);
  const N = pointsOf(axis);
  const kind = <usize>int(axis, 1) << 5;
  const gap = y2 - y;
  let up = y + stepY;
  let down = y + <usize>(N - 1) * stepY;
  if ((N & 1) != 0) {
    v128.store(y, v128.load(sums));
    v128.store(y2, v128.load(sums, 16));
    for (let s = sums + 32; s < sums + kind; s += 32, up += stepY, down -= stepY) {
      for (let side: usize = 0, o: usize = 0; side < 32; side += 16, o += gap) {
        const c = v128.load(s + side);
        const e = v128.load(s + side + 3 * kind);
        v128.store(up + o, f32x4.add(c, e));
        v128.store(down + o, f32x4.sub(c, e));
      }
    }
    return;
  }
  const half = <usize>(N >> 1) * stepY;
  for (let side: usize = 0, o: usize = 0; side < 32; side += 16, o += gap) {
    const p0 = v128.load(sums + side);
    const p1 = v128.load(sums + side + kind);
    v128.store(y + o, f32x4.add(p0, p1));
    v128.store(y + o + half, f32x4.sub(p0, p1));
  }
  const quarter = (N & 3) == 0;
  let s = sums + 32;
  let up2 = y + half + stepY;
  let down2 = y + half - stepY;
  for (const end = sums + kind - (quarter ? 32 : 0); s < end; s += 32) {
    for (let side: usize = 0, o: usize = 0; side < 32; side += 16, o += gap) {
      const at = s + side;
      const p0 = v128.load(at);
      const p1 = v128.load(at + kind);
      const p2 = v128.load(at + 2 * kind);
      const p3 = v128.load(at + 3 * kind);
      const c = f32x4.add(p0, p1);
      const d = f32x4.sub(p0, p1);
      const e = f32x4.add(p2, p3);
      const f = f32x4.sub(p2, p3);
      v128.store(up + o, f32x4.add(c, e));
      v128.store(down + o, f32x4.sub(c, e));
      v128.store(up2 + o, f32x4.add(d, f));
      v128.store(down2 + o, f32x4.sub(d, f));
    }
    up += stepY;
    down -= stepY;
    up2 += stepY;
    down2 -= stepY;
  }
  if (!quarter) return;
  for (let side: usize = 0, o: usize = 0; side < 32; side += 16, o += gap) {
    const p0 = v128.load(s + side);
    const p3 = v128.load(s + side + 3 * kind);
    v128.store(up + o, f32x4.add(p0, p3));
    v128.store(down + o, f32x4.sub(p0, p3));
  }
}

/** Adds the square of what is positive; NaN stays. */
// @ts-ignore: decorator
@inline
function addPositive(v: v128, sum: v128): v128 {
  const x = f32x4.pmax(v, zero());
  return fma(x, x, sum);
}

/** The sums over all points of the squares of two lines, rectified, added to the vectors at `totals`; where lines are one and the same only once. */
export function addRectified(axis: usize, left: usize, right: usize, step: usize, totals: usize, sums: usize): void {
  sumLines(axis, left, right, step, sums);
  const N = pointsOf(axis);
  const kind = <usize>int(axis, 1) << 5;
  const quarter = (N & 3) == 0;
  const sides: usize = left == right ? 16 : 32;
  for (let side: usize = 0; side < sides; side += 16) {
    let s = sums + side;
    let t0 = v128.load(totals + side);
    let t1 = zero();
    const p0 = v128.load(s);
    if ((N & 1) != 0) {
      t0 = addPositive(p0, t0);
      for (const end = s + kind - 32; s < end; ) {
        s += 32;
        const c = v128.load(s);
        const e = v128.load(s + 3 * kind);
        t0 = addPositive(f32x4.add(c, e), t0);
        t1 = addPositive(f32x4.sub(c, e), t1);
      }
    } else {
      const p1 = v128.load(s + kind);
      t0 = addPositive(f32x4.add(p0, p1), t0);
      t1 = addPositive(f32x4.sub(p0, p1), t1);
      s += 32;
      for (const end = sums + side + kind - (quarter ? 32 : 0); s < end; s += 32) {
        const p0 = v128.load(s);
        const p1 = v128.load(s + kind);
        const p2 = v128.load(s + 2 * kind);
        const p3 = v128.load(s + 3 * kind);
        const c = f32x4.add(p0, p1);
        const d = f32x4.sub(p0, p1);
        const e = f32x4.add(p2, p3);
        const f = f32x4.sub(p2, p3);
        t0 = addPositive(f32x4.add(c, e), t0);
        t1 = addPositive(f32x4.sub(c, e), t1);
        t0 = addPositive(f32x4.add(d, f), t0);
        t1 = addPositive(f32x4.sub(d, f), t1);
      }
      if (quarter) {
        const p0 = v128.load(s);
        const p3 = v128.load(s + 3 * kind);
        t0 = addPositive(f32x4.add(p0, p3), t0);
        t1 = addPositive(f32x4.sub(p0, p3), t1);
      }
    }
    v128.store(totals + side, f32x4.add(t0, t1));
  }
}

/**
 * All axes but the last: the basis `[R_1, .., R_d]` at `a` to `[lines, R_d]`, the lines in the order of the grid; returns where, `a` or `b`.
 * Both hold laneEntries of `entry` bytes.
 */
export function synthesizeLeading(plan: usize, a: usize, b: usize, entry: usize, sums: usize): usize {
  const rank = laneRank(plan);
  if (rank == 1) return a;
  const axis = laneAxis(plan, 0);
  let columns = 1;
  for (let inner = 1; inner < rank; inner++) columns *= rowsOf(laneAxis(plan, inner));
  synthesizeColumns(axis, a, columns, b, entry, sums);
  if (rank == 2) return b;
  const second = laneAxis(plan, 1);
  const inner = rowsOf(laneAxis(plan, 2));
  const plane = <usize>columns * entry;
  const grid = <usize>(pointsOf(second) * inner) * entry;
  for (let n: usize = 0; n < <usize>pointsOf(axis); n++) {
    synthesizeColumns(second, b + n * plane, inner, a + n * grid, entry, sums);
  }
  return a;
}

/** `[R][columns]` to `[N][columns]`. */
function synthesizeColumns(axis: usize, a: usize, columns: i32, y: usize, entry: usize, sums: usize): void {
  const end = <usize>columns * entry;
  for (let o: usize = 0; o < end; o += 2 * LANES) {
    const next = o + LANES < end ? o + LANES : o;
    synthesizePair(axis, a + o, a + next, end, y + o, y + next, end, sums);
  }
}

/** How many lines of the last axis there are. */
// @ts-ignore: decorator
@inline
function linesOf(plan: usize): i32 {
  return lanePoints(plan) / pointsOf(laneAxis(plan, laneRank(plan) - 1));
}

/** The last axis: `[lines, R_d]` to functions on the grid at `y`; of the second four, if entries are pairs, at `y2`. */
export function synthesizeLast(plan: usize, a: usize, y: usize, y2: usize, entry: usize, sums: usize): void {
  const axis = laneAxis(plan, laneRank(plan) - 1);
  const lines = linesOf(plan);
  const from = <usize>rowsOf(axis) * entry;
  const to = <usize>pointsOf(axis) * LANES;
  if (entry > LANES) {
    for (let i: usize = 0; i < <usize>lines; i++) {
      const line = a + i * from;
      synthesizePair(axis, line, line + LANES, entry, y + i * to, y2 + i * to, LANES, sums);
    }
    return;
  }
  for (let i = 0; i < lines; i += 2) {
    const j = <usize>min(i + 1, lines - 1);
    const left = <usize>i;
    synthesizePair(axis, a + left * from, a + j * from, LANES, y + left * to, y + j * to, LANES, sums);
  }
}

/**
 * The same without a function: `totals` gets the sums of the squares of what is positive, in entries for even lines and for odd ones, which are added up later:
 * then they do not depend on how many functions go together.
 */
export function rectifiedLast(plan: usize, a: usize, totals: usize, entry: usize, sums: usize): void {
  const axis = laneAxis(plan, laneRank(plan) - 1);
  const lines = linesOf(plan);
  const from = <usize>rowsOf(axis) * entry;
  if (entry > LANES) {
    for (let i: usize = 0; i < <usize>lines; i++) {
      const line = a + i * from;
      addRectified(axis, line, line + LANES, entry, totals + (i & 1) * entry, sums);
    }
    return;
  }
  for (let i = 0; i < lines; i += 2) {
    addRectified(axis, a + <usize>i * from, a + <usize>min(i + 1, lines - 1) * from, LANES, totals, sums);
  }
}
