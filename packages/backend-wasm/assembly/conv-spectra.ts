/**
 * Energies of the maps of a conv dictionary by Fourier transforms on a grid of M >= N points: with T the transform of mixed-radix.ts,
 * the map of a kernel d and a sample x is `T(T(d) conj(T(x))) / |M|`. Maps are real: two kernels, as real and imaginary part, are one
 * transform, so eight maps of a sample go through at a time, or sixteen where vectors are joined. None is stored but in scratch memory.
 * Where M = N the grid wraps by itself; else a sample is followed and preceded by what kernels reach beyond its border.
 *
 * Operations for each map, in multiply-adds of radix 4: about |M| (C + 4.3 log4 |M|) against |N| |s| C of the direct sum.
 */
import { arePairs, entryBytes, One, Two } from "./entry";
import { inputAt, inputPlace, lengthOf, resultAt, transform } from "./mixed-radix";
import { channels, extended, n0, n1, n2, points, readGeometry, s0, s1, s2, taps } from "./padding";
import { address, barrier, FOUND_NAN, int, next, report } from "./parallel";
import { selectLargest, selectScratch } from "./select";
import { fma, fnma } from "./simd";
import { convEnergiesOfTwo, wide } from "./wide-imports";

/** Samples that a thread takes at a time with the spectra of the kernels of an entry. */
const TOGETHER: i32 = 4;

let plan0: usize = 0;
let plan1: usize = 0;
let plan2: usize = 0;
let m0: i32 = 1;
let m1: i32 = 1;
let m2: i32 = 1;
let grid: usize = 0;
let lineA: usize = 0;
let lineB: usize = 0;

function setTransforms<T>(first: usize, second: usize, third: usize, scratch: usize): void {
  plan0 = first;
  plan1 = second;
  plan2 = third;
  m0 = lengthOf(first);
  m1 = lengthOf(second);
  m2 = lengthOf(third);
  const line = <usize>max(m0, max(m1, m2)) * entryBytes<T>();
  lineA = scratch;
  lineB = lineA + line;
  grid = lineB + line;
}

/** Bytes of a row of the last axis; two entries more than it has, so that columns spread over the cache. */
function rowBytes<T>(): usize {
  return <usize>(m2 + 2) * entryBytes<T>();
}

function gridBytes<T>(): usize {
  return <usize>(m0 * m1) * rowBytes<T>();
}

/** Where kept maps begin in scratch memory. */
function afterGrid<T>(): usize {
  return grid + gridBytes<T>();
}

/** Kernels of an entry. */
// @ts-expect-error: decorator
@inline
function kernelsOf<T>(): i32 {
  return <i32>(entryBytes<T>() >> 2);
}

/** Bytes before kernel j of an entry: eights of a vector of real parts and one of imaginary parts. */
// @ts-expect-error: decorator
@inline
function kernelAt<T>(j: i32): usize {
  return ((j & 4) == 0 ? 0 : offsetof<T>()) + (<usize>(j >> 3) << 4) + (<usize>(j & 3) << 2);
}

/** Bytes of scratch for one thread; `kept` is 0 where maps need not be kept. Not a kernel. */
export function convSpectraScratch(first: usize, second: usize, third: usize, size: i32, kept: i32): usize {
  return wide ? scratchOf<Two>(first, second, third, size, kept) : scratchOf<One>(first, second, third, size, kept);
}

function scratchOf<T>(first: usize, second: usize, third: usize, size: i32, kept: i32): usize {
  setTransforms<T>(first, second, third, 0);
  const maps = kept == 0 ? 0 : (<usize>(kernelsOf<T>() * (size + 4) + kept) << 2) + selectScratch(size, kept);
  return afterGrid<T>() + maps + 256;
}

/**
 * convEnergies. After the geometry: plans of the three axes, x, kernels, bias, energies, samples, concepts, concepts from one row of
 * energies to the next, kind, count (both as in convMapEnergies), memory for the spectra of samples [B C, |M|, 2] and of kernels
 * [K / 8, C, |M|, 8], or in sixteens, whether the samples' spectra are there already.
 */
export function convSpectralEnergies(block: usize, thread: i32, threads: i32, scratch: usize): void {
  // Where no half of an entry would be empty, and no thread without work.
  const octets = (int(block, 16) + 7) >> 3;
  const groups = (int(block, 15) + TOGETHER - 1) / TOGETHER;
  if (wide && (octets & 1) == 0 && (octets >> 1) * groups >= threads) {
    writeSpectra<Two>(block, scratch);
    convEnergiesOfTwo(block, scratch);
  } else {
    writeSpectra<One>(block, scratch);
    energiesOfEntries<One>(block, scratch);
  }
}

/** The spectra of samples and kernels; returns when all threads have written theirs. */
function writeSpectra<T>(block: usize, scratch: usize): void {
  readGeometry(block);
  setTransforms<One>(address(block, 8), address(block, 9), address(block, 10), scratch);
  const x = address(block, 11);
  const kernels = address(block, 12);
  const concepts = int(block, 16);
  const samples = address(block, 20);
  const weights = address(block, 21);
  const planes = int(block, 22) != 0 ? 0 : int(block, 15) * channels;
  for (let i = next(block, 0) * 4; i < planes; i = next(block, 0) * 4) sampleSpectra(x, i, min(4, planes - i), samples);
  const octets = (concepts + 7) >> 3;
  for (let i = next(block, 1); i < octets * channels; i = next(block, 1)) {
    const first = (i / channels) * 8;
    const channel = i % channels;
    const spectrum = (first / kernelsOf<T>()) * channels + channel;
    const to = weights + <usize>spectrum * spectrumBytes(entryBytes<T>()) + kernelAt<T>(first % kernelsOf<T>());
    kernelSpectra<T>(kernels, first, min(8, concepts - first), channel, to);
  }
  barrier(block);
}

/** Energies from those spectra. */
export function energiesOfEntries<T>(block: usize, scratch: usize): void {
  readGeometry(block);
  setTransforms<T>(address(block, 8), address(block, 9), address(block, 10), scratch);
  const batch = int(block, 15);
  const entries = (int(block, 16) + kernelsOf<T>() - 1) / kernelsOf<T>();
  const groups = (batch + TOGETHER - 1) / TOGETHER;
  for (let item = next(block, 2); item < entries * groups; item = next(block, 2)) {
    const entry = item / groups;
    const first = (item - entry * groups) * TOGETHER;
    for (let b = first; b < min(first + TOGETHER, batch); b++) {
      if (!entryEnergies<T>(block, b, entry)) {
        report(block, FOUND_NAN);
        return;
      }
    }
  }
}

/** Energies of the maps of a sample and the concepts of an entry. False where points are to be kept and one is NaN. */
function entryEnergies<T>(block: usize, b: i32, entry: i32): bool {
  const concepts = int(block, 16);
  const kind = int(block, 18);
  const count = int(block, 19);
  const first = entry * kernelsOf<T>();
  const some = min(kernelsOf<T>(), concepts - first);
  const bias = address(block, 13) + (<usize>first << 2);
  const energies = address(block, 14) + (<usize>(b * int(block, 17) + first) << 2);
  const sample = address(block, 20) + <usize>(b * channels) * spectrumBytes(8);
  const weights = address(block, 21) + <usize>(entry * channels) * spectrumBytes(entryBytes<T>());
  products<T>(sample, weights, bias, some);
  if (m0 > 1) {
    const layer = <usize>m1 * rowBytes<T>();
    for (let i1 = 0; i1 < n1; i1++) {
      for (let i2 = 0; i2 < m2; i2++) {
        const at = grid + <usize>i1 * rowBytes<T>() + <usize>i2 * entryBytes<T>();
        gather<T>(plan0, at, layer);
        scatter<T>(plan0, transform<T>(plan0, lineA, lineB), at, layer, n0);
      }
    }
  }
  const maps = afterGrid<T>();
  const stride = <usize>(points() + 4) << 2;
  memory.fill(lineB, 0, entryBytes<T>());
  for (let i0 = 0; i0 < n0; i0++) {
    for (let i1 = 0; i1 < n1; i1++) {
      const line = transform<T>(plan2, grid + <usize>(i0 * m1 + i1) * rowBytes<T>(), lineA);
      if (kind == 2) separateLanes<T>(line, maps + (<usize>((i0 * n1 + i1) * n2) << 2), stride);
      else addSquares<T>(line, kind == 1);
    }
  }
  const N = <f32>points();
  if (kind != 2) {
    for (let j = 0; j < some; j++) store<f32>(energies + (<usize>j << 2), load<f32>(lineB + kernelAt<T>(j)) / N);
    return true;
  }
  const positions = maps + <usize>kernelsOf<T>() * stride;
  for (let j: usize = 0; j < <usize>some; j++) {
    const map = maps + j * stride;
    if (!selectLargest(map, points(), count, positions, positions + (<usize>count << 2))) return false;
    let sum: f32 = 0;
    for (let i: usize = 0; i < <usize>count << 2; i += 4) {
      const value = max<f32>(load<f32>(map + (<usize>load<i32>(positions + i) << 2)), 0);
      sum += value * value;
    }
    store<f32>(energies + (j << 2), sum / N);
  }
  return true;
}

// @ts-expect-error: decorator
@inline
function spectrumBytes(entry: usize): usize {
  return <usize>(m0 * m1 * m2) * entry;
}

/**
 * The products of the spectra of a sample and of the kernels of an entry, summed over channels, the biases at frequency zero, transformed along
 * the middle axis as far as the grid goes.
 */
function products<T>(sample: usize, weights: usize, bias: usize, some: i32): void {
  const row = rowBytes<T>();
  const planeOfSample = spectrumBytes(8);
  const planeOfWeights = spectrumBytes(entryBytes<T>());
  let column: usize = 0;
  for (let i0 = 0; i0 < m0; i0++) {
    for (let i2 = 0; i2 < m2; i2++) {
      // One channel after the other: spectra that are a power of two apart share few lines of the cache.
      let x = sample + column * 8;
      let w = weights + column * entryBytes<T>();
      addProducts<T>(x, w, false);
      for (let c = 1; c < channels; c++) {
        x += planeOfSample;
        w += planeOfWeights;
        addProducts<T>(x, w, true);
      }
      if (column == 0) {
        for (let j = 0; j < some; j++) {
          const at = lineA + kernelAt<T>(j);
          store<f32>(at, load<f32>(at) + load<f32>(bias + (<usize>j << 2)));
        }
      }
      column += m1;
      const at = grid + <usize>(i0 * m1) * row + <usize>i2 * entryBytes<T>();
      scatter<T>(plan1, transform<T>(plan1, lineA, lineB), at, row, n1);
    }
  }
}

/** A column of the products of a channel, or what is there plus it. */
// @ts-expect-error: decorator
@inline
function addProducts<T>(x: usize, w: usize, more: bool): void {
  for (let to = lineA, end = lineA + <usize>m1 * entryBytes<T>(); to < end; to += entryBytes<T>(), x += 8, w += entryBytes<T>()) {
    const xRe = v128.load32_splat(x);
    const xIm = v128.load32_splat(x, 4);
    if (!arePairs<T>()) {
      const wRe = v128.load(w);
      const wIm = v128.load(w, 16);
      const re = more ? fma(xRe, wRe, v128.load(to)) : f32x4.mul(xRe, wRe);
      const im = more ? fma(xRe, wIm, v128.load(to, 16)) : f32x4.mul(xRe, wIm);
      v128.store(to, fnma(xIm, wIm, re));
      v128.store(to, fma(xIm, wRe, im), 16);
    } else {
      const re0 = v128.load(w);
      const re1 = v128.load(w, 16);
      const im0 = v128.load(w, 32);
      const im1 = v128.load(w, 48);
      const a0 = more ? fma(xRe, re0, v128.load(to)) : f32x4.mul(xRe, re0);
      const a1 = more ? fma(xRe, re1, v128.load(to, 16)) : f32x4.mul(xRe, re1);
      const b0 = more ? fma(xRe, im0, v128.load(to, 32)) : f32x4.mul(xRe, im0);
      const b1 = more ? fma(xRe, im1, v128.load(to, 48)) : f32x4.mul(xRe, im1);
      v128.store(to, fnma(xIm, im1, a1), 16);
      v128.store(to, fnma(xIm, im0, a0));
      v128.store(to, fma(xIm, re1, b1), 48);
      v128.store(to, fma(xIm, re0, b0), 32);
    }
  }
}

/** Adds the squares of a line, of the positive points only if asked for, to the sums in the second line buffer. */
function addSquares<T>(line: usize, positive: bool): void {
  // Of a pair pmax keeps the first where that is NaN.
  const lowest = f32x4.splat(positive ? 0 : -f32.MAX_VALUE);
  if (!arePairs<T>()) {
    let re = v128.load(lineB);
    let im = v128.load(lineB, 16);
    for (let n = 0; n < n2; n++) {
      const p = line + resultAt<T>(plan2, n);
      const left = f32x4.pmax(v128.load(p), lowest);
      const right = f32x4.pmax(v128.load(p, 16), lowest);
      re = fma(left, left, re);
      im = fma(right, right, im);
    }
    v128.store(lineB, re);
    v128.store(lineB, im, 16);
  } else {
    let re0 = v128.load(lineB);
    let re1 = v128.load(lineB, 16);
    let im0 = v128.load(lineB, 32);
    let im1 = v128.load(lineB, 48);
    for (let n = 0; n < n2; n++) {
      const p = line + resultAt<T>(plan2, n);
      const a0 = f32x4.pmax(v128.load(p), lowest);
      const a1 = f32x4.pmax(v128.load(p, 16), lowest);
      const b0 = f32x4.pmax(v128.load(p, 32), lowest);
      const b1 = f32x4.pmax(v128.load(p, 48), lowest);
      re0 = fma(a0, a0, re0);
      re1 = fma(a1, a1, re1);
      im0 = fma(b0, b0, im0);
      im1 = fma(b1, b1, im1);
    }
    v128.store(lineB, re1, 16);
    v128.store(lineB, re0);
    v128.store(lineB, im1, 48);
    v128.store(lineB, im0, 32);
  }
}

/** The lines of the maps from entries that hold a point of each. */
function separateLanes<T>(line: usize, to: usize, stride: usize): void {
  for (let n = 0; n < n2; n++, to += 4) {
    const p = line + resultAt<T>(plan2, n);
    let map = to;
    for (let j = 0; j < kernelsOf<T>(); j++, map += stride) store<f32>(map, load<f32>(p + kernelAt<T>(j)));
  }
}

/** Which entry of a spectrum `[w0][w2][w1]`, the last two in the order in which transforms want them, is a frequency's. */
// @ts-expect-error: decorator
@inline
function frequencyAt(i0: i32, i1: i32, i2: i32): usize {
  return <usize>(i0 * m2 * m1) + inputPlace(plan2, i2) * <usize>m1 + inputPlace(plan1, i1);
}

/** The spectra of planes `first` .. of samples (b, c), four at most, conjugated: [plane][w0][w2][w1][re, im]. */
function sampleSpectra(x: usize, first: i32, some: i32, spectra: usize): void {
  memory.fill(grid, 0, gridBytes<One>());
  for (let lane = 0; lane < some; lane++) {
    const b = (first + lane) / channels;
    const source = x + (<usize>(b * points() * channels + ((first + lane) % channels)) << 2);
    for (let i0 = 0; i0 < m0; i0++) {
      const r0 = extended(i0, n0, m0, s0);
      if (r0 < 0) continue;
      for (let i1 = 0; i1 < m1; i1++) {
        const r1 = extended(i1, n1, m1, s1);
        if (r1 < 0) continue;
        const from = source + (<usize>((r0 * n1 + r1) * n2 * channels) << 2);
        let to = grid + <usize>(i0 * m1 + i1) * rowBytes<One>() + (<usize>lane << 2);
        for (let i2 = 0; i2 < m2; i2++, to += entryBytes<One>()) {
          const r2 = i2 < n2 ? i2 : extended(i2, n2, m2, s2);
          if (r2 >= 0) store<f32>(to, load<f32>(from + (<usize>(r2 * channels) << 2)));
        }
      }
    }
  }
  transformGrid();
  const size = spectrumBytes(8);
  for (let i0 = 0; i0 < m0; i0++) {
    for (let i1 = 0; i1 < m1; i1++) {
      let from = grid + <usize>(i0 * m1 + i1) * rowBytes<One>();
      for (let i2 = 0; i2 < m2; i2++, from += entryBytes<One>()) {
        const to = spectra + <usize>first * size + frequencyAt(i0, i1, i2) * 8;
        const re = v128.load(from);
        const im = f32x4.neg(v128.load(from, 16));
        const low = v128.shuffle<f32>(re, im, 0, 4, 1, 5);
        const high = v128.shuffle<f32>(re, im, 2, 6, 3, 7);
        v128.store64_lane(to, low, 0);
        if (some > 1) v128.store64_lane(to + size, low, 1);
        if (some > 2) v128.store64_lane(to + 2 * size, high, 0);
        if (some > 3) v128.store64_lane(to + 3 * size, high, 1);
      }
    }
  }
}

/** The spectra of a channel of eight kernels, in pairs j and j + 4 as real and imaginary part, over |M|, to their place in entries [w0][w2][w1]. */
function kernelSpectra<T>(kernels: usize, first: i32, some: i32, channel: i32, spectra: usize): void {
  memory.fill(grid, 0, gridBytes<One>());
  const scale: f32 = 1 / <f32>(m0 * m1 * m2);
  for (let lane = 0; lane < some; lane++) {
    let from = kernels + (<usize>((first + lane) * taps() * channels + channel) << 2);
    for (let j0 = 0; j0 < s0; j0++) {
      for (let j1 = 0; j1 < s1; j1++) {
        for (let j2 = 0; j2 < s2; j2++, from += <usize>channels << 2) {
          const row = around(j0 - (s0 >> 1), m0) * m1 + around(j1 - (s1 >> 1), m1);
          const to = grid + <usize>row * rowBytes<One>() + <usize>around(j2 - (s2 >> 1), m2) * entryBytes<One>() + (<usize>lane << 2);
          store<f32>(to, load<f32>(to) + scale * load<f32>(from));
        }
      }
    }
  }
  transformGrid();
  for (let i0 = 0; i0 < m0; i0++) {
    for (let i1 = 0; i1 < m1; i1++) {
      let from = grid + <usize>(i0 * m1 + i1) * rowBytes<One>();
      for (let i2 = 0; i2 < m2; i2++, from += entryBytes<One>()) {
        const to = spectra + frequencyAt(i0, i1, i2) * entryBytes<T>();
        v128.store(to, v128.load(from));
        v128.store(to, v128.load(from, 16), offsetof<T>());
      }
    }
  }
}

// @ts-expect-error: decorator
@inline
function around(i: i32, n: i32): i32 {
  const rest = i % n;
  return rest < 0 ? rest + n : rest;
}

/** Along all axes, in place. */
function transformGrid(): void {
  const row = rowBytes<One>();
  for (let i = 0; i < m0 * m1; i++) {
    const at = grid + <usize>i * row;
    gather<One>(plan2, at, entryBytes<One>());
    scatter<One>(plan2, transform<One>(plan2, lineA, lineB), at, entryBytes<One>(), m2);
  }
  for (let i2 = 0; i2 < m2; i2++) {
    for (let i0 = 0; i0 < m0 && m1 > 1; i0++) {
      const at = grid + <usize>(i0 * m1) * row + <usize>i2 * entryBytes<One>();
      gather<One>(plan1, at, row);
      scatter<One>(plan1, transform<One>(plan1, lineA, lineB), at, row, m1);
    }
    for (let i1 = 0; i1 < m1 && m0 > 1; i1++) {
      const at = grid + <usize>i1 * row + <usize>i2 * entryBytes<One>();
      gather<One>(plan0, at, <usize>m1 * row);
      scatter<One>(plan0, transform<One>(plan0, lineA, lineB), at, <usize>m1 * row, m0);
    }
  }
}

/** Entries `stride` bytes apart to the first line buffer, as inputs of a transform. */
function gather<T>(plan: usize, from: usize, stride: usize): void {
  for (let w = 0, count = lengthOf(plan); w < count; w++, from += stride) copyEntry<T>(lineA + inputAt<T>(plan, w), from);
}

/** The first results of a transform to entries `stride` bytes apart. */
function scatter<T>(plan: usize, line: usize, to: usize, stride: usize, count: i32): void {
  for (let n = 0; n < count; n++, to += stride) copyEntry<T>(to, line + resultAt<T>(plan, n));
}

// @ts-expect-error: decorator
@inline
function copyEntry<T>(to: usize, from: usize): void {
  v128.store(to, v128.load(from, 16), 16);
  v128.store(to, v128.load(from));
  if (!arePairs<T>()) return;
  v128.store(to, v128.load(from, 48), 48);
  v128.store(to, v128.load(from, 32), 32);
}
