/** Spectra of four functions at a time, one in each lane, or of two times four, to the basis that assembly/lanes.ts synthesizes from. */
import { arePairs, entryBytes } from "./entry";
import { cosineRow, frequenciesOf, laneAxis, laneRank, rowsOf, sineRow } from "./lanes";

/**
 * Half a spectrum `[2m_1-1, .., m_d]` of entries (re, im) at `z` to the basis tensor at `a`; `spare` holds basisSpare bytes.
 */
export function spectrumToLanes<T>(plan: usize, z: usize, a: usize, spare: usize): void {
  const rank = laneRank(plan);
  const first = laneAxis(plan, 0);
  if (rank == 1) return lineToLanes<T>(first, z, a);
  const second = laneAxis(plan, 1);
  if (rank == 2) return planeToLanes<T>(first, second, z, a);
  const third = laneAxis(plan, 2);
  const inner = <usize>((2 * frequenciesOf(second) - 1) * frequenciesOf(third)) * entryBytes<T>();
  const plane = <usize>(rowsOf(second) * rowsOf(third)) * offsetof<T>();
  const m = frequenciesOf(first);
  for (let p = 0; p < m; p++) {
    const plus = z + <usize>(m - 1 + p) * inner;
    const minus = z + <usize>(m - 1 - p) * inner;
    const cosine = a + <usize>cosineRow(first, p) * plane;
    if (p == 0) {
      planeToLanes<T>(second, third, plus, cosine);
      continue;
    }
    for (let w: usize = 0; w < inner; w += 16) {
      v128.store(spare + w, f32x4.add(v128.load(plus + w), v128.load(minus + w)));
    }
    planeToLanes<T>(second, third, spare, cosine);
    if (sineRow(first, p) < 0) continue;
    // i (F(p) - F(-p))
    for (let w: usize = 0; w < inner; w += entryBytes<T>()) {
      for (let v = w; v < w + offsetof<T>(); v += 16) {
        v128.store(spare + v, f32x4.sub(v128.load(minus + v, offsetof<T>()), v128.load(plus + v, offsetof<T>())));
        v128.store(spare + v, f32x4.sub(v128.load(plus + v), v128.load(minus + v)), offsetof<T>());
      }
    }
    planeToLanes<T>(second, third, spare, a + <usize>sineRow(first, p) * plane);
  }
}

/** Bytes of spare memory of spectrumToLanes. */
export function basisSpare<T>(plan: usize): usize {
  if (laneRank(plan) < 3) return 0;
  return <usize>((2 * frequenciesOf(laneAxis(plan, 1)) - 1) * frequenciesOf(laneAxis(plan, 2))) * entryBytes<T>();
}

function lineToLanes<T>(axis: usize, z: usize, a: usize): void {
  for (let q = 0; q < frequenciesOf(axis); q++, z += entryBytes<T>()) {
    const s = sineRow(axis, q);
    const cosine = a + <usize>cosineRow(axis, q) * offsetof<T>();
    if (arePairs<T>()) v128.store(cosine, v128.load(z, 16), 16);
    v128.store(cosine, v128.load(z));
    if (s < 0) continue;
    const sine = a + <usize>s * offsetof<T>();
    if (arePairs<T>()) v128.store(sine, f32x4.neg(v128.load(z, 48)), 16);
    v128.store(sine, f32x4.neg(v128.load(z, offsetof<T>())));
  }
}

/** `[2m-1, m_d]` to `[R, R_d]`. */
function planeToLanes<T>(axis: usize, last: usize, z: usize, a: usize): void {
  const m = frequenciesOf(axis);
  const columns = frequenciesOf(last);
  const line = <usize>columns * entryBytes<T>();
  const row = <usize>rowsOf(last) * offsetof<T>();
  lineToLanes<T>(last, z + <usize>(m - 1) * line, a + <usize>cosineRow(axis, 0) * row);
  for (let p = 1; p < m; p++) {
    let plus = z + <usize>(m - 1 + p) * line;
    let minus = z + <usize>(m - 1 - p) * line;
    const cosines = a + <usize>cosineRow(axis, p) * row;
    const sines = sineRow(axis, p) < 0 ? 0 : a + <usize>sineRow(axis, p) * row;
    for (let q = 0; q < columns; q++, plus += entryBytes<T>(), minus += entryBytes<T>()) {
      const c = <usize>cosineRow(last, q) * offsetof<T>();
      const s = sineRow(last, q);
      sumOrDifference<T>(plus, minus, 0, cosines + c, 0);
      if (sines != 0) sumOrDifference<T>(minus, plus, offsetof<T>(), sines + c, 1);
      if (s < 0) continue;
      const o = <usize>s * offsetof<T>();
      sumOrDifference<T>(plus, minus, offsetof<T>(), cosines + o, 2);
      if (sines != 0) sumOrDifference<T>(minus, plus, 0, sines + o, 1);
    }
  }
}

/** The parts at `part` (of real or imaginary ones) of two entries to `to`: their sum (0), their difference (1), or less their sum (2). */
// @ts-expect-error: decorator
@inline
function sumOrDifference<T>(p: usize, q: usize, part: usize, to: usize, how: i32): void {
  if (arePairs<T>()) v128.store(to, combined(v128.load(p + part, 16), v128.load(q + part, 16), how), 16);
  v128.store(to, combined(v128.load(p + part), v128.load(q + part), how));
}

// @ts-expect-error: decorator
@inline
function combined(a: v128, b: v128, how: i32): v128 {
  if (how == 1) return f32x4.sub(a, b);
  const sum = f32x4.add(a, b);
  return how == 0 ? sum : f32x4.neg(sum);
}
