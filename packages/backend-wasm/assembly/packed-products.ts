/**
 * The gradient of a fourier dictionary from one sample: for each concept the sum of products x(w) conj(z(w)) of signals x `[C, M]` with
 * spectra z `[M]`. A piece of all rows is packed at a time, so that every number is read from memory once and in order, and what is summed
 * comes from the nearest caches: signals as `[C / 4][vector][signal][4 channels][re, im][4 frequencies]`, the spectra of one concept as
 * `[vector][product][re, im][4 frequencies]`.
 */
import { fma, fnma, loadPart, storePart, zero } from "./simd";

/** Vectors of a row that are packed at a time. */
const PIECE: i32 = 16;

/** Bytes of four channels of a signal, of one channel, and of a spectrum, in one vector. */
const FOUR: usize = 128;
const ONE: usize = 32;

/** Bytes of an entry of a list of signals: the addresses of re and im. */
export const SIGNAL_BYTES: usize = 8;

/** Bytes of an entry of a concept's list of products: which signal, as the offset of what is packed of it; the addresses of re and im of z. */
export const PRODUCT_BYTES: usize = 12;

/** Bytes of scratch for sums over at most so many signals. */
export function productsScratch(channels: i32, signals: i32): usize {
  return <usize>(((channels + 3) >> 2) * PIECE * signals) * FOUR + <usize>(PIECE * signals) * ONE;
}

// @ts-ignore: decorator
@inline
export function listSignal(list: usize, signal: i32, re: usize, im: usize): void {
  store<u32>(list + <usize>signal * SIGNAL_BYTES, <u32>re);
  store<u32>(list + <usize>signal * SIGNAL_BYTES, <u32>im, 4);
}

/** Puts the product of a signal and a spectrum on a list; returns the end of the list. */
// @ts-ignore: decorator
@inline
export function listProduct(at: usize, signal: i32, re: usize, im: usize): usize {
  store<u32>(at, <u32>(<usize>signal * FOUR));
  store<u32>(at, <u32>re, 4);
  store<u32>(at, <u32>im, 8);
  return at + PRODUCT_BYTES;
}

/**
 * The sums to `[K, C, M]`, or added to what is there. The list of each concept is `longest` bytes after that of the one before
 * and ends at the address in `ends` `[K]`.
 * Multiply-adds: 4 C M for each product; bytes: 8 C M for each signal, 8 M for each product, 8 or 16 K C M for the sums.
 */
export function sumProducts(
  signals: usize,
  signalCount: i32,
  lists: usize,
  longest: usize,
  ends: usize,
  concepts: i32,
  channels: i32,
  M: i32,
  toRe: usize,
  toIm: usize,
  add: bool,
  scratch: usize,
): void {
  const row = <usize>M << 2;
  const signal = <usize>channels * row;
  const vector = <usize>signalCount * FOUR;
  const quad = vector * PIECE;
  const packed = scratch + <usize>((channels + 3) >> 2) * quad;
  for (let first = 0; first < M; first += 4 * PIECE) {
    const length = min(4 * PIECE, M - first);
    const offset = <usize>first << 2;
    for (let s = 0; s < signalCount; s++) {
      const at = signals + <usize>s * SIGNAL_BYTES;
      for (let c = 0; c < channels; c++) {
        const from = <usize>c * row + offset;
        const to = scratch + <usize>(c >> 2) * quad + <usize>s * FOUR + <usize>(c & 3) * ONE;
        pack(<usize>load<u32>(at) + from, <usize>load<u32>(at, 4) + from, length, to, vector);
      }
    }
    for (let k = 0; k < concepts; k++) {
      const list = lists + <usize>k * longest;
      const end = <usize>load<u32>(ends + (<usize>k << 2));
      const spectra = (end - list) / PRODUCT_BYTES * ONE;
      let to = packed;
      for (let at = list; at < end; at += PRODUCT_BYTES, to += ONE) {
        pack(<usize>load<u32>(at, 4) + offset, <usize>load<u32>(at, 8) + offset, length, to, spectra);
      }
      const target = <usize>k * signal + offset;
      sumPiece(packed, spectra, list, vector, quad, scratch, channels, length, row, toRe + target, toIm + target, add);
    }
  }
}

/** `length` entries of a row, zeros after them, as vectors of re and im `step` apart. */
// @ts-ignore: decorator
@inline
function pack(re: usize, im: usize, length: i32, to: usize, step: usize): void {
  for (const end = re + (<usize>(length & ~3) << 2); re < end; re += 16, im += 16, to += step) {
    v128.store(to, v128.load(re));
    v128.store(to, v128.load(im), 16);
  }
  const left = length & 3;
  if (left > 0) {
    v128.store(to, loadPart(re, left));
    v128.store(to, loadPart(im, left), 16);
  }
}

/** The sums of one concept in one piece. */
function sumPiece(
  spectra: usize,
  bytes: usize,
  list: usize,
  vector: usize,
  quad: usize,
  signals: usize,
  channels: i32,
  length: i32,
  row: usize,
  toRe: usize,
  toIm: usize,
  add: bool,
): void {
  for (let c = 0; c < channels; c += 4, signals += quad) {
    const o = <usize>c * row;
    let z = spectra;
    let x = signals;
    for (let w = 0; w < length; w += 4, z += bytes, x += vector) {
      const at = o + (<usize>w << 2);
      const count = min(4, length - w);
      if (c + 4 <= channels) {
        sumFour(z, z + bytes, list, x, toRe + at, toIm + at, row, add, count);
      } else {
        for (let j = 0; j < channels - c; j++) {
          const to = at + <usize>j * row;
          sumOne(z, z + bytes, list, x + <usize>j * ONE, toRe + to, toIm + to, add, count);
        }
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function before(p: usize, add: bool, count: i32): v128 {
  if (!add) return zero();
  return count == 4 ? v128.load(p) : loadPart(p, count);
}

// @ts-ignore: decorator
@inline
function storeSome(p: usize, v: v128, count: i32): void {
  if (count == 4) v128.store(p, v);
  else storePart(p, v, count);
}

/** Four channels: ten loads for sixteen multiply-adds. */
function sumFour(z: usize, end: usize, list: usize, x: usize, toRe: usize, toIm: usize, row: usize, add: bool, count: i32): void {
  let re0 = before(toRe, add, count);
  let im0 = before(toIm, add, count);
  let re1 = before(toRe + row, add, count);
  let im1 = before(toIm + row, add, count);
  let re2 = before(toRe + 2 * row, add, count);
  let im2 = before(toIm + 2 * row, add, count);
  let re3 = before(toRe + 3 * row, add, count);
  let im3 = before(toIm + 3 * row, add, count);
  for (; z < end; z += ONE, list += PRODUCT_BYTES) {
    const at = x + <usize>load<u32>(list);
    const p = v128.load(z);
    const q = v128.load(z, 16);
    let a = v128.load(at);
    let b = v128.load(at, 16);
    re0 = fma(a, p, fma(b, q, re0));
    im0 = fma(b, p, fnma(a, q, im0));
    a = v128.load(at, 32);
    b = v128.load(at, 48);
    re1 = fma(a, p, fma(b, q, re1));
    im1 = fma(b, p, fnma(a, q, im1));
    a = v128.load(at, 64);
    b = v128.load(at, 80);
    re2 = fma(a, p, fma(b, q, re2));
    im2 = fma(b, p, fnma(a, q, im2));
    a = v128.load(at, 96);
    b = v128.load(at, 112);
    re3 = fma(a, p, fma(b, q, re3));
    im3 = fma(b, p, fnma(a, q, im3));
  }
  storeSome(toRe, re0, count);
  storeSome(toIm, im0, count);
  storeSome(toRe + row, re1, count);
  storeSome(toIm + row, im1, count);
  storeSome(toRe + 2 * row, re2, count);
  storeSome(toIm + 2 * row, im2, count);
  storeSome(toRe + 3 * row, re3, count);
  storeSome(toIm + 3 * row, im3, count);
}

function sumOne(z: usize, end: usize, list: usize, x: usize, toRe: usize, toIm: usize, add: bool, count: i32): void {
  let re = before(toRe, add, count);
  let im = before(toIm, add, count);
  for (; z < end; z += ONE, list += PRODUCT_BYTES) {
    const at = x + <usize>load<u32>(list);
    const p = v128.load(z);
    const q = v128.load(z, 16);
    const a = v128.load(at);
    const b = v128.load(at, 16);
    re = fma(a, p, fma(b, q, re));
    im = fma(b, p, fnma(a, q, im));
  }
  storeSome(toRe, re, count);
  storeSome(toIm, im, count);
}
