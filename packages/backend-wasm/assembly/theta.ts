/**
 * What a step does with theta `[K, 2, C, M]`, the parameter of a fourier dictionary, and the points of chosen maps. Coefficients of an atom
 * are theta times a root for each frequency, which is applied to what comes of theta; spectra of maps that need not be kept stay in the cache.
 */
import { accumulate, correlate, decode, scale } from "./contractions";
import { analyzeKept, fourierScratch, prepare, sampleKept, scratchIm, scratchRe, spectrumSize } from "./fourier";
import { address, float, int, next } from "./parallel";
import { allZero, fma, fnma, loadPart, storePart, zero } from "./simd";
import { listUses, scaleBoth, usesOf } from "./spectral";

/** Uses of a concept whose spectra are held at a time. */
const USE_BLOCK: i32 = 16;

/** Many channels are decoded in blocks of this many: what concepts of four have of them stays in the cache. */
const CHANNEL_BLOCK: i32 = 16;

/**
 * decodeChosen of theta. M, zRe, zIm, theta, concepts, re, im, batch, chosen, channels, roots.
 * Operations: 8 B k C M; bytes: 8 (B k + K C at most + B C) M.
 */
export function thetaDecoding(block: usize, thread: i32, threads: i32, scratch: usize): void {
  const channels = int(block, 9);
  const batch = int(block, 7);
  if (channels < 2 * CHANNEL_BLOCK) {
    for (let b = next(block, 0); b < batch; b = next(block, 0)) decodeSample(block, b);
    return;
  }
  // For all samples in turn: those that share a concept find it in a cache.
  for (let c = next(block, 0) * CHANNEL_BLOCK; c < channels; c = next(block, 0) * CHANNEL_BLOCK) {
    const count = min(CHANNEL_BLOCK, channels - c);
    for (let b = 0; b < batch; b++) decodeChannels(block, b, c, count);
  }
}

function decodeSample(block: usize, b: i32): void {
  const M = int(block, 0);
  const chosen = int(block, 8);
  const channels = int(block, 9);
  const row = <usize>M << 2;
  const z = <usize>(b * chosen) * row;
  const half = <usize>channels * row;
  for (let c = 0; c < channels; c++) {
    const d = address(block, 3) + <usize>c * row;
    const to = <usize>(b * channels + c) * row;
    const re = address(block, 5) + to;
    const im = address(block, 6) + to;
    const concepts = address(block, 4) + (<usize>(b * chosen) << 2);
    decode(address(block, 1) + z, address(block, 2) + z, d, d + half, 2 * half, concepts, chosen, M, re, im);
    scaleBoth(re, im, address(block, 10), M);
  }
}

/** Channels `c` to `c + count` of a sample, four concepts at a time. */
function decodeChannels(block: usize, b: i32, c: i32, count: i32): void {
  const M = int(block, 0);
  const chosen = int(block, 8);
  const channels = int(block, 9);
  const row = <usize>M << 2;
  const half = <usize>channels * row;
  const from = <usize>c * row;
  const theta = address(block, 3) + from;
  const concepts = address(block, 4) + (<usize>(b * chosen) << 2);
  const re = address(block, 5) + <usize>b * half + from;
  const im = address(block, 6) + <usize>b * half + from;
  memory.fill(re, 0, <usize>count * row);
  memory.fill(im, 0, <usize>count * row);
  for (let j = 0; j < chosen; j += 4) {
    const at = concepts + (<usize>j << 2);
    const z = <usize>(b * chosen + j) * row;
    const some = min(4, chosen - j);
    let w: usize = 0;
    for (; some == 4 && w + 16 <= row; w += 16) addFour(at, theta + w, half, address(block, 1) + z + w, address(block, 2) + z + w, row, count, re + w, im + w);
    if (w == row) continue;
    for (let i: usize = 0; i < <usize>some; i++) {
      const d = theta + <usize>load<i32>(at + (i << 2)) * 2 * half;
      const o = z + i * row;
      addOne(d, d + half, address(block, 1) + o, address(block, 2) + o, count, M, w, re, im);
    }
  }
  scaleRows(re, address(block, 10), count, M);
  scaleRows(im, address(block, 10), count, M);
}

/** x_c(w) += sum_j d_j,c(w) z_j(w) for the four concepts at `at` and four frequencies; rows of z `row` bytes apart. */
function addFour(at: usize, theta: usize, half: usize, zRe: usize, zIm: usize, row: usize, channels: i32, xRe: usize, xIm: usize): void {
  const d0 = theta + <usize>load<i32>(at) * 2 * half;
  const d1 = theta + <usize>load<i32>(at, 4) * 2 * half - d0;
  const d2 = theta + <usize>load<i32>(at, 8) * 2 * half - d0;
  const d3 = theta + <usize>load<i32>(at, 12) * 2 * half - d0;
  const a0 = v128.load(zRe);
  const b0 = v128.load(zIm);
  const a1 = v128.load(zRe + row);
  const b1 = v128.load(zIm + row);
  const a2 = v128.load(zRe + 2 * row);
  const b2 = v128.load(zIm + 2 * row);
  const a3 = v128.load(zRe + 3 * row);
  const b3 = v128.load(zIm + 3 * row);
  const im = xIm - xRe;
  for (let d = d0, end = d0 + <usize>channels * row; d < end; d += row, xRe += row) {
    let x = v128.load(xRe);
    let y = v128.load(xRe + im);
    let p = v128.load(d);
    let q = v128.load(d + half);
    x = fma(p, a0, fnma(q, b0, x));
    y = fma(p, b0, fma(q, a0, y));
    let e = d + d1;
    p = v128.load(e);
    q = v128.load(e + half);
    x = fma(p, a1, fnma(q, b1, x));
    y = fma(p, b1, fma(q, a1, y));
    e = d + d2;
    p = v128.load(e);
    q = v128.load(e + half);
    x = fma(p, a2, fnma(q, b2, x));
    y = fma(p, b2, fma(q, a2, y));
    e = d + d3;
    p = v128.load(e);
    q = v128.load(e + half);
    x = fma(p, a3, fnma(q, b3, x));
    y = fma(p, b3, fma(q, a3, y));
    v128.store(xRe, x);
    v128.store(xRe + im, y);
  }
}

/** x_c(w) += d_c(w) z(w) from the byte `w` of rows on. */
function addOne(dRe: usize, dIm: usize, zRe: usize, zIm: usize, channels: i32, M: i32, w: usize, xRe: usize, xIm: usize): void {
  const row = <usize>M << 2;
  for (; w < row; w += 16) {
    const left = M - <i32>(w >> 2);
    const a = some(zRe + w, left);
    const b = some(zIm + w, left);
    for (let o = w, end = w + <usize>channels * row; o < end; o += row) {
      const p = some(dRe + o, left);
      const q = some(dIm + o, left);
      const x = fma(p, a, fnma(q, b, some(xRe + o, left)));
      const y = fma(p, b, fma(q, a, some(xIm + o, left)));
      if (left >= 4) {
        v128.store(xRe + o, x);
        v128.store(xIm + o, y);
      } else {
        storePart(xRe + o, x, left);
        storePart(xIm + o, y, left);
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function some(p: usize, count: i32): v128 {
  return count >= 4 ? v128.load(p) : loadPart(p, count);
}

/**
 * correlateTheta: of each map its spectrum, then its points. plan, xRe, xIm, theta, concepts, positions, values, batch, chosen, count, channels,
 * roots, zeroth, others, number of concepts where maps are gone through by concept (else 0).
 * Operations: B k (8 C M + the transform of all axes but the last + 2 s R_d); bytes: 8 (B C + K C at most) M + 8 B k s.
 */
export function thetaCorrelation(block: usize, thread: i32, threads: i32, scratch: usize): void {
  const plan = address(block, 0);
  const maps = int(block, 7) * int(block, 8);
  const chosen = int(block, 8);
  const count = int(block, 9);
  const channels = int(block, 10);
  const M = spectrumSize(plan);
  const half = <usize>(channels * M) << 2;
  const conceptCount = int(block, 14);
  const list = prepare(plan, scratch);
  if (conceptCount > 0) listUses(address(block, 4), maps, conceptCount, list);
  for (let n = next(block, 0); n < maps; n = next(block, 0)) {
    const i = conceptCount > 0 ? load<i32>(list + (<usize>n << 2)) : n;
    const x = <usize>(i / chosen) * half;
    const e = address(block, 3) + <usize>load<i32>(address(block, 4) + (<usize>i << 2)) * 2 * half;
    const re = scratchRe();
    const im = scratchIm();
    correlate(address(block, 1) + x, address(block, 2) + x, e, e + half, channels, M, re, im);
    scaleBoth(re, im, address(block, 11), M);
    const o = <usize>(i * count) << 2;
    sampleKept(plan, re, im, address(block, 5) + o, count, address(block, 6) + o, float(block, 12), float(block, 13));
  }
}

/**
 * accumulateTheta, one concept after the other over its uses in the order of samples: the same for any number of threads.
 * M, pRe, pIm, qRe, qIm, concepts, theta, batch, chosen, channels, conceptCount, roots. Scratch: 8 bytes for each use.
 * Operations: 8 B k C M; bytes: 8 (B C + B k + K C) M.
 */
export function thetaAccumulation(block: usize, thread: i32, threads: i32, scratch: usize): void {
  const M = int(block, 0);
  const chosen = int(block, 8);
  const channels = int(block, 9);
  const uses = int(block, 7) * chosen;
  const row = <usize>M << 2;
  const half = <usize>channels * row;
  for (let k = next(block, 0); k < int(block, 10); k = next(block, 0)) {
    const found = usesOf(k, address(block, 5), uses, chosen, half, row, scratch);
    const count = usesWhere(address(block, 3), address(block, 4), M, scratch, found);
    const to = address(block, 6) + <usize>k * 2 * half;
    accumulateRows(block, 1, address(block, 3), address(block, 4), scratch, count, channels, M, to, false);
    scaleRows(to, address(block, 11), 2 * channels, M);
  }
}

/** Leaves of uses those whose spectrum is not 0, as that of a concept is which only fills up a rectangle; returns how many there are. */
function usesWhere(re: usize, im: usize, M: i32, uses: usize, count: i32): i32 {
  let kept = 0;
  for (let use = uses, end = uses + (<usize>count << 3); use < end; use += 8) {
    const o = <usize>load<u32>(use, 4);
    if (allZero(re + o, M) && allZero(im + o, M)) continue;
    store<u64>(uses + (<usize>kept << 3), load<u64>(use));
    kept++;
  }
  return kept;
}

/** accumulate for all channels of an atom; p at arguments `p` and `p + 1`. */
function accumulateRows(
  block: usize,
  p: i32,
  qRe: usize,
  qIm: usize,
  uses: usize,
  count: i32,
  channels: i32,
  M: i32,
  to: usize,
  add: bool,
): void {
  const row = <usize>M << 2;
  const half = <usize>channels * row;
  for (let o: usize = 0; o < half; o += row) {
    accumulate(address(block, p) + o, address(block, p + 1) + o, qRe, qIm, uses, count, M, to + o, to + half + o, add);
  }
}

function scaleRows(rows: usize, factors: usize, count: i32, M: i32): void {
  const row = <usize>M << 2;
  for (let i = 0; i < count; i++, rows += row) scale(rows, factors, M, rows);
}

/** Bytes of scratch of pointsGradient. Not a kernel. */
export function pointsGradientScratch(plan: usize, uses: i32, count: i32): usize {
  const held = <usize>(2 * USE_BLOCK * spectrumSize(plan) + count + 16) << 2;
  return fourierScratch(plan) + (<usize>uses << 3) + held + 128;
}

/**
 * encodeThetaGradient, one concept after the other over its uses in the order of samples: the spectra of some at a time, then what they add.
 * plan, upstream, values, positions, concepts, xRe, xIm, theta, batch, chosen, count, channels, conceptCount, roots, zeroth, others.
 * Operations: B k (8 C M + 2 s R_d + the transform of all axes but the last); bytes: 8 (B C + K C) M + 12 B k s.
 */
export function pointsGradient(block: usize, thread: i32, threads: i32, scratch: usize): void {
  const plan = address(block, 0);
  const chosen = int(block, 9);
  const uses = int(block, 8) * chosen;
  const count = int(block, 10);
  const channels = int(block, 11);
  const M = spectrumSize(plan);
  const row = <usize>M << 2;
  const half = <usize>channels * row;
  const bytes = <usize>count << 2;
  const list = (prepare(plan, scratch) + 15) & ~15;
  const re = list + (<usize>uses << 3);
  const im = re + <usize>USE_BLOCK * row;
  const masked = im + <usize>USE_BLOCK * row;
  for (let k = next(block, 0); k < int(block, 12); k = next(block, 0)) {
    const found = usesOf(k, address(block, 4), uses, chosen, half, bytes, list);
    const to = address(block, 7) + <usize>k * 2 * half;
    if (found == 0) {
      memory.fill(to, 0, 2 * half);
      continue;
    }
    for (let first = 0; first < found; first += USE_BLOCK) {
      const from = list + (<usize>first << 3);
      let held = 0;
      for (let use = from, end = from + (<usize>min(USE_BLOCK, found - first) << 3); use < end; use += 8) {
        const o = <usize>load<u32>(use, 4);
        mask(address(block, 1) + o, address(block, 2) + o, count, masked);
        // Concepts that only fill up a rectangle have no gradient.
        if (allZero(masked, count)) continue;
        const at = <usize>held * row;
        analyzeKept(plan, masked, address(block, 3) + o, count, re + at, im + at, float(block, 14), float(block, 15));
        const kept = from + (<usize>held << 3);
        store<u32>(kept, load<u32>(use));
        store<u32>(kept, <u32>at, 4);
        held++;
      }
      accumulateRows(block, 5, re, im, from, held, channels, M, to, first > 0);
    }
    scaleRows(to, address(block, 13), 2 * channels, M);
  }
}

/** Entries where values are positive; reads and writes whole vectors. */
function mask(upstream: usize, values: usize, count: i32, to: usize): void {
  const end = to + (<usize>(count & ~3) << 2);
  for (; to < end; to += 16, upstream += 16, values += 16) {
    v128.store(to, v128.and(v128.load(upstream), f32x4.gt(v128.load(values), zero())));
  }
  for (let i: usize = 0; i < <usize>(count & 3) << 2; i += 4) {
    store<f32>(to + i, load<f32>(values + i) > 0 ? load<f32>(upstream + i) : 0);
  }
}

/** sumPoints, in the order of samples. upstream, values, concepts, sums, maps, count, conceptCount. Operations: 2 of each point; bytes: 8. */
export function pointSums(block: usize, thread: i32, threads: i32, scratch: usize): void {
  if (next(block, 0) > 0) return;
  const maps = int(block, 4);
  const count = <usize>int(block, 5) << 2;
  const sums = address(block, 3);
  memory.fill(sums, 0, <usize>int(block, 6) << 2);
  let upstream = address(block, 0);
  let values = address(block, 1);
  for (let i = 0; i < maps; i++) {
    let sum: f32 = 0;
    for (const end = upstream + count; upstream < end; upstream += 4, values += 4) {
      if (load<f32>(values) > 0) sum += load<f32>(upstream);
    }
    const at = sums + (<usize>load<i32>(address(block, 2) + (<usize>i << 2)) << 2);
    store<f32>(at, load<f32>(at) + sum);
  }
}
