/**
 * Contractions between one sample and the concepts on a list, frequency by frequency: four concepts or channels at a time, so that what
 * is loaded once is used four times. Spectra are flat, M entries, rows follow each other; `stride` is in bytes between concepts.
 */
import { correlate } from "./contractions";
import { fma, fnma, loadPart, storePart, zero } from "./simd";

/** Four entries, or the first `count` of them and zeros. */
// @ts-ignore: decorator
@inline
function some(p: usize, count: i32): v128 {
  return count == 4 ? v128.load(p) : loadPart(p, count);
}

// @ts-ignore: decorator
@inline
function storeSome(p: usize, v: v128, count: i32): void {
  if (count == 4) v128.store(p, v);
  else storePart(p, v, count);
}

/**
 * z_j(w) = sum_c conj(d_k,c(w)) x_c(w) with k the j-th concept on the list: x `[C, M]`, d `[K, C, M]` to z `[count, M]`.
 * Multiply-adds: 4 C M for each concept.
 */
export function correlateListed(
  xRe: usize,
  xIm: usize,
  dRe: usize,
  dIm: usize,
  list: usize,
  count: i32,
  channels: i32,
  M: i32,
  zRe: usize,
  zIm: usize,
): void {
  const row = <usize>M << 2;
  const stride = <usize>channels * row;
  const whole = <usize>(M & ~3) << 2;
  const last = count - 1;
  for (let j = 0; j < count; j += 4) {
    if (j + 2 > last) {
      for (; j < count; j++) {
        const d = <usize>load<i32>(list + (<usize>j << 2)) * stride;
        correlate(xRe, xIm, dRe + d, dIm + d, channels, M, zRe + <usize>j * row, zIm + <usize>j * row);
      }
      return;
    }
    // Three: the last one twice, written to its own place.
    const j1 = j + 1;
    const j2 = j + 2;
    const j3 = min(j + 3, last);
    const d0 = <usize>load<i32>(list + (<usize>j << 2)) * stride;
    const d1 = <usize>load<i32>(list + (<usize>j1 << 2)) * stride;
    const d2 = <usize>load<i32>(list + (<usize>j2 << 2)) * stride;
    const d3 = <usize>load<i32>(list + (<usize>j3 << 2)) * stride;
    const z0 = <usize>j * row;
    const z1 = <usize>j1 * row;
    const z2 = <usize>j2 * row;
    const z3 = <usize>j3 * row;
    let w: usize = 0;
    for (; w < whole; w += 16) {
      correlateFour(xRe, xIm, dRe, dIm, d0, d1, d2, d3, channels, row, zRe, zIm, z0, z1, z2, z3, w, 4);
    }
    if (w < row) correlateFour(xRe, xIm, dRe, dIm, d0, d1, d2, d3, channels, row, zRe, zIm, z0, z1, z2, z3, w, M & 3);
  }
}

// @ts-ignore: decorator
@inline
function correlateFour(
  xRe: usize,
  xIm: usize,
  dRe: usize,
  dIm: usize,
  d0: usize,
  d1: usize,
  d2: usize,
  d3: usize,
  channels: i32,
  row: usize,
  zRe: usize,
  zIm: usize,
  z0: usize,
  z1: usize,
  z2: usize,
  z3: usize,
  w: usize,
  some4: i32,
): void {
  let re0 = zero();
  let im0 = zero();
  let re1 = zero();
  let im1 = zero();
  let re2 = zero();
  let im2 = zero();
  let re3 = zero();
  let im3 = zero();
  for (let o = w, end = w + <usize>channels * row; o < end; o += row) {
    const a = some(xRe + o, some4);
    const b = some(xIm + o, some4);
    let p = some(dRe + d0 + o, some4);
    let q = some(dIm + d0 + o, some4);
    re0 = fma(p, a, fma(q, b, re0));
    im0 = fma(p, b, fnma(q, a, im0));
    p = some(dRe + d1 + o, some4);
    q = some(dIm + d1 + o, some4);
    re1 = fma(p, a, fma(q, b, re1));
    im1 = fma(p, b, fnma(q, a, im1));
    p = some(dRe + d2 + o, some4);
    q = some(dIm + d2 + o, some4);
    re2 = fma(p, a, fma(q, b, re2));
    im2 = fma(p, b, fnma(q, a, im2));
    p = some(dRe + d3 + o, some4);
    q = some(dIm + d3 + o, some4);
    re3 = fma(p, a, fma(q, b, re3));
    im3 = fma(p, b, fnma(q, a, im3));
  }
  storeSome(zRe + z0 + w, re0, some4);
  storeSome(zIm + z0 + w, im0, some4);
  storeSome(zRe + z1 + w, re1, some4);
  storeSome(zIm + z1 + w, im1, some4);
  storeSome(zRe + z2 + w, re2, some4);
  storeSome(zIm + z2 + w, im2, some4);
  storeSome(zRe + z3 + w, re3, some4);
  storeSome(zIm + z3 + w, im3, some4);
}

/**
 * x_c(w) <- x_c(w) - sum_k d_k,c(w) z_k(w) over the concepts on the list: x `[C, M]`, d `[K, C, M]`, z `[K, M]`.
 * Multiply-adds: 4 C M for each concept.
 */
export function subtractListed(
  xRe: usize,
  xIm: usize,
  dRe: usize,
  dIm: usize,
  list: usize,
  count: i32,
  channels: i32,
  M: i32,
  zRe: usize,
  zIm: usize,
): void {
  const row = <usize>M << 2;
  const stride = <usize>channels * row;
  const whole = <usize>(M & ~3) << 2;
  let j = 0;
  for (; j + 4 <= count; j += 4) {
    const at = list + (<usize>j << 2);
    const k0 = <usize>load<i32>(at);
    const k1 = <usize>load<i32>(at, 4);
    const k2 = <usize>load<i32>(at, 8);
    const k3 = <usize>load<i32>(at, 12);
    let w: usize = 0;
    for (; w < whole; w += 16) {
      subtractFour(xRe, xIm, dRe, dIm, stride, k0, k1, k2, k3, channels, row, zRe, zIm, w, 4);
    }
    if (w < row) subtractFour(xRe, xIm, dRe, dIm, stride, k0, k1, k2, k3, channels, row, zRe, zIm, w, M & 3);
  }
  for (; j < count; j++) {
    const k = <usize>load<i32>(list + (<usize>j << 2));
    let w: usize = 0;
    for (; w < whole; w += 16) subtractOne(xRe, xIm, dRe, dIm, stride, k, channels, row, zRe, zIm, w, 4);
    if (w < row) subtractOne(xRe, xIm, dRe, dIm, stride, k, channels, row, zRe, zIm, w, M & 3);
  }
}

// @ts-ignore: decorator
@inline
function subtractFour(
  xRe: usize,
  xIm: usize,
  dRe: usize,
  dIm: usize,
  stride: usize,
  k0: usize,
  k1: usize,
  k2: usize,
  k3: usize,
  channels: i32,
  row: usize,
  zRe: usize,
  zIm: usize,
  w: usize,
  some4: i32,
): void {
  const a0 = some(zRe + k0 * row + w, some4);
  const b0 = some(zIm + k0 * row + w, some4);
  const a1 = some(zRe + k1 * row + w, some4);
  const b1 = some(zIm + k1 * row + w, some4);
  const a2 = some(zRe + k2 * row + w, some4);
  const b2 = some(zIm + k2 * row + w, some4);
  const a3 = some(zRe + k3 * row + w, some4);
  const b3 = some(zIm + k3 * row + w, some4);
  const d0 = k0 * stride;
  const d1 = k1 * stride;
  const d2 = k2 * stride;
  const d3 = k3 * stride;
  for (let o = w, end = w + <usize>channels * row; o < end; o += row) {
    let re = some(xRe + o, some4);
    let im = some(xIm + o, some4);
    let p = some(dRe + d0 + o, some4);
    let q = some(dIm + d0 + o, some4);
    re = fnma(p, a0, fma(q, b0, re));
    im = fnma(p, b0, fnma(q, a0, im));
    p = some(dRe + d1 + o, some4);
    q = some(dIm + d1 + o, some4);
    re = fnma(p, a1, fma(q, b1, re));
    im = fnma(p, b1, fnma(q, a1, im));
    p = some(dRe + d2 + o, some4);
    q = some(dIm + d2 + o, some4);
    re = fnma(p, a2, fma(q, b2, re));
    im = fnma(p, b2, fnma(q, a2, im));
    p = some(dRe + d3 + o, some4);
    q = some(dIm + d3 + o, some4);
    re = fnma(p, a3, fma(q, b3, re));
    im = fnma(p, b3, fnma(q, a3, im));
    storeSome(xRe + o, re, some4);
    storeSome(xIm + o, im, some4);
  }
}

// @ts-ignore: decorator
@inline
function subtractOne(
  xRe: usize,
  xIm: usize,
  dRe: usize,
  dIm: usize,
  stride: usize,
  k: usize,
  channels: i32,
  row: usize,
  zRe: usize,
  zIm: usize,
  w: usize,
  some4: i32,
): void {
  const a = some(zRe + k * row + w, some4);
  const b = some(zIm + k * row + w, some4);
  const d = k * stride;
  for (let o = w, end = w + <usize>channels * row; o < end; o += row) {
    const p = some(dRe + d + o, some4);
    const q = some(dIm + d + o, some4);
    storeSome(xRe + o, fnma(p, a, fma(q, b, some(xRe + o, some4))), some4);
    storeSome(xIm + o, fnma(p, b, fnma(q, a, some(xIm + o, some4))), some4);
  }
}

/** Bytes of an entry of a list of products: the addresses of x (re, im) and of z (re, im). */
export const PRODUCT_BYTES: usize = 16;

/** Puts the product of a spectrum x `[C, M]` with the conjugate of a spectrum z `[M]` on a list; returns the end of the list. */
export function listProduct(at: usize, xRe: usize, xIm: usize, zRe: usize, zIm: usize): usize {
  store<u32>(at, <u32>xRe);
  store<u32>(at, <u32>xIm, 4);
  store<u32>(at, <u32>zRe, 8);
  store<u32>(at, <u32>zIm, 12);
  return at + PRODUCT_BYTES;
}

/** Bytes of a row that sums of products are best taken over at a time: what many of them read again stays in the cache. */
export const PRODUCT_WIDTH: usize = 512;

/**
 * The sum of the products x(w) conj(z(w)) on a list to `[C, M]`, or added to what is there, for the frequencies in bytes `begin` to `stop`
 * of a row, the former a multiple of 16. Multiply-adds: 4 C for each product and frequency.
 */
export function addProducts(
  products: usize,
  end: usize,
  channels: i32,
  M: i32,
  toRe: usize,
  toIm: usize,
  add: bool,
  begin: usize,
  stop: usize,
): void {
  const row = <usize>M << 2;
  const whole = min(stop, <usize>(M & ~3) << 2);
  const left = stop > whole ? M & 3 : 0;
  let c = 0;
  for (; c + 4 <= channels; c += 4) {
    const o = <usize>c * row;
    let w = begin;
    for (; w < whole; w += 16) addToFour(products, end, row, toRe + o, toIm + o, o, w, add, 4);
    if (left > 0) addToFour(products, end, row, toRe + o, toIm + o, o, w, add, left);
  }
  for (; c < channels; c++) {
    const o = <usize>c * row;
    let w = begin;
    for (; w < whole; w += 16) addToOne(products, end, toRe + o, toIm + o, o, w, add, 4);
    if (left > 0) addToOne(products, end, toRe + o, toIm + o, o, w, add, left);
  }
}

// @ts-ignore: decorator
@inline
function addToFour(
  products: usize,
  end: usize,
  row: usize,
  toRe: usize,
  toIm: usize,
  channel: usize,
  w: usize,
  add: bool,
  some4: i32,
): void {
  let re0 = zero();
  let im0 = zero();
  let re1 = zero();
  let im1 = zero();
  let re2 = zero();
  let im2 = zero();
  let re3 = zero();
  let im3 = zero();
  if (add) {
    re0 = some(toRe + w, some4);
    im0 = some(toIm + w, some4);
    re1 = some(toRe + row + w, some4);
    im1 = some(toIm + row + w, some4);
    re2 = some(toRe + 2 * row + w, some4);
    im2 = some(toIm + 2 * row + w, some4);
    re3 = some(toRe + 3 * row + w, some4);
    im3 = some(toIm + 3 * row + w, some4);
  }
  for (let at = products; at < end; at += PRODUCT_BYTES) {
    let xRe = <usize>load<u32>(at) + channel + w;
    let xIm = <usize>load<u32>(at, 4) + channel + w;
    const p = some(<usize>load<u32>(at, 8) + w, some4);
    const q = some(<usize>load<u32>(at, 12) + w, some4);
    let a = some(xRe, some4);
    let b = some(xIm, some4);
    re0 = fma(a, p, fma(b, q, re0));
    im0 = fma(b, p, fnma(a, q, im0));
    xRe += row;
    xIm += row;
    a = some(xRe, some4);
    b = some(xIm, some4);
    re1 = fma(a, p, fma(b, q, re1));
    im1 = fma(b, p, fnma(a, q, im1));
    xRe += row;
    xIm += row;
    a = some(xRe, some4);
    b = some(xIm, some4);
    re2 = fma(a, p, fma(b, q, re2));
    im2 = fma(b, p, fnma(a, q, im2));
    xRe += row;
    xIm += row;
    a = some(xRe, some4);
    b = some(xIm, some4);
    re3 = fma(a, p, fma(b, q, re3));
    im3 = fma(b, p, fnma(a, q, im3));
  }
  storeSome(toRe + w, re0, some4);
  storeSome(toIm + w, im0, some4);
  storeSome(toRe + row + w, re1, some4);
  storeSome(toIm + row + w, im1, some4);
  storeSome(toRe + 2 * row + w, re2, some4);
  storeSome(toIm + 2 * row + w, im2, some4);
  storeSome(toRe + 3 * row + w, re3, some4);
  storeSome(toIm + 3 * row + w, im3, some4);
}

// @ts-ignore: decorator
@inline
function addToOne(
  products: usize,
  end: usize,
  toRe: usize,
  toIm: usize,
  channel: usize,
  w: usize,
  add: bool,
  some4: i32,
): void {
  let re = add ? some(toRe + w, some4) : zero();
  let im = add ? some(toIm + w, some4) : zero();
  for (let at = products; at < end; at += PRODUCT_BYTES) {
    const a = some(<usize>load<u32>(at) + channel + w, some4);
    const b = some(<usize>load<u32>(at, 4) + channel + w, some4);
    const p = some(<usize>load<u32>(at, 8) + w, some4);
    const q = some(<usize>load<u32>(at, 12) + w, some4);
    re = fma(a, p, fma(b, q, re));
    im = fma(b, p, fnma(a, q, im));
  }
  storeSome(toRe + w, re, some4);
  storeSome(toIm + w, im, some4);
}
