/**
 * What a step does with theta `[K, 2, C, M]`, the parameter of a fourier dictionary, and the points of chosen maps. Coefficients of an atom
 * are theta times a root for each frequency, which is applied to what comes of theta; spectra of maps that need not be kept stay in the cache.
 */
import { accumulate, correlate, decode, scale } from "./contractions";
import { analyzeKept, fourierScratch, prepare, sampleKept, scratchIm, scratchRe, spectrumSize } from "./fourier";
import { address, float, int, next } from "./parallel";
import { fma, fnma, loadPart, storePart, zero } from "./simd";
import { listUses, scaleBoth, usesOf } from "./spectral";

/** Uses of a concept whose spectra are held at a time. */
const USE_BLOCK: i32 = 16;

/** Many channels are decoded in blocks of this many, of which the spectra of all samples stay in the cache. */
const CHANNEL_BLOCK: i32 = 32;

/**
 * decodeChosen of theta. M, zRe, zIm, theta, concepts, re, im, batch, chosen, channels, roots, number of concepts where they are many (else 0):
 * then concept after concept is read, and once. Scratch: usesScratch.
 * Operations: 8 B k C M; bytes: 8 (B k + K C at most + B C) M.
 */
export function thetaDecoding(block: usize, thread: i32, threads: i32, scratch: usize): void {
  const channels = int(block, 9);
  const batch = int(block, 7);
  const conceptCount = int(block, 11);
  if (conceptCount == 0) {
    for (let b = next(block, 0); b < batch; b = next(block, 0)) decodeSample(block, b);
    return;
  }
  listUses(address(block, 4), batch * int(block, 8), conceptCount, scratch);
  for (let c = next(block, 0) * CHANNEL_BLOCK; c < channels; c = next(block, 0) * CHANNEL_BLOCK) {
    decodeChannels(block, c, min(CHANNEL_BLOCK, channels - c), scratch);
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

/** Channels `c` to `c + count` of all samples. */
function decodeChannels(block: usize, c: i32, count: i32, list: usize): void {
  const M = int(block, 0);
  const batch = int(block, 7);
  const chosen = int(block, 8);
  const channels = int(block, 9);
  const row = <usize>M << 2;
  const half = <usize>channels * row;
  const from = <usize>c * row;
  const bytes = <usize>count * row;
  for (let b: usize = 0; b < <usize>batch; b++) {
    memory.fill(address(block, 5) + b * half + from, 0, bytes);
    memory.fill(address(block, 6) + b * half + from, 0, bytes);
  }
  let at = list;
  const begins = list + (<usize>(batch * chosen) << 2);
  for (let k: usize = 0; k < <usize>int(block, 11); k++) {
    const d = address(block, 3) + k * 2 * half + from;
    for (const end = list + (<usize>load<i32>(begins + (k << 2), 4) << 2); at < end; at += 4) {
      const use = load<i32>(at);
      const z = <usize>use * row;
      const to = <usize>(use / chosen) * half + from;
      addDecoded(d, d + half, address(block, 1) + z, address(block, 2) + z, count, M, address(block, 5) + to, address(block, 6) + to);
    }
  }
  for (let b: usize = 0; b < <usize>batch; b++) {
    scaleRows(address(block, 5) + b * half + from, address(block, 10), count, M);
    scaleRows(address(block, 6) + b * half + from, address(block, 10), count, M);
  }
}

/** x_c(w) += d_c(w) z(w) for some channels, in the order of memory. */
function addDecoded(dRe: usize, dIm: usize, zRe: usize, zIm: usize, channels: i32, M: i32, xRe: usize, xIm: usize): void {
  const whole = <usize>(M & ~3) << 2;
  const left = M & 3;
  for (let c = 0; c < channels; c++) {
    for (let w: usize = 0; w < whole; w += 16, dRe += 16, dIm += 16, xRe += 16, xIm += 16) {
      const a = v128.load(zRe + w);
      const b = v128.load(zIm + w);
      const p = v128.load(dRe);
      const q = v128.load(dIm);
      v128.store(xRe, fma(p, a, fnma(q, b, v128.load(xRe))));
      v128.store(xIm, fma(p, b, fma(q, a, v128.load(xIm))));
    }
    if (left == 0) continue;
    const a = loadPart(zRe + whole, left);
    const b = loadPart(zIm + whole, left);
    const p = loadPart(dRe, left);
    const q = loadPart(dIm, left);
    storePart(xRe, fma(p, a, fnma(q, b, loadPart(xRe, left))), left);
    storePart(xIm, fma(p, b, fma(q, a, loadPart(xIm, left))), left);
    const step = <usize>left << 2;
    dRe += step;
    dIm += step;
    xRe += step;
    xIm += step;
  }
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
    const count = usesOf(k, address(block, 5), uses, chosen, half, row, scratch);
    const to = address(block, 6) + <usize>k * 2 * half;
    accumulateRows(block, 1, address(block, 3), address(block, 4), scratch, count, channels, M, to, false);
    scaleRows(to, address(block, 11), 2 * channels, M);
  }
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
      const some = min(USE_BLOCK, found - first);
      const from = list + (<usize>first << 3);
      for (let i: usize = 0; i < <usize>some; i++) {
        const use = from + (i << 3);
        const o = <usize>load<u32>(use, 4);
        mask(address(block, 1) + o, address(block, 2) + o, count, masked);
        analyzeKept(plan, masked, address(block, 3) + o, count, re + i * row, im + i * row, float(block, 14), float(block, 15));
        store<u32>(use, <u32>(i * row), 4);
      }
      accumulateRows(block, 5, re, im, from, some, channels, M, to, first > 0);
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
