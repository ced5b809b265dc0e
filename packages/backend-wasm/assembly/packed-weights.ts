/**
 * The weights d `[K, C, M]` of a fourier dictionary in the order in which products with one sample read them, from end to end: four
 * concepts (a quad) and four frequencies at a time, `[K / 4][M / 4][C][4 concepts][re, im][4 frequencies]`, zeros where there are none.
 * Concepts come in blocks of eight, of which a set of bits says which are wanted.
 */
import { correlate } from "./contractions";
import { subtractListed } from "./concept-lists";
import { fma, fnma, loadPart, storePart, zero } from "./simd";

let dRe: usize = 0;
let dIm: usize = 0;
let packed: usize = 0;
let channels: i32 = 0;
let M: i32 = 0;
let quadBytes: usize = 0;
let zeros: usize = 0;
let one: usize = 0;

/** Bytes of packed weights. Not a kernel. */
export function packedWeightsSize(concepts: i32, channels: i32, M: i32): usize {
  return (<usize>((concepts + 3) & ~3) * channels * ((M + 3) & ~3)) << 3;
}

/** Bytes of scratch that useWeights takes. */
// @ts-ignore: decorator
@inline
export function weightsScratch(M: i32): usize {
  return (<usize>(M + 4) << 2) + 16;
}

/** Names the weights and where they are packed; returns the first address of scratch after its own. */
export function useWeights(re: usize, im: usize, to: usize, channelCount: i32, frequencies: i32, scratch: usize): usize {
  dRe = re;
  dIm = im;
  packed = to;
  channels = channelCount;
  M = frequencies;
  quadBytes = (<usize>channels * ((M + 3) & ~3)) << 5;
  zeros = scratch;
  one = scratch + (<usize>(M + 1) << 2);
  memory.fill(zeros, 0, <usize>M << 2);
  return scratch + ((weightsScratch(M) + 15) & ~15);
}

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

/** Packs one quad of K concepts. */
export function packQuad(quad: i32, concepts: i32): void {
  let to = packed + <usize>quad * quadBytes;
  for (let w = 0; w < M; w += 4) {
    const left = min(4, M - w);
    for (let c = 0; c < channels; c++) {
      for (let j = 0; j < 4; j++, to += 32) {
        const k = 4 * quad + j;
        const from = (<usize>((k * channels + c) * M + w)) << 2;
        v128.store(to, k < concepts ? some(dRe + from, left) : zero());
        v128.store(to, k < concepts ? some(dIm + from, left) : zero(), 16);
      }
    }
  }
}

/**
 * z_j(w) = sum_c conj(d_k,c(w)) x_c(w) with k = first + j for the j wanted: x `[C, M]` to z `[8, M]`; what else is in z may change.
 * Multiply-adds: 4 C M for each concept.
 */
export function correlateBlock(first: i32, wanted: i32, xRe: usize, xIm: usize, zRe: usize, zIm: usize): void {
  const row = <usize>M << 2;
  for (let j: usize = 0; j < 8; j += 4, wanted >>= 4) {
    const bits = wanted & 15;
    if (bits == 0) continue;
    if (popcnt(bits) == 1) {
      const i = j + <usize>ctz(bits);
      const d = (<usize>first + i) * (<usize>channels * row);
      correlate(xRe, xIm, dRe + d, dIm + d, channels, M, zRe + i * row, zIm + i * row);
    } else {
      correlateQuad(packed + <usize>((first + <i32>j) >> 2) * quadBytes, xRe, xIm, zRe + j * row, zIm + j * row);
    }
  }
}

function correlateQuad(d: usize, xRe: usize, xIm: usize, zRe: usize, zIm: usize): void {
  const row = <usize>M << 2;
  const step = <usize>channels << 7;
  const whole = <usize>(M & ~3) << 2;
  let w: usize = 0;
  for (; w < whole; w += 16, d += step) correlateFour(d, d + step, row, xRe + w, xIm + w, zRe + w, zIm + w, 4);
  if (w < row) correlateFour(d, d + step, row, xRe + w, xIm + w, zRe + w, zIm + w, M & 3);
}

// @ts-ignore: decorator
@inline
function correlateFour(d: usize, end: usize, row: usize, xRe: usize, xIm: usize, zRe: usize, zIm: usize, count: i32): void {
  let re0 = zero();
  let im0 = zero();
  let re1 = zero();
  let im1 = zero();
  let re2 = zero();
  let im2 = zero();
  let re3 = zero();
  let im3 = zero();
  for (; d < end; d += 128, xRe += row, xIm += row) {
    const a = some(xRe, count);
    const b = some(xIm, count);
    let p = v128.load(d);
    let q = v128.load(d, 16);
    re0 = fma(p, a, fma(q, b, re0));
    im0 = fma(p, b, fnma(q, a, im0));
    p = v128.load(d, 32);
    q = v128.load(d, 48);
    re1 = fma(p, a, fma(q, b, re1));
    im1 = fma(p, b, fnma(q, a, im1));
    p = v128.load(d, 64);
    q = v128.load(d, 80);
    re2 = fma(p, a, fma(q, b, re2));
    im2 = fma(p, b, fnma(q, a, im2));
    p = v128.load(d, 96);
    q = v128.load(d, 112);
    re3 = fma(p, a, fma(q, b, re3));
    im3 = fma(p, b, fnma(q, a, im3));
  }
  storeSome(zRe, re0, count);
  storeSome(zIm, im0, count);
  storeSome(zRe + row, re1, count);
  storeSome(zIm + row, im1, count);
  storeSome(zRe + 2 * row, re2, count);
  storeSome(zIm + 2 * row, im2, count);
  storeSome(zRe + 3 * row, re3, count);
  storeSome(zIm + 3 * row, im3, count);
}

/**
 * x_c(w) <- x_c(w) - sum_k d_k,c(w) z_k(w) over the k = first + j for the j wanted: x `[C, M]`, z `[K, M]`.
 * Multiply-adds: 4 C M for each concept.
 */
export function subtractBlock(first: i32, wanted: i32, xRe: usize, xIm: usize, zRe: usize, zIm: usize): void {
  for (let j = 0; j < 8; j += 4, wanted >>= 4) {
    const bits = wanted & 15;
    if (bits == 0) continue;
    if (popcnt(bits) == 1) {
      store<i32>(one, first + j + ctz(bits));
      subtractListed(xRe, xIm, dRe, dIm, one, 1, channels, M, zRe, zIm);
    } else {
      subtractQuad((first + j) >> 2, bits, xRe, xIm, zRe, zIm);
    }
  }
}

function subtractQuad(quad: i32, bits: i32, xRe: usize, xIm: usize, zRe: usize, zIm: usize): void {
  const row = <usize>M << 2;
  const whole = <usize>(M & ~3) << 2;
  const step = <usize>channels << 7;
  const k = <usize>quad << 2;
  const re0 = (bits & 1) != 0 ? zRe + k * row : zeros;
  const im0 = (bits & 1) != 0 ? zIm + k * row : zeros;
  const re1 = (bits & 2) != 0 ? zRe + (k + 1) * row : zeros;
  const im1 = (bits & 2) != 0 ? zIm + (k + 1) * row : zeros;
  const re2 = (bits & 4) != 0 ? zRe + (k + 2) * row : zeros;
  const im2 = (bits & 4) != 0 ? zIm + (k + 2) * row : zeros;
  const re3 = (bits & 8) != 0 ? zRe + (k + 3) * row : zeros;
  const im3 = (bits & 8) != 0 ? zIm + (k + 3) * row : zeros;
  let d = packed + <usize>quad * quadBytes;
  let w: usize = 0;
  for (; w < whole; w += 16, d += step) {
    subtractFour(d, d + step, row, xRe, xIm, re0, im0, re1, im1, re2, im2, re3, im3, w, 4);
  }
  if (w < row) subtractFour(d, d + step, row, xRe, xIm, re0, im0, re1, im1, re2, im2, re3, im3, w, M & 3);
}

// @ts-ignore: decorator
@inline
function subtractFour(
  d: usize,
  end: usize,
  row: usize,
  xRe: usize,
  xIm: usize,
  re0: usize,
  im0: usize,
  re1: usize,
  im1: usize,
  re2: usize,
  im2: usize,
  re3: usize,
  im3: usize,
  w: usize,
  count: i32,
): void {
  const a0 = some(re0 + w, count);
  const b0 = some(im0 + w, count);
  const a1 = some(re1 + w, count);
  const b1 = some(im1 + w, count);
  const a2 = some(re2 + w, count);
  const b2 = some(im2 + w, count);
  const a3 = some(re3 + w, count);
  const b3 = some(im3 + w, count);
  for (let o = w; d < end; d += 128, o += row) {
    let re = some(xRe + o, count);
    let im = some(xIm + o, count);
    let p = v128.load(d);
    let q = v128.load(d, 16);
    re = fnma(p, a0, fma(q, b0, re));
    im = fnma(p, b0, fnma(q, a0, im));
    p = v128.load(d, 32);
    q = v128.load(d, 48);
    re = fnma(p, a1, fma(q, b1, re));
    im = fnma(p, b1, fnma(q, a1, im));
    p = v128.load(d, 64);
    q = v128.load(d, 80);
    re = fnma(p, a2, fma(q, b2, re));
    im = fnma(p, b2, fnma(q, a2, im));
    p = v128.load(d, 96);
    q = v128.load(d, 112);
    re = fnma(p, a3, fma(q, b3, re));
    im = fnma(p, b3, fnma(q, a3, im));
    storeSome(xRe + o, re, count);
    storeSome(xIm + o, im, count);
  }
}
