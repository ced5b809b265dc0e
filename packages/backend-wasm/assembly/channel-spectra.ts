/**
 * Spectra of a block of channels, `[channels, M]`, from and to their real basis with channels in lanes, `[R_1, R_2, channels]` (assembly/fourier.ts
 * says which rows there are). Four channels and four frequencies of the last axis at a time.
 */
import { basisRows, modesOn, rankOf, spectrumSize } from "./fourier";
import { loadPart, storePart, zero } from "./simd";

/** The row of the cosine of a frequency; that of its sine is two further. */
// @ts-ignore: decorator
@inline
function cosineRow(frequency: i32): usize {
  return <usize>(((frequency >> 1) << 2) + (frequency & 1));
}

/** The first of the last four frequencies, or 0 where there are fewer. */
// @ts-ignore: decorator
@inline
function lastFour(m: i32): i32 {
  return max(m - 4, 0);
}

/** The vectors at `from`, 64 bytes, turned and stored: the first `count` entries of four rows. */
// @ts-ignore: decorator
@inline
function storeTurned(from: usize, to: usize, stride: usize, count: i32): void {
  const a = v128.load(from);
  const b = v128.load(from, 16);
  const c = v128.load(from, 32);
  const d = v128.load(from, 48);
  const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
  const cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  const ab2 = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const cd2 = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  const r0 = v128.shuffle<i64>(ab, cd, 0, 2);
  const r1 = v128.shuffle<i64>(ab, cd, 1, 3);
  const r2 = v128.shuffle<i64>(ab2, cd2, 0, 2);
  const r3 = v128.shuffle<i64>(ab2, cd2, 1, 3);
  if (count >= 4) {
    v128.store(to, r0);
    v128.store(to + stride, r1);
    v128.store(to + 2 * stride, r2);
    v128.store(to + 3 * stride, r3);
  } else {
    storePart(to, r0, count);
    storePart(to + stride, r1, count);
    storePart(to + 2 * stride, r2, count);
    storePart(to + 3 * stride, r3, count);
  }
}

/** The first `count` entries of four rows, turned: vectors of four rows at `to`. */
// @ts-ignore: decorator
@inline
function loadTurned(from: usize, stride: usize, count: i32, to: usize): void {
  let a: v128, b: v128, c: v128, d: v128;
  if (count >= 4) {
    a = v128.load(from);
    b = v128.load(from + stride);
    c = v128.load(from + 2 * stride);
    d = v128.load(from + 3 * stride);
  } else {
    a = loadPart(from, count);
    b = loadPart(from + stride, count);
    c = loadPart(from + 2 * stride, count);
    d = loadPart(from + 3 * stride, count);
  }
  const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
  const cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  const ab2 = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const cd2 = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<i64>(ab, cd, 0, 2));
  v128.store(to, v128.shuffle<i64>(ab, cd, 1, 3), 16);
  v128.store(to, v128.shuffle<i64>(ab2, cd2, 0, 2), 32);
  v128.store(to, v128.shuffle<i64>(ab2, cd2, 1, 3), 48);
}

/** From the basis; `spare` holds 256 bytes. Times `zeroth` where w_d = 0, else `others`. */
export function lanesToSpectra(
  plan: usize,
  basis: usize,
  channels: i32,
  re: usize,
  im: usize,
  zeroth: f32,
  others: f32,
  spare: usize,
): void {
  const last = rankOf(plan) - 1;
  const m1 = last == 0 ? 1 : modesOn(plan, 0);
  const m2 = modesOn(plan, last);
  const row = <usize>spectrumSize(plan) << 2;
  const width = <usize>channels << 2;
  const line = <usize>basisRows(plan, last) * width;
  for (let c = 0; c < channels; c += 4) {
    const from = basis + (<usize>c << 2);
    const to = <usize>c * row;
    for (let p = 0; p < m1; p++) {
      const cosines = from + cosineRow(p) * line;
      const sines = cosines + 2 * line;
      for (let q = 0; q < m2; q += 4) {
        q = min(q, lastFour(m2));
        const count = min(4, m2 - q);
        for (let i = 0; i < count; i++) {
          const s = f32x4.splat(q + i == 0 ? zeroth : others);
          const o = cosineRow(q + i) * width;
          const cc = f32x4.mul(s, v128.load(cosines + o));
          const cs = f32x4.mul(s, v128.load(cosines + o + 2 * width));
          const at = spare + (<usize>i << 4);
          if (p == 0) {
            v128.store(at, cc);
            v128.store(at, f32x4.neg(cs), 64);
            continue;
          }
          const sc = f32x4.mul(s, v128.load(sines + o));
          const ss = f32x4.mul(s, v128.load(sines + o + 2 * width));
          v128.store(at, f32x4.sub(cc, ss));
          v128.store(at, f32x4.neg(f32x4.add(cs, sc)), 64);
          v128.store(at, f32x4.add(cc, ss), 128);
          v128.store(at, f32x4.sub(sc, cs), 192);
        }
        const plus = to + (<usize>((m1 - 1 + p) * m2 + q) << 2);
        storeTurned(spare, re + plus, row, count);
        storeTurned(spare + 64, im + plus, row, count);
        if (p == 0) continue;
        const minus = to + (<usize>((m1 - 1 - p) * m2 + q) << 2);
        storeTurned(spare + 128, re + minus, row, count);
        storeTurned(spare + 192, im + minus, row, count);
      }
    }
  }
}

/** To the basis; `spare` holds 256 bytes. The last axis weighted. */
export function spectraToLanes(
  plan: usize,
  re: usize,
  im: usize,
  channels: i32,
  basis: usize,
  zeroth: f32,
  others: f32,
  spare: usize,
): void {
  const last = rankOf(plan) - 1;
  const m1 = last == 0 ? 1 : modesOn(plan, 0);
  const m2 = modesOn(plan, last);
  const row = <usize>spectrumSize(plan) << 2;
  const width = <usize>channels << 2;
  const line = <usize>basisRows(plan, last) * width;
  // Rows of frequencies that are absent.
  memory.fill(basis, 0, (last == 0 ? 1 : <usize>basisRows(plan, 0)) * line);
  for (let c = 0; c < channels; c += 4) {
    const to = basis + (<usize>c << 2);
    const from = <usize>c * row;
    for (let p = 0; p < m1; p++) {
      const cosines = to + cosineRow(p) * line;
      const sines = cosines + 2 * line;
      for (let q = 0; q < m2; q += 4) {
        q = min(q, lastFour(m2));
        const count = min(4, m2 - q);
        const plus = from + (<usize>((m1 - 1 + p) * m2 + q) << 2);
        loadTurned(re + plus, row, count, spare);
        loadTurned(im + plus, row, count, spare + 64);
        if (p > 0) {
          const minus = from + (<usize>((m1 - 1 - p) * m2 + q) << 2);
          loadTurned(re + minus, row, count, spare + 128);
          loadTurned(im + minus, row, count, spare + 192);
        }
        for (let i = 0; i < count; i++) {
          const s = f32x4.splat(q + i == 0 ? zeroth : others);
          const o = cosineRow(q + i) * width;
          const at = spare + (<usize>i << 4);
          const a = f32x4.mul(s, v128.load(at));
          const b = f32x4.mul(s, v128.load(at, 64));
          if (p == 0) {
            v128.store(cosines + o, a);
            v128.store(cosines + o + 2 * width, f32x4.neg(b));
            continue;
          }
          const d = f32x4.mul(s, v128.load(at, 128));
          const e = f32x4.mul(s, v128.load(at, 192));
          v128.store(cosines + o, f32x4.add(a, d));
          v128.store(cosines + o + 2 * width, f32x4.neg(f32x4.add(b, e)));
          v128.store(sines + o, f32x4.sub(e, b));
          v128.store(sines + o + 2 * width, f32x4.sub(d, a));
        }
      }
    }
  }
}
