/** Spectra of four functions at a time, one in each lane, to the basis that assembly/lanes.ts synthesizes from. */
import { cosineRow, frequenciesOf, laneAxis, laneRank, LANES, rowsOf, sineRow } from "./lanes";

/**
 * Half a spectrum `[2m_1-1, .., m_d]` of entries (re, im) at `z` to the basis tensor at `a`, entries `entry` bytes apart; `spare` holds basisSpare bytes.
 */
export function spectrumToLanes(plan: usize, z: usize, a: usize, entry: usize, spare: usize): void {
  const rank = laneRank(plan);
  const first = laneAxis(plan, 0);
  if (rank == 1) return lineToLanes(first, z, a, entry);
  const second = laneAxis(plan, 1);
  if (rank == 2) return planeToLanes(first, second, z, a, entry);
  const third = laneAxis(plan, 2);
  const inner = <usize>((2 * frequenciesOf(second) - 1) * frequenciesOf(third)) * 2 * LANES;
  const plane = <usize>(rowsOf(second) * rowsOf(third)) * entry;
  const m = frequenciesOf(first);
  for (let p = 0; p < m; p++) {
    const plus = z + <usize>(m - 1 + p) * inner;
    const minus = z + <usize>(m - 1 - p) * inner;
    const cosine = a + <usize>cosineRow(first, p) * plane;
    if (p == 0) {
      planeToLanes(second, third, plus, cosine, entry);
      continue;
    }
    for (let w: usize = 0; w < inner; w += LANES) {
      v128.store(spare + w, f32x4.add(v128.load(plus + w), v128.load(minus + w)));
    }
    planeToLanes(second, third, spare, cosine, entry);
    if (sineRow(first, p) < 0) continue;
    // i (F(p) - F(-p))
    for (let w: usize = 0; w < inner; w += 2 * LANES) {
      v128.store(spare + w, f32x4.sub(v128.load(minus + w, 16), v128.load(plus + w, 16)));
      v128.store(spare + w, f32x4.sub(v128.load(plus + w), v128.load(minus + w)), 16);
    }
    planeToLanes(second, third, spare, a + <usize>sineRow(first, p) * plane, entry);
  }
}

/** Bytes of spare memory of spectrumToLanes. */
export function basisSpare(plan: usize): usize {
  if (laneRank(plan) < 3) return 0;
  return <usize>((2 * frequenciesOf(laneAxis(plan, 1)) - 1) * frequenciesOf(laneAxis(plan, 2))) * 2 * LANES;
}

function lineToLanes(axis: usize, z: usize, a: usize, entry: usize): void {
  for (let q = 0; q < frequenciesOf(axis); q++, z += 2 * LANES) {
    const s = sineRow(axis, q);
    v128.store(a + <usize>cosineRow(axis, q) * entry, v128.load(z));
    if (s >= 0) v128.store(a + <usize>s * entry, f32x4.neg(v128.load(z, 16)));
  }
}

/** `[2m-1, m_d]` to `[R, R_d]`. */
function planeToLanes(axis: usize, last: usize, z: usize, a: usize, entry: usize): void {
  const m = frequenciesOf(axis);
  const columns = frequenciesOf(last);
  const line = <usize>columns * 2 * LANES;
  const row = <usize>rowsOf(last) * entry;
  lineToLanes(last, z + <usize>(m - 1) * line, a + <usize>cosineRow(axis, 0) * row, entry);
  for (let p = 1; p < m; p++) {
    let plus = z + <usize>(m - 1 + p) * line;
    let minus = z + <usize>(m - 1 - p) * line;
    const cosines = a + <usize>cosineRow(axis, p) * row;
    const sines = sineRow(axis, p) < 0 ? 0 : a + <usize>sineRow(axis, p) * row;
    for (let q = 0; q < columns; q++, plus += 2 * LANES, minus += 2 * LANES) {
      const c = <usize>cosineRow(last, q) * entry;
      const s = sineRow(last, q);
      const re = v128.load(plus);
      const im = v128.load(plus, 16);
      const re2 = v128.load(minus);
      const im2 = v128.load(minus, 16);
      v128.store(cosines + c, f32x4.add(re, re2));
      if (sines != 0) v128.store(sines + c, f32x4.sub(im2, im));
      if (s < 0) continue;
      const o = <usize>s * entry;
      v128.store(cosines + o, f32x4.neg(f32x4.add(im, im2)));
      if (sines != 0) v128.store(sines + o, f32x4.sub(re2, re));
    }
  }
}
