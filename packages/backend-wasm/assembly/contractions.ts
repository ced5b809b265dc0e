/** Contractions over channels or chosen concepts, frequency by frequency, four frequencies a vector; flat spectra of M entries. */
import { fma, fnma, loadPart, storePart, sumLanes, zero } from "./simd";
import { accumulateSpectra, correlateSpectra, decodeSpectra, scalePairs, wide } from "./wide-imports";

/** Channels whose spectra are gone through together, so that they stay in the first-level cache. */
const CHANNEL_BLOCK: i32 = 32;

/** z(w) = sum_c conj(e_c(w)) x_c(w): x, e `[C, M]` to z `[M]`. Multiply-adds: 4 C M. */
export function correlate(
  xRe: usize,
  xIm: usize,
  eRe: usize,
  eIm: usize,
  channels: i32,
  M: i32,
  zRe: usize,
  zIm: usize,
): void {
  for (let c = 0; c < channels; c += CHANNEL_BLOCK) {
    const o = <usize>(c * M) << 2;
    correlateSome(xRe + o, xIm + o, eRe + o, eIm + o, min(CHANNEL_BLOCK, channels - c), M, zRe, zIm, c > 0);
  }
}

function correlateSome(
  xRe: usize,
  xIm: usize,
  eRe: usize,
  eIm: usize,
  channels: i32,
  M: i32,
  zRe: usize,
  zIm: usize,
  add: bool,
): void {
  const row = <usize>M << 2;
  const whole = <usize>(M & ~3) << 2;
  const joined = wide ? whole & ~63 : 0;
  if (joined > 0) correlateSpectra(xRe, xIm, eRe, eIm, channels, row, zRe, zIm, joined, add);
  for (let w = joined; w < whole; w += 16) {
    let re = add ? v128.load(zRe + w) : zero();
    let im = add ? v128.load(zIm + w) : zero();
    for (let c = 0, o = w; c < channels; c++, o += row) {
      const a = v128.load(xRe + o);
      const b = v128.load(xIm + o);
      const p = v128.load(eRe + o);
      const q = v128.load(eIm + o);
      re = fma(p, a, fma(q, b, re));
      im = fma(p, b, fnma(q, a, im));
    }
    v128.store(zRe + w, re);
    v128.store(zIm + w, im);
  }
  const left = M & 3;
  if (left == 0) return;
  let re = add ? loadPart(zRe + whole, left) : zero();
  let im = add ? loadPart(zIm + whole, left) : zero();
  for (let c = 0, o = whole; c < channels; c++, o += row) {
    const a = loadPart(xRe + o, left);
    const b = loadPart(xIm + o, left);
    const p = loadPart(eRe + o, left);
    const q = loadPart(eIm + o, left);
    re = fma(p, a, fma(q, b, re));
    im = fma(p, b, fnma(q, a, im));
  }
  storePart(zRe + whole, re, left);
  storePart(zIm + whole, im, left);
}

/**
 * The same for one e and four samples at four frequencies, added to what is there where `add`: entries of x and e are vectors, one for each
 * channel, samples `step` bytes apart. z of sample i at zRe + i `zStep`.
 */
export function correlateFour(
  xRe: usize,
  xIm: usize,
  step: usize,
  eRe: usize,
  eIm: usize,
  channels: i32,
  zRe: usize,
  zIm: usize,
  zStep: usize,
  add: bool,
): void {
  const imaginary = xIm - xRe;
  const toImaginary = zIm - zRe;
  let re0 = zero();
  let im0 = zero();
  let re1 = zero();
  let im1 = zero();
  let re2 = zero();
  let im2 = zero();
  let re3 = zero();
  let im3 = zero();
  let to = zRe;
  if (add) {
    re0 = v128.load(to);
    im0 = v128.load(to + toImaginary);
    to += zStep;
    re1 = v128.load(to);
    im1 = v128.load(to + toImaginary);
    to += zStep;
    re2 = v128.load(to);
    im2 = v128.load(to + toImaginary);
    to += zStep;
    re3 = v128.load(to);
    im3 = v128.load(to + toImaginary);
  }
  for (let o: usize = 0; o < <usize>channels << 4; o += 16) {
    const p = v128.load(eRe + o);
    const q = v128.load(eIm + o);
    let at = xRe + o;
    let a = v128.load(at);
    let b = v128.load(at + imaginary);
    re0 = fma(p, a, fma(q, b, re0));
    im0 = fma(p, b, fnma(q, a, im0));
    at += step;
    a = v128.load(at);
    b = v128.load(at + imaginary);
    re1 = fma(p, a, fma(q, b, re1));
    im1 = fma(p, b, fnma(q, a, im1));
    at += step;
    a = v128.load(at);
    b = v128.load(at + imaginary);
    re2 = fma(p, a, fma(q, b, re2));
    im2 = fma(p, b, fnma(q, a, im2));
    at += step;
    a = v128.load(at);
    b = v128.load(at + imaginary);
    re3 = fma(p, a, fma(q, b, re3));
    im3 = fma(p, b, fnma(q, a, im3));
  }
  to = zRe;
  v128.store(to, re0);
  v128.store(to + toImaginary, im0);
  to += zStep;
  v128.store(to, re1);
  v128.store(to + toImaginary, im1);
  to += zStep;
  v128.store(to, re2);
  v128.store(to + toImaginary, im2);
  to += zStep;
  v128.store(to, re3);
  v128.store(to + toImaginary, im3);
}

/**
 * x(w) = sum_j d[concepts_j](w) z_j(w) for one channel: z `[k, M]`, d `[K, C, M]` from that channel on, `stride` bytes between
 * concepts. Multiply-adds: 4 k M.
 */
export function decode(
  zRe: usize,
  zIm: usize,
  dRe: usize,
  dIm: usize,
  stride: usize,
  concepts: usize,
  chosen: i32,
  M: i32,
  xRe: usize,
  xIm: usize,
): void {
  const row = <usize>M << 2;
  const end = concepts + (<usize>chosen << 2);
  const joined = wide ? row & ~63 : 0;
  if (joined > 0) decodeSpectra(zRe, zIm, dRe, dIm, stride, concepts, end, row, xRe, xIm, joined);
  for (let w = joined; w < row; w += 16) {
    const left = M - <i32>(w >> 2);
    let re = zero();
    let im = zero();
    let o = w;
    if (left >= 4) {
      for (let at = concepts; at < end; at += 4, o += row) {
        const d = <usize>load<i32>(at) * stride + w;
        const a = v128.load(zRe + o);
        const b = v128.load(zIm + o);
        const p = v128.load(dRe + d);
        const q = v128.load(dIm + d);
        re = fma(p, a, fnma(q, b, re));
        im = fma(p, b, fma(q, a, im));
      }
      v128.store(xRe + w, re);
      v128.store(xIm + w, im);
    } else {
      for (let at = concepts; at < end; at += 4, o += row) {
        const d = <usize>load<i32>(at) * stride + w;
        const a = loadPart(zRe + o, left);
        const b = loadPart(zIm + o, left);
        const p = loadPart(dRe + d, left);
        const q = loadPart(dIm + d, left);
        re = fma(p, a, fnma(q, b, re));
        im = fma(p, b, fma(q, a, im));
      }
      storePart(xRe + w, re, left);
      storePart(xIm + w, im, left);
    }
  }
}

/**
 * Sum over the uses of one concept of p(w) conj(q(w)): for use u the pair of byte offsets (into p, into q) at uses + 8 u.
 * Added to what is there where `add`. Multiply-adds: 4 M for each use.
 */
export function accumulate(
  pRe: usize,
  pIm: usize,
  qRe: usize,
  qIm: usize,
  uses: usize,
  count: i32,
  M: i32,
  toRe: usize,
  toIm: usize,
  add: bool,
): void {
  const row = <usize>M << 2;
  const end = uses + (<usize>count << 3);
  const joined = wide ? row & ~63 : 0;
  if (joined > 0) accumulateSpectra(pRe, pIm, qRe, qIm, uses, end, toRe, toIm, joined, add);
  for (let w = joined; w < row; w += 16) {
    const left = M - <i32>(w >> 2);
    let re = zero();
    let im = zero();
    if (left >= 4) {
      if (add) {
        re = v128.load(toRe + w);
        im = v128.load(toIm + w);
      }
      for (let at = uses; at < end; at += 8) {
        const i = <usize>load<u32>(at) + w;
        const j = <usize>load<u32>(at, 4) + w;
        const a = v128.load(pRe + i);
        const b = v128.load(pIm + i);
        const c = v128.load(qRe + j);
        const d = v128.load(qIm + j);
        re = fma(a, c, fma(b, d, re));
        im = fma(b, c, fnma(a, d, im));
      }
      v128.store(toRe + w, re);
      v128.store(toIm + w, im);
    } else {
      if (add) {
        re = loadPart(toRe + w, left);
        im = loadPart(toIm + w, left);
      }
      for (let at = uses; at < end; at += 8) {
        const i = <usize>load<u32>(at) + w;
        const j = <usize>load<u32>(at, 4) + w;
        const a = loadPart(pRe + i, left);
        const b = loadPart(pIm + i, left);
        const c = loadPart(qRe + j, left);
        const d = loadPart(qIm + j, left);
        re = fma(a, c, fma(b, d, re));
        im = fma(b, c, fnma(a, d, im));
      }
      storePart(toRe + w, re, left);
      storePart(toIm + w, im, left);
    }
  }
}

/** Scales a row by a factor for each entry: y = x f. */
export function scale(x: usize, factors: usize, n: i32, y: usize): void {
  let w: usize = wide ? <usize>(n & ~7) << 2 : 0;
  if (w > 0) scalePairs(x, factors, y, w);
  for (const end = <usize>(n & ~3) << 2; w < end; w += 16) {
    v128.store(y + w, f32x4.mul(v128.load(x + w), v128.load(factors + w)));
  }
  const left = n & 3;
  if (left > 0) storePart(y + w, f32x4.mul(loadPart(x + w, left), loadPart(factors + w, left)), left);
}

/** sum_w f(w) (re(w)^2 + im(w)^2). */
export function weightedPower(re: usize, im: usize, factors: usize, n: i32): f32 {
  let s0 = zero();
  let s1 = zero();
  let w: usize = 0;
  for (const end = <usize>(n & ~3) << 2; w < end; w += 16) {
    const a = v128.load(re + w);
    const b = v128.load(im + w);
    const f = v128.load(factors + w);
    s0 = fma(f32x4.mul(a, a), f, s0);
    s1 = fma(f32x4.mul(b, b), f, s1);
  }
  const left = n & 3;
  if (left > 0) {
    const a = loadPart(re + w, left);
    const b = loadPart(im + w, left);
    const f = loadPart(factors + w, left);
    s0 = fma(fma(a, a, f32x4.mul(b, b)), f, s0);
  }
  return sumLanes(f32x4.add(s0, s1));
}

/** sum max(x, 0)^2 over n entries; NaN where one is. */
export function rectifiedPower(x: usize, n: i32): f32 {
  // Of a pair pmax keeps the first where that is NaN.
  const nothing = zero();
  let s0 = zero();
  let s1 = zero();
  const end = x + (<usize>(n & ~7) << 2);
  for (; x < end; x += 32) {
    const a = f32x4.pmax(v128.load(x), nothing);
    const b = f32x4.pmax(v128.load(x, 16), nothing);
    s0 = fma(a, a, s0);
    s1 = fma(b, b, s1);
  }
  let left = n & 7;
  if (left >= 4) {
    const a = f32x4.pmax(v128.load(x), nothing);
    s0 = fma(a, a, s0);
    x += 16;
    left -= 4;
  }
  if (left > 0) {
    const a = f32x4.pmax(loadPart(x, left), nothing);
    s1 = fma(a, a, s1);
  }
  return sumLanes(f32x4.add(s0, s1));
}
