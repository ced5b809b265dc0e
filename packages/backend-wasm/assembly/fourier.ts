/**
 * Truncated Fourier transforms of one function on a grid of one to three axes, through a real basis (assembly/axis.ts).
 *
 * The stored half of a spectrum, [2m_1-1, .., m_d] complex, becomes the real basis tensor A[R_1, .., R_d], R_j = 4 ceil(m_j / 2):
 * pairs of frequencies w, -w of a two-sided axis become cosine and sine rows, the last axis the real part. Then each axis is one
 * real product. Functions on a line are transformed eight at a time, so that lanes are full.
 *
 * Operations of a transform in two dimensions, in multiply-adds: N_2 R_2 R_1 / 4 + N_1 R_1 N_2 / 4.
 */
import { analyzeAxis, synthesizeAxis, transpose } from "./axis";
import { sumUses } from "./dense-rows";
import { int, address } from "./parallel";
import { fma, loadPart, storePart, sumLanes, zero } from "./simd";
import { addPoints, samplePoints, wide } from "./wide-imports";

/** How many functions on a line are transformed together. */
export const LINE_BLOCK: i32 = 8;

// The plan (src/plans/fourier-plan.ts writes the same words): rank, N[3], m[3], tables for synthesis[3], analysis[3], points of the
// last axis [N_d, R_d], one for each frequency of the last axis and zeros after them, size of a spectrum, size of the grid.
// @ts-ignore: decorator
@inline
export function rankOf(plan: usize): i32 {
  return int(plan, 0);
}
// @ts-ignore: decorator
@inline
export function pointsOn(plan: usize, axis: i32): i32 {
  return int(plan, 1 + axis);
}
// @ts-ignore: decorator
@inline
export function modesOn(plan: usize, axis: i32): i32 {
  return int(plan, 4 + axis);
}
// @ts-ignore: decorator
@inline
export function synthesisTable(plan: usize, axis: i32): usize {
  return address(plan, 7 + axis);
}
// @ts-ignore: decorator
@inline
export function analysisTable(plan: usize, axis: i32): usize {
  return address(plan, 10 + axis);
}
// @ts-ignore: decorator
@inline
function pointTable(plan: usize): usize {
  return address(plan, 13);
}
// @ts-ignore: decorator
@inline
function presence(plan: usize): usize {
  return address(plan, 14);
}
// @ts-ignore: decorator
@inline
export function spectrumSize(plan: usize): i32 {
  return int(plan, 15);
}
// @ts-ignore: decorator
@inline
export function gridSize(plan: usize): i32 {
  return int(plan, 16);
}
// @ts-ignore: decorator
@inline
export function halves(plan: usize, axis: i32): i32 {
  return (modesOn(plan, axis) + 1) >> 1;
}
/** Rows of the real basis of an axis. */
// @ts-ignore: decorator
@inline
export function basisRows(plan: usize, axis: i32): i32 {
  return halves(plan, axis) << 2;
}
// @ts-ignore: decorator
@inline
function roundUp(n: i32): i32 {
  return (n + 3) & ~3;
}

/** The index of the frequency 0 in a flat spectrum. */
export function zeroFrequency(plan: usize): i32 {
  let index = 0;
  const last = rankOf(plan) - 1;
  for (let axis = 0; axis < last; axis++) {
    const m = modesOn(plan, axis);
    index = index * (2 * m - 1) + m - 1;
  }
  return index * modesOn(plan, last);
}

// Scratch memory of one thread. All sizes in floats; every buffer may be read a few vectors past its end.
let spectrumRe: usize = 0;
let spectrumIm: usize = 0;
let pairRe: usize = 0;
let pairIm: usize = 0;
let basis: usize = 0;
let first: usize = 0;
let second: usize = 0;
let map: usize = 0;
let fold: usize = 0;

/** The largest intermediate, in floats. */
function largest(plan: usize): i32 {
  const rank = rankOf(plan);
  let size = rank == 1 ? LINE_BLOCK : 1;
  for (let axis = 0; axis < rank; axis++) size *= max(basisRows(plan, axis), roundUp(pointsOn(plan, axis)));
  return size + 64;
}

/** Bytes of scratch that prepare takes. */
export function fourierScratch(plan: usize): usize {
  const rows = rankOf(plan) == 1 ? LINE_BLOCK : 1;
  const spectra = 2 * (rows * spectrumSize(plan) + 64) + 2 * (spectrumSize(plan) + 64);
  return (<usize>(spectra + 8 * largest(plan)) << 2) + 2048;
}

/** Lays the scratch out; returns the first address after it. */
export function prepare(plan: usize, scratch: usize): usize {
  const rows = rankOf(plan) == 1 ? LINE_BLOCK : 1;
  const one = <usize>(rows * spectrumSize(plan) + 64) << 2;
  const pair = <usize>(spectrumSize(plan) + 64) << 2;
  const big = <usize>largest(plan) << 2;
  spectrumRe = scratch;
  spectrumIm = scratch + one;
  pairRe = spectrumIm + one;
  pairIm = pairRe + pair;
  basis = pairIm + pair;
  first = basis + big;
  second = first + big;
  map = second + big;
  fold = map + big;
  return scratch + fourierScratch(plan);
}

// @ts-ignore: decorator
@inline
export function scratchRe(): usize {
  return spectrumRe;
}
// @ts-ignore: decorator
@inline
export function scratchIm(): usize {
  return spectrumIm;
}
/** Where synthesizeMap leaves the function: compact, row-major; a block of functions on a line has lineStride between them. */
// @ts-ignore: decorator
@inline
export function scratchMap(): usize {
  return map;
}
// @ts-ignore: decorator
@inline
export function lineStride(plan: usize): i32 {
  return roundUp(pointsOn(plan, 0));
}

// ------------------------------------------------------------------ half-spectrum <-> real basis

/** A factor for frequencies q .. q+3 of the last axis: `zeroth` at 0, `others` elsewhere, 0 for absent ones. */
// @ts-ignore: decorator
@inline
function factors(plan: usize, q: i32, zeroth: f32, others: v128): v128 {
  const v = f32x4.mul(v128.load(presence(plan) + (<usize>q << 2)), others);
  return q == 0 ? f32x4.replace_lane(v, 0, zeroth) : v;
}

/**
 * The first frequency of the last block of four of an axis with m: blocks may overlap where m is even, as cosines and sines go in pairs;
 * else the last one is not whole.
 */
// @ts-ignore: decorator
@inline
function lastBlock(m: i32): i32 {
  return m >= 4 && (m & 1) == 0 ? m - 4 : (m - 1) & ~3;
}

// @ts-ignore: decorator
@inline
function loadSome(p: usize, count: i32): v128 {
  return count >= 4 ? v128.load(p) : loadPart(p, count);
}

/** The last axis: coefficients [m] to one row of the basis. */
function lineToBasis(plan: usize, re: usize, im: usize, to: usize, zeroth: f32, others: f32): void {
  const m = modesOn(plan, rankOf(plan) - 1);
  const groups = (m + 1) >> 1;
  const rest = f32x4.splat(others);
  const last = lastBlock(m);
  for (let q = 0; q < m; q += 4) {
    q = min(q, last);
    const s = factors(plan, q, zeroth, rest);
    const a = f32x4.mul(loadSome(re + (<usize>q << 2), m - q), s);
    const b = f32x4.neg(f32x4.mul(loadSome(im + (<usize>q << 2), m - q), s));
    const o = to + (<usize>q << 3);
    v128.store(o, v128.shuffle<f32>(a, b, 0, 1, 4, 5));
    if ((q >> 1) + 1 < groups) v128.store(o, v128.shuffle<f32>(a, b, 2, 3, 6, 7), 16);
  }
}

/** The cosines and, `sine` bytes further, the sines of four frequencies from their coefficients at p (a + i b) and at -p (c + i d), times -t. */
// @ts-ignore: decorator
@inline
function pairToBasis(a: v128, b: v128, c: v128, d: v128, t: v128, cosine: usize, sine: usize, two: bool): void {
  const sumRe = f32x4.mul(f32x4.add(a, c), f32x4.neg(t));
  const sumIm = f32x4.mul(f32x4.add(b, d), t);
  const differenceRe = f32x4.mul(f32x4.sub(a, c), t);
  const differenceIm = f32x4.mul(f32x4.sub(b, d), t);
  v128.store(cosine, v128.shuffle<f32>(sumRe, sumIm, 0, 1, 4, 5));
  v128.store(cosine + sine, v128.shuffle<f32>(differenceIm, differenceRe, 0, 1, 4, 5));
  if (two) {
    v128.store(cosine, v128.shuffle<f32>(sumRe, sumIm, 2, 3, 6, 7), 16);
    v128.store(cosine + sine, v128.shuffle<f32>(differenceIm, differenceRe, 2, 3, 6, 7), 16);
  }
}

/** The last two axes, the first of them axis `axis`: [2m-1, m_d] to the basis [R, R_d]. */
function planeToBasis(plan: usize, axis: i32, re: usize, im: usize, to: usize, zeroth: f32, others: f32): void {
  const m1 = modesOn(plan, axis);
  const m2 = modesOn(plan, axis + 1);
  const groups = (m2 + 1) >> 1;
  const row = <usize>m2 << 2;
  const stride = <usize>groups << 4;
  const rest = f32x4.splat(others);
  const last = lastBlock(m2);
  lineToBasis(plan, re + <usize>(m1 - 1) * row, im + <usize>(m1 - 1) * row, to, zeroth, others);
  for (let w: usize = 0; w < stride; w += 16) v128.store(to + 2 * stride + w, zero());
  const bytes = <usize>(m1 - 1) * row;
  for (let q = 0; q < m2; q += 4) {
    q = min(q, last);
    const o = bytes + (<usize>q << 2);
    const w = to + (<usize>q << 3);
    const t = f32x4.neg(factors(plan, q, zeroth, rest));
    const count = m2 - q;
    let shift = row;
    if (count >= 4) {
      for (let p = 1; p < m1; p++, shift += row) {
        const plus = o + shift;
        const minus = o - shift;
        const cosine = w + <usize>(((p >> 1) << 2) + (p & 1)) * stride;
        pairToBasis(v128.load(re + plus), v128.load(im + plus), v128.load(re + minus), v128.load(im + minus), t, cosine, 2 * stride, true);
      }
    } else {
      for (let p = 1; p < m1; p++, shift += row) {
        const plus = o + shift;
        const minus = o - shift;
        const a = loadPart(re + plus, count);
        const b = loadPart(im + plus, count);
        const cosine = w + <usize>(((p >> 1) << 2) + (p & 1)) * stride;
        pairToBasis(a, b, loadPart(re + minus, count), loadPart(im + minus, count), t, cosine, 2 * stride, count > 2);
      }
    }
  }
  if ((m1 & 1) != 0) {
    // The rows of the frequency after the last.
    const absent = to + <usize>((((m1 - 1) >> 1) << 2) + 1) * stride;
    memory.fill(absent, 0, stride);
    memory.fill(absent + 2 * stride, 0, stride);
  }
}

/** A spectrum to its basis tensor. The last axis is scaled: zeroth for w_d = 0, else others. */
function spectrumToBasis(plan: usize, re: usize, im: usize, to: usize, zeroth: f32, others: f32): void {
  const rank = rankOf(plan);
  if (rank == 1) return lineToBasis(plan, re, im, to, zeroth, others);
  if (rank == 2) return planeToBasis(plan, 0, re, im, to, zeroth, others);
  const m = modesOn(plan, 0);
  const inner = (2 * modesOn(plan, 1) - 1) * modesOn(plan, 2);
  const bytes = <usize>inner << 2;
  const stride = <usize>(basisRows(plan, 1) * basisRows(plan, 2)) << 2;
  for (let p = 0; p < m; p++) {
    const plus = <usize>(m - 1 + p) * bytes;
    const minus = <usize>(m - 1 - p) * bytes;
    const cosine = to + <usize>(((p >> 1) << 2) + (p & 1)) * stride;
    const sine = cosine + 2 * stride;
    if (p == 0) {
      planeToBasis(plan, 1, re + plus, im + plus, cosine, zeroth, others);
      memory.fill(sine, 0, stride);
      continue;
    }
    for (let w: usize = 0; w < bytes; w += 4) {
      store<f32>(pairRe + w, load<f32>(re + plus + w) + load<f32>(re + minus + w));
      store<f32>(pairIm + w, load<f32>(im + plus + w) + load<f32>(im + minus + w));
    }
    planeToBasis(plan, 1, pairRe, pairIm, cosine, zeroth, others);
    // i (F(p) - F(-p))
    for (let w: usize = 0; w < bytes; w += 4) {
      store<f32>(pairRe + w, load<f32>(im + minus + w) - load<f32>(im + plus + w));
      store<f32>(pairIm + w, load<f32>(re + plus + w) - load<f32>(re + minus + w));
    }
    planeToBasis(plan, 1, pairRe, pairIm, sine, zeroth, others);
  }
  if ((m & 1) != 0) {
    const absent = to + <usize>((((m - 1) >> 1) << 2) + 1) * stride;
    memory.fill(absent, 0, stride);
    memory.fill(absent + 2 * stride, 0, stride);
  }
}

// @ts-ignore: decorator
@inline
function storeSome(p: usize, v: v128, count: i32): void {
  if (count >= 4) v128.store(p, v);
  else storePart(p, v, count);
}

function lineFromBasis(plan: usize, from: usize, re: usize, im: usize, zeroth: f32, others: f32): void {
  const m = modesOn(plan, rankOf(plan) - 1);
  const groups = (m + 1) >> 1;
  const rest = f32x4.splat(others);
  const last = lastBlock(m);
  for (let q = 0; q < m; q += 4) {
    q = min(q, last);
    const s = factors(plan, q, zeroth, rest);
    const p = from + (<usize>q << 3);
    const a = v128.load(p);
    const b = (q >> 1) + 1 < groups ? v128.load(p, 16) : zero();
    const o = <usize>q << 2;
    storeSome(re + o, f32x4.mul(s, v128.shuffle<f32>(a, b, 0, 1, 4, 5)), m - q);
    storeSome(im + o, f32x4.neg(f32x4.mul(s, v128.shuffle<f32>(a, b, 2, 3, 6, 7))), m - q);
  }
}

function planeFromBasis(plan: usize, axis: i32, from: usize, re: usize, im: usize, zeroth: f32, others: f32): void {
  const m1 = modesOn(plan, axis);
  const m2 = modesOn(plan, axis + 1);
  const groups = (m2 + 1) >> 1;
  const row = <usize>m2 << 2;
  const stride = <usize>groups << 4;
  const rest = f32x4.splat(others);
  const last = lastBlock(m2);
  lineFromBasis(plan, from, re + <usize>(m1 - 1) * row, im + <usize>(m1 - 1) * row, zeroth, others);
  for (let p = 1; p < m1; p++) {
    const plus = <usize>(m1 - 1 + p) * row;
    const minus = <usize>(m1 - 1 - p) * row;
    const cosine = from + <usize>(((p >> 1) << 2) + (p & 1)) * stride;
    const sine = cosine + 2 * stride;
    for (let q = 0; q < m2; q += 4) {
      q = min(q, last);
      const w = <usize>q << 3;
      const o = <usize>q << 2;
      const two = (q >> 1) + 1 < groups;
      const s = factors(plan, q, zeroth, rest);
      const c0 = v128.load(cosine + w);
      const c1 = two ? v128.load(cosine + w, 16) : zero();
      const s0 = v128.load(sine + w);
      const s1 = two ? v128.load(sine + w, 16) : zero();
      const cc = f32x4.mul(s, v128.shuffle<f32>(c0, c1, 0, 1, 4, 5));
      const cs = f32x4.mul(s, v128.shuffle<f32>(c0, c1, 2, 3, 6, 7));
      const sc = f32x4.mul(s, v128.shuffle<f32>(s0, s1, 0, 1, 4, 5));
      const ss = f32x4.mul(s, v128.shuffle<f32>(s0, s1, 2, 3, 6, 7));
      const rePlus = f32x4.sub(cc, ss);
      const imPlus = f32x4.neg(f32x4.add(cs, sc));
      const reMinus = f32x4.add(cc, ss);
      const imMinus = f32x4.sub(sc, cs);
      if (q + 4 <= m2) {
        v128.store(re + plus + o, rePlus);
        v128.store(im + plus + o, imPlus);
        v128.store(re + minus + o, reMinus);
        v128.store(im + minus + o, imMinus);
      } else {
        storePart(re + plus + o, rePlus, m2 - q);
        storePart(im + plus + o, imPlus, m2 - q);
        storePart(re + minus + o, reMinus, m2 - q);
        storePart(im + minus + o, imMinus, m2 - q);
      }
    }
  }
}

/** A basis tensor of correlations to the spectrum, scaled like spectrumToBasis. Never writes past its end. */
function basisToSpectrum(plan: usize, from: usize, re: usize, im: usize, zeroth: f32, others: f32): void {
  const rank = rankOf(plan);
  if (rank == 1) return lineFromBasis(plan, from, re, im, zeroth, others);
  if (rank == 2) return planeFromBasis(plan, 0, from, re, im, zeroth, others);
  const m = modesOn(plan, 0);
  const inner = (2 * modesOn(plan, 1) - 1) * modesOn(plan, 2);
  const bytes = <usize>inner << 2;
  const stride = <usize>(basisRows(plan, 1) * basisRows(plan, 2)) << 2;
  for (let p = 0; p < m; p++) {
    const plus = <usize>(m - 1 + p) * bytes;
    const minus = <usize>(m - 1 - p) * bytes;
    const cosine = from + <usize>(((p >> 1) << 2) + (p & 1)) * stride;
    planeFromBasis(plan, 1, cosine, re + plus, im + plus, zeroth, others);
    if (p == 0) continue;
    planeFromBasis(plan, 1, cosine + 2 * stride, pairRe, pairIm, zeroth, others);
    // F(p) = X - i Y, F(-p) = X + i Y
    for (let w: usize = 0; w < bytes; w += 4) {
      const xRe = load<f32>(re + plus + w);
      const xIm = load<f32>(im + plus + w);
      const yRe = load<f32>(pairRe + w);
      const yIm = load<f32>(pairIm + w);
      store<f32>(re + plus + w, xRe + yIm);
      store<f32>(im + plus + w, xIm - yRe);
      store<f32>(re + minus + w, xRe - yIm);
      store<f32>(im + minus + w, xIm + yRe);
    }
  }
}

// ------------------------------------------------------------------ grid <-> real basis

/** The basis tensor in `basis` to the function on the grid in `map`, compact. Two or three axes. */
function basisToGrid(plan: usize): void {
  const last = rankOf(plan) - 1;
  let source = basis;
  let lanes = 1;
  for (let axis = 0; axis < last; axis++) lanes *= basisRows(plan, axis);
  for (let axis = last; axis >= 0; axis--) {
    const rows = basisRows(plan, axis);
    const N = pointsOn(plan, axis);
    const stride = <usize>lanes << 2;
    transpose(source, <usize>rows << 2, lanes, rows, first, stride);
    const compact = axis > 0 || lanes * N == gridSize(plan);
    const target = axis == 0 && compact ? map : second;
    synthesizeAxis(first, stride, lanes >> 2, target, stride, synthesisTable(plan, axis), halves(plan, axis), N, fold);
    if (axis > 0) {
      const size = N * lanes;
      const before = basisRows(plan, axis - 1);
      lanes = size / before;
      const padded = roundUp(lanes);
      memory.fill(second + (<usize>size << 2), 0, <usize>((padded - lanes) * before) << 2);
      lanes = padded;
      source = second;
    } else if (!compact) {
      const row = <usize>(gridSize(plan) / N) << 2;
      for (let n: usize = 0; n < <usize>N; n++) memory.copy(map + n * row, second + n * stride, row);
    }
  }
}

/** A function on the grid, compact, to the basis tensor in `basis`. Two or three axes. */
function gridToBasis(plan: usize, x: usize): void {
  const last = rankOf(plan) - 1;
  const N = pointsOn(plan, 0);
  const inner = gridSize(plan) / N;
  let lanes = roundUp(inner);
  let source = x;
  if (lanes != inner) {
    source = first;
    const row = <usize>inner << 2;
    const stride = <usize>lanes << 2;
    for (let n: usize = 0; n < <usize>N; n++) {
      memory.copy(first + n * stride, x + n * row, row);
      memory.fill(first + n * stride + row, 0, stride - row);
    }
  }
  for (let axis = 0; axis <= last; axis++) {
    const points = pointsOn(plan, axis);
    const rows = basisRows(plan, axis);
    const stride = <usize>lanes << 2;
    analyzeAxis(source, stride, lanes >> 2, second, stride, analysisTable(plan, axis), halves(plan, axis), points, fold);
    const target = axis == last ? basis : first;
    transpose(second, stride, rows, lanes, target, <usize>rows << 2);
    if (axis == last) break;
    const kept = axis == 0 ? inner : lanes;
    lanes = (kept / pointsOn(plan, axis + 1)) * rows;
    source = first;
  }
}

/** Functions on a line: rows of `basis`, LINE_BLOCK of them, to rows of `map`, lineStride apart. */
function lineBasisToGrid(plan: usize): void {
  const rows = basisRows(plan, 0);
  const N = pointsOn(plan, 0);
  const stride = <usize>LINE_BLOCK << 2;
  transpose(basis, <usize>rows << 2, LINE_BLOCK, rows, first, stride);
  synthesizeAxis(first, stride, LINE_BLOCK >> 2, second, stride, synthesisTable(plan, 0), halves(plan, 0), N, fold);
  const padded = lineStride(plan);
  memory.fill(second + <usize>N * stride, 0, <usize>(padded - N) * stride);
  transpose(second, stride, padded, LINE_BLOCK, map, <usize>padded << 2);
}

// ------------------------------------------------------------------ what operations use

/** The spectrum in scratchRe, scratchIm to the function in scratchMap; the last axis weighted. Two or three axes. */
export function synthesizeMap(plan: usize, zeroth: f32, others: f32): void {
  synthesizeSpectrum(plan, spectrumRe, spectrumIm, zeroth, others);
}

/** A spectrum to the function in scratchMap; the last axis weighted. Two or three axes. */
export function synthesizeSpectrum(plan: usize, re: usize, im: usize, zeroth: f32, others: f32): void {
  spectrumToBasis(plan, re, im, basis, zeroth, others);
  basisToGrid(plan);
}

/** Up to LINE_BLOCK spectra, m apart in scratchRe, scratchIm, to functions on a line, lineStride apart in scratchMap. */
export function synthesizeLines(plan: usize, count: i32, zeroth: f32, others: f32): void {
  synthesizeRows(plan, spectrumRe, spectrumIm, count, zeroth, others);
}

/** The same for spectra that are elsewhere. */
export function synthesizeRows(plan: usize, re: usize, im: usize, count: i32, zeroth: f32, others: f32): void {
  const m = <usize>modesOn(plan, 0) << 2;
  const row = <usize>basisRows(plan, 0) << 2;
  let i: usize = 0;
  for (; i < <usize>count; i++) {
    lineToBasis(plan, re + i * m, im + i * m, basis + i * row, zeroth, others);
  }
  memory.fill(basis + i * row, 0, (<usize>LINE_BLOCK - i) * row);
  lineBasisToGrid(plan);
}

/** A function on the grid to its spectrum, times `zeroth` where w_d = 0, else `others`. Two or three axes. */
export function analyzeMap(plan: usize, x: usize, re: usize, im: usize, zeroth: f32, others: f32): void {
  gridToBasis(plan, x);
  basisToSpectrum(plan, basis, re, im, zeroth, others);
}

/** Up to LINE_BLOCK functions on a line, compact, to their spectra. */
export function analyzeLines(
  plan: usize,
  x: usize,
  count: i32,
  re: usize,
  im: usize,
  zeroth: f32,
  others: f32,
): void {
  const N = pointsOn(plan, 0);
  const m = <usize>modesOn(plan, 0) << 2;
  const padded = lineStride(plan);
  const rows = basisRows(plan, 0);
  const stride = <usize>LINE_BLOCK << 2;
  let source = x;
  if (padded != N || count < LINE_BLOCK) {
    source = map;
    memory.fill(map, 0, <usize>(LINE_BLOCK * padded) << 2);
    for (let i = 0; i < count; i++) {
      memory.copy(map + (<usize>(i * padded) << 2), x + (<usize>(i * N) << 2), <usize>N << 2);
    }
  }
  transpose(source, <usize>padded << 2, LINE_BLOCK, padded, first, stride);
  analyzeAxis(first, stride, LINE_BLOCK >> 2, second, stride, analysisTable(plan, 0), halves(plan, 0), N, fold);
  transpose(second, stride, rows, LINE_BLOCK, basis, <usize>rows << 2);
  for (let i: usize = 0; i < <usize>count; i++) {
    lineFromBasis(plan, basis + i * (<usize>rows << 2), re + i * m, im + i * m, zeroth, others);
  }
}

/**
 * The spectrum of a function that is zero but at `count` points (ascending): the points of each line of the last axis are
 * gathered in its basis, then the other axes follow. Multiply-adds in two dimensions: count R_2 + N_1 R_1 R_2 / 4.
 */
export function analyzeKept(
  plan: usize,
  values: usize,
  positions: usize,
  count: i32,
  re: usize,
  im: usize,
  zeroth: f32,
  others: f32,
): void {
  const last = rankOf(plan) - 1;
  const N = <u32>pointsOn(plan, last);
  const columns = basisRows(plan, last);
  const row = <usize>columns << 2;
  const table = pointTable(plan);
  const share = <f32>1 / <f32>N;
  if (last == 0) {
    // A single line: its sum stays in registers.
    let at = second;
    for (let i: usize = 0, end = <usize>count << 2; i < end; i += 4, at += 8) {
      store<f32>(at, load<f32>(values + i) * share);
      store<u32>(at, <u32>(table + <usize>load<u32>(positions + i) * row), 4);
    }
    sumUses(second, at, basis, columns);
    basisToSpectrum(plan, basis, re, im, zeroth, others);
    return;
  }
  const lines = first;
  memory.fill(lines, 0, <usize>(gridSize(plan) / <i32>N) * row);
  if (wide && (row & 31) == 0) {
    addPoints(values, positions, positions + (<usize>count << 2), share, N, row, lines, table);
  } else {
    for (let i: usize = 0, end = <usize>count << 2; i < end; i += 4) {
      const position = load<u32>(positions + i);
      // Lines cannot be guessed: a division costs less than a branch that goes wrong.
      const n = position / N;
      const line = lines + <usize>n * row;
      const value = f32x4.splat(load<f32>(values + i) * share);
      let t = table + <usize>(position - n * N) * row;
      for (let p = line, stop = line + row; p < stop; p += 16, t += 16) {
        v128.store(p, fma(value, v128.load(t), v128.load(p)));
      }
    }
  }
  if (last == 1) {
    analyzeAxis(first, row, columns >> 2, basis, row, analysisTable(plan, 0), halves(plan, 0), pointsOn(plan, 0), fold);
  } else if (last == 2) {
    const n1 = pointsOn(plan, 1);
    const r0 = basisRows(plan, 0);
    const r1 = basisRows(plan, 1);
    const long = <usize>n1 * row;
    analyzeAxis(first, long, (n1 * columns) >> 2, second, long, analysisTable(plan, 0), halves(plan, 0), pointsOn(plan, 0), fold);
    transpose(second, long, r0, n1 * columns, first, <usize>r0 << 2);
    const narrow = <usize>(columns * r0) << 2;
    analyzeAxis(first, narrow, (columns * r0) >> 2, second, narrow, analysisTable(plan, 1), halves(plan, 1), n1, fold);
    transpose(second, <usize>r0 << 2, r1 * columns, r0, basis, <usize>(r1 * columns) << 2);
  }
  basisToSpectrum(plan, basis, re, im, zeroth, others);
}

/** Values at `count` points of the function of a spectrum. */
export function sampleKept(
  plan: usize,
  re: usize,
  im: usize,
  positions: usize,
  count: i32,
  values: usize,
  zeroth: f32,
  others: f32,
): void {
  const last = rankOf(plan) - 1;
  const N = <u32>pointsOn(plan, last);
  const columns = basisRows(plan, last);
  const row = <usize>columns << 2;
  const table = pointTable(plan);
  spectrumToBasis(plan, re, im, basis, zeroth, others);
  let lines = basis;
  if (last == 1) {
    lines = first;
    synthesizeAxis(basis, row, columns >> 2, first, row, synthesisTable(plan, 0), halves(plan, 0), pointsOn(plan, 0), fold);
  } else if (last == 2) {
    lines = first;
    const n1 = pointsOn(plan, 1);
    const r0 = basisRows(plan, 0);
    const r1 = basisRows(plan, 1);
    const narrow = <usize>(columns * r0) << 2;
    transpose(basis, <usize>(r1 * columns) << 2, r0, r1 * columns, second, <usize>r0 << 2);
    synthesizeAxis(second, narrow, (columns * r0) >> 2, first, narrow, synthesisTable(plan, 1), halves(plan, 1), n1, fold);
    transpose(first, <usize>r0 << 2, n1 * columns, r0, second, <usize>(n1 * columns) << 2);
    const long = <usize>n1 * row;
    synthesizeAxis(second, long, (n1 * columns) >> 2, first, long, synthesisTable(plan, 0), halves(plan, 0), pointsOn(plan, 0), fold);
  }
  if (wide && (row & 31) == 0) {
    // As many at a time as there is certainly room for.
    for (const end = positions + (<usize>count << 2); positions < end; ) {
      const some = min(end, positions + 32);
      samplePoints(positions, some, N, row, lines, table, second);
      for (let sums = second; positions < some; positions += 4, values += 4, sums += 32) {
        store<f32>(values, sumLanes(f32x4.add(v128.load(sums), v128.load(sums, 16))));
      }
    }
    return;
  }
  for (let i: usize = 0, end = <usize>count << 2; i < end; i += 4) {
    const position = load<u32>(positions + i);
    const n = position / N;
    const line = lines + <usize>n * row;
    let t = table + <usize>(position - n * N) * row;
    let even = zero();
    let odd = zero();
    let p = line;
    for (const stop = line + (row & ~31); p < stop; p += 32, t += 32) {
      even = fma(v128.load(p), v128.load(t), even);
      odd = fma(v128.load(p, 16), v128.load(t, 16), odd);
    }
    if (p < line + row) even = fma(v128.load(p), v128.load(t), even);
    store<f32>(values + i, sumLanes(f32x4.add(even, odd)));
  }
}
