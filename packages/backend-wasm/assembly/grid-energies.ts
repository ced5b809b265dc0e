/**
 * spectralEnergies of maps on a grid, for few channels: the maps of four samples at a time, one in each lane (assembly/lanes.ts), or of eight where vectors
 * are joined, for four concepts in turn. None is stored.
 */
import { arePairs, entryBytes, One, Two } from "./entry";
import { separate } from "./interleave";
import { basisSpare, spectrumToLanes } from "./lane-spectra";
import {
  laneAxis,
  laneEntries,
  lanePoints,
  laneRank,
  laneSums,
  linesOf,
  rectifiedLast,
  rowsOf,
  synthesizeLast,
  synthesizeLeading,
} from "./lanes";
import { address, barrier, int, next } from "./parallel";
import { selectScratch } from "./select";
import { fma, fnma, zero } from "./simd";
import { keptPower } from "./spectral";
import { gridEnergiesOfTwo, wide } from "./wide-imports";

/** Concepts that are worked on together, and samples. */
const FOUR: i32 = 4;

// @ts-ignore: decorator
@inline
function termsOf(plan: usize): i32 {
  return int(plan, 8);
}
// @ts-ignore: decorator
@inline
function classesOf(plan: usize): i32 {
  return int(plan, 4);
}

/** Bytes of the spectra of the samples of an entry, or of four concepts: real and imaginary parts for each term of a sum over frequencies and channels. */
// @ts-ignore: decorator
@inline
function termBytes<T>(plan: usize, channels: i32): usize {
  return <usize>(termsOf(plan) * channels) * entryBytes<T>();
}

/** Bytes of the spectra of all samples. Not a kernel. */
export function gridEnergiesMemory(plan: usize, channels: i32, batch: i32): usize {
  return <usize>((batch + 7) >> 3) * termBytes<Two>(plan, channels);
}

/** Bytes of the spectra of the maps of one concept. */
// @ts-ignore: decorator
@inline
function spectraOf<T>(plan: usize): usize {
  return <usize>classesOf(plan) * entryBytes<T>();
}

/** Bytes of a tensor on the way from the spectra of the maps of an entry to their values. */
// @ts-ignore: decorator
@inline
function mapBytes<T>(plan: usize): usize {
  return <usize>(laneEntries(plan) + 4) * offsetof<T>();
}

/** Entries of samples that go together: two on a line, which has no other line beside it. */
// @ts-ignore: decorator
@inline
function entriesTogether<T>(plan: usize): i32 {
  return !arePairs<T>() && laneRank(plan) == 1 ? 2 : 1;
}

/** Bytes of scratch of gridEnergies. Not a kernel. */
export function gridEnergiesScratch(plan: usize, channels: i32, count: i32): usize {
  return wide ? scratchOf<Two>(plan, channels, count) : scratchOf<One>(plan, channels, count);
}

function scratchOf<T>(plan: usize, channels: i32, count: i32): usize {
  const points = lanePoints(plan);
  const maps = <usize>entriesTogether<T>(plan) * mapBytes<T>(plan);
  const kept = count == 0 ? 0 : maps + (<usize>(4 * (points + 4) + count + 4) << 2) + selectScratch(points + 4, count);
  const spectra = 4 * <usize>entriesTogether<T>(plan) * spectraOf<T>(plan);
  return termBytes<One>(plan, channels) + spectra + 2 * maps + laneSums(plan) + basisSpare<T>(plan) + kept + 256;
}

/**
 * Frequencies that a coarse grid cannot tell apart are added up before the synthesis: the plan lists for each class of frequencies its
 * members, which are terms of its sum like further channels (src/plans/lane-plan.ts). `packed` is memory for all samples so arranged,
 * [B / 4][terms, channels][re, im][4], or in eights.
 * plan of the classes, xRe, xIm, eRe, eIm, bias, energies, batch, concepts, channels, count (0: all that is positive, else the `count`
 * largest points), M, packed, floats from one concept to the next, 1 where e is theta.
 * Operations: B K (8 C M + T of the energy grid + 4 of its points); bytes: 8 (B + K) C M + 4 B K.
 */
export function gridEnergies(block: usize, thread: i32, threads: i32, scratch: usize): void {
  if (wide) {
    packSamples<Two>(block);
    gridEnergiesOfTwo(block, scratch);
  } else {
    packSamples<One>(block);
    energiesOfSamples<One>(block, scratch);
  }
}

/** Samples in fours, the last ones again where there are no more in an entry; returns when all threads have written theirs. */
function packSamples<T>(block: usize): void {
  const plan = address(block, 0);
  const batch = int(block, 7);
  const channels = int(block, 9);
  const M = int(block, 11);
  const vectors = <i32>(offsetof<T>() >> 4);
  const groups = (batch + FOUR - 1) / FOUR;
  const all = (groups + vectors - 1) / vectors * vectors;
  for (let g = next(block, 0); g < all; g = next(block, 0)) {
    const to = address(block, 12) + <usize>(g / vectors) * termBytes<T>(plan, channels) + (<usize>(g % vectors) << 4);
    packFour<T>(plan, address(block, 1), address(block, 2), min(g, groups - 1) * FOUR, batch, channels, M, channels * M, 0, to);
  }
  barrier(block);
}

/** Energies from those spectra. */
export function energiesOfSamples<T>(block: usize, scratch: usize): void {
  const plan = address(block, 0);
  const concepts = int(block, 8);
  const channels = int(block, 9);
  const count = int(block, 10);
  const packed = address(block, 12);
  const samples = <i32>(offsetof<T>() >> 2);
  const entries = (int(block, 7) + samples - 1) / samples;
  const bytes = termBytes<T>(plan, channels);
  const maps = mapBytes<T>(plan);
  const zBytes = spectraOf<T>(plan);
  const together = entriesTogether<T>(plan);
  const e = (scratch + 15) & ~15;
  const z = e + termBytes<One>(plan, channels);
  const a = z + 4 * <usize>together * zBytes;
  const b = a + <usize>together * maps;
  const sums = b + <usize>together * maps;
  const totals = sums + laneSums(plan);
  const spare = totals + 64;
  const grid = spare + basisSpare<T>(plan);
  // c(w), or of theta its root.
  const weights = address(plan, int(block, 14) == 0 ? 10 : 12);
  const basis = <usize>rowsOf(laneAxis(plan, 0)) * offsetof<T>();
  const points = <usize>lanePoints(plan) * offsetof<T>();
  for (let k0 = next(block, 1) * FOUR; k0 < concepts; k0 = next(block, 1) * FOUR) {
    packFour<One>(plan, address(block, 3), address(block, 4), k0, concepts, channels, int(block, 11), int(block, 13), weights, e);
    const end = min(FOUR, concepts - k0);
    for (let first = 0; first < entries; first += together) {
      const some = min(together, entries - first);
      for (let i = 0; i < some; i++) {
        contractFour<T>(plan, packed + <usize>(first + i) * bytes, e, channels, z + <usize>(FOUR * i) * zBytes, zBytes);
      }
      for (let k = 0; k < end; k++) {
        const shift = f32x4.splat(load<f32>(address(block, 5) + (<usize>(k0 + k) << 2)));
        for (let i = 0; i < some; i++) {
          const to = a + <usize>i * basis;
          spectrumToLanes<T>(plan, z + <usize>(FOUR * i + k) * zBytes, to, spare);
          // The zero frequency comes first in the basis.
          for (let v: usize = 0; v < offsetof<T>(); v += 16) v128.store(to + v, f32x4.add(v128.load(to + v), shift));
        }
        const lines = synthesizeLeading<T>(plan, a, b, sums);
        const lineCount = laneRank(plan) == 1 ? some : linesOf(plan);
        memory.fill(totals, 0, 64);
        if (count > 0) {
          synthesizeLast<T>(plan, lineCount, lines, grid, sums);
          const left = int(block, 7) - first * samples;
          for (let i: usize = 0; i < <usize>some; i++) {
            keptOf<T>(plan, grid + i * points, left, count, totals + (i << 4), grid + <usize>together * maps);
          }
        } else {
          rectifiedLast<T>(plan, lineCount, lines, totals, sums);
          if (together == 1) {
            for (let v: usize = 0; v < offsetof<T>(); v += 16) {
              v128.store(totals + v, f32x4.add(v128.load(totals + v), v128.load(totals + v, offsetof<T>())));
            }
          }
        }
        storeEnergies(block, first * samples, some * samples, k0 + k, totals);
      }
    }
  }
}

/** The sums of the squares of the `count` largest points of the maps of an entry, of which at most `samples` count, rectified; NaN where there is one. */
function keptOf<T>(plan: usize, maps: usize, samples: i32, count: i32, totals: usize, scratch: usize): void {
  const points = lanePoints(plan);
  const stride = <usize>(points + 4) << 2;
  const positions = scratch + 4 * stride;
  for (let v: usize = 0; v < offsetof<T>() && <i32>(v >> 2) < samples; v += 16) {
    if (count <= 2) {
      v128.store(totals + v, largestPower<T>(maps + v, points, count == 2));
      continue;
    }
    separate(maps + v, <i32>(offsetof<T>() >> 2), 4, points, scratch, stride);
    for (let j: usize = 0; j < 4; j++) {
      const power = keptPower(scratch + j * stride, points, count, positions, positions + (<usize>(count + 4) << 2));
      store<f32>(totals + v + (j << 2), power);
    }
  }
}

/** The same for one point, or two, of four maps. */
function largestPower<T>(maps: usize, points: i32, two: bool): v128 {
  let first = zero();
  let second = zero();
  let notNumbers = zero();
  for (const end = maps + <usize>points * offsetof<T>(); maps < end; maps += offsetof<T>()) {
    const v = v128.load(maps);
    second = f32x4.pmax(second, f32x4.pmin(first, v));
    first = f32x4.pmax(first, v);
    notNumbers = v128.or(notNumbers, f32x4.ne(v, v));
  }
  const power = f32x4.mul(first, first);
  return v128.or(two ? fma(second, second, power) : power, notNumbers);
}

/** The energies of samples from `b` on, `count` at most, from the sums over all points. */
function storeEnergies(block: usize, b: i32, count: i32, k: i32, totals: usize): void {
  const share: f32 = 1 / <f32>lanePoints(address(block, 0));
  for (let j = 0; j < min(count, int(block, 7) - b); j++) {
    store<f32>(address(block, 6) + (<usize>((b + j) * int(block, 8) + k) << 2), share * load<f32>(totals + (<usize>j << 2)));
  }
}

/**
 * Rows `from` to `from + 3` of spectra [.., channels, M] to a vector of each part of the entries of terms [terms, channels], the last row again where there is none.
 * `stride` floats from one row to the next; `weights` of the terms, 0 where there are none.
 */
function packFour<T>(
  plan: usize,
  re: usize,
  im: usize,
  from: i32,
  rows: i32,
  channels: i32,
  M: i32,
  stride: i32,
  weights: usize,
  to: usize,
): void {
  const sources = address(plan, 9);
  const size = <usize>termsOf(plan) << 2;
  const row = <usize>stride << 2;
  // Where the other three rows are from the first.
  const last = <usize>(rows - 1 - from) * row;
  const r1 = min(row, last);
  const r2 = min(2 * row, last);
  const r3 = min(3 * row, last);
  for (let c = 0; c < channels; c++) {
    const at = <usize>from * row + (<usize>(c * M) << 2);
    let p = to + <usize>c * entryBytes<T>();
    for (let i: usize = 0; i < size; i += 4, p += <usize>channels * entryBytes<T>()) {
      const w = load<i32>(sources + i);
      const o = at + (<usize>(w < 0 ? -1 - w : w) << 2);
      const weight: f32 = weights == 0 ? 1 : load<f32>(weights + i);
      v128.store(p, f32x4.mul(f32x4.splat(weight), column(re + o, r1, r2, r3)));
      // The conjugate, where it is that of a class.
      v128.store(p, f32x4.mul(f32x4.splat(w < 0 ? -weight : weight), column(im + o, r1, r2, r3)), offsetof<T>());
    }
  }
}

/** Four entries of a column. */
// @ts-ignore: decorator
@inline
function column(p: usize, r1: usize, r2: usize, r3: usize): v128 {
  let v = v128.load32_zero(p);
  v = v128.load32_lane(p + r1, v, 1);
  v = v128.load32_lane(p + r2, v, 2);
  return v128.load32_lane(p + r3, v, 3);
}

/** The spectra of the maps of four concepts, `step` bytes apart, for the samples of an entry: of each class of frequencies sum conj(e) x. */
function contractFour<T>(plan: usize, x: usize, e: usize, channels: i32, z: usize, step: usize): void {
  const runs = address(plan, 6);
  let place = address(plan, 7);
  for (let run: usize = 0; run < <usize>int(plan, 5) << 3; run += 8) {
    const classes = place + (<usize>load<i32>(runs + run) << 2);
    const terms = <usize>(load<i32>(runs + run, 4) * channels);
    for (; place < classes; place += 4, x += terms * entryBytes<T>(), e += terms * entryBytes<One>()) {
      const to = z + <usize>load<i32>(place) * entryBytes<T>();
      if (arePairs<T>()) sumTermsOfTwo(x, e, terms, to, step);
      else sumTerms(x, e, terms, to, step);
    }
  }
}

// @ts-ignore: decorator
@inline
function sumTerms(x: usize, e: usize, terms: usize, to: usize, step: usize): void {
  let re0 = zero();
  let im0 = zero();
  let re1 = zero();
  let im1 = zero();
  let re2 = zero();
  let im2 = zero();
  let re3 = zero();
  let im3 = zero();
  for (const end = x + terms * entryBytes<One>(); x < end; x += entryBytes<One>(), e += entryBytes<One>()) {
    const a = v128.load(x);
    const b = v128.load(x, 16);
    let p = v128.load32_splat(e);
    let q = v128.load32_splat(e, 16);
    re0 = fma(p, a, fma(q, b, re0));
    im0 = fma(p, b, fnma(q, a, im0));
    p = v128.load32_splat(e, 4);
    q = v128.load32_splat(e, 20);
    re1 = fma(p, a, fma(q, b, re1));
    im1 = fma(p, b, fnma(q, a, im1));
    p = v128.load32_splat(e, 8);
    q = v128.load32_splat(e, 24);
    re2 = fma(p, a, fma(q, b, re2));
    im2 = fma(p, b, fnma(q, a, im2));
    p = v128.load32_splat(e, 12);
    q = v128.load32_splat(e, 28);
    re3 = fma(p, a, fma(q, b, re3));
    im3 = fma(p, b, fnma(q, a, im3));
  }
  v128.store(to, re0);
  v128.store(to, im0, 16);
  to += step;
  v128.store(to, re1);
  v128.store(to, im1, 16);
  to += step;
  v128.store(to, re2);
  v128.store(to, im2, 16);
  to += step;
  v128.store(to, re3);
  v128.store(to, im3, 16);
}

// @ts-ignore: decorator
@inline
function sumTermsOfTwo(x: usize, e: usize, terms: usize, to: usize, step: usize): void {
  let re0a = zero();
  let re0b = zero();
  let im0a = zero();
  let im0b = zero();
  let re1a = zero();
  let re1b = zero();
  let im1a = zero();
  let im1b = zero();
  let re2a = zero();
  let re2b = zero();
  let im2a = zero();
  let im2b = zero();
  let re3a = zero();
  let re3b = zero();
  let im3a = zero();
  let im3b = zero();
  for (const end = x + terms * entryBytes<Two>(); x < end; x += entryBytes<Two>(), e += entryBytes<One>()) {
    const a0 = v128.load(x);
    const a1 = v128.load(x, 16);
    const b0 = v128.load(x, 32);
    const b1 = v128.load(x, 48);
    const p0 = v128.load32_splat(e);
    const q0 = v128.load32_splat(e, 16);
    re0a = fma(p0, a0, fma(q0, b0, re0a));
    re0b = fma(p0, a1, fma(q0, b1, re0b));
    im0a = fma(p0, b0, fnma(q0, a0, im0a));
    im0b = fma(p0, b1, fnma(q0, a1, im0b));
    const p1 = v128.load32_splat(e, 4);
    const q1 = v128.load32_splat(e, 20);
    re1a = fma(p1, a0, fma(q1, b0, re1a));
    re1b = fma(p1, a1, fma(q1, b1, re1b));
    im1a = fma(p1, b0, fnma(q1, a0, im1a));
    im1b = fma(p1, b1, fnma(q1, a1, im1b));
    const p2 = v128.load32_splat(e, 8);
    const q2 = v128.load32_splat(e, 24);
    re2a = fma(p2, a0, fma(q2, b0, re2a));
    re2b = fma(p2, a1, fma(q2, b1, re2b));
    im2a = fma(p2, b0, fnma(q2, a0, im2a));
    im2b = fma(p2, b1, fnma(q2, a1, im2b));
    const p3 = v128.load32_splat(e, 12);
    const q3 = v128.load32_splat(e, 28);
    re3a = fma(p3, a0, fma(q3, b0, re3a));
    re3b = fma(p3, a1, fma(q3, b1, re3b));
    im3a = fma(p3, b0, fnma(q3, a0, im3a));
    im3b = fma(p3, b1, fnma(q3, a1, im3b));
  }
  v128.store(to, re0b, 16);
  v128.store(to, re0a);
  v128.store(to, im0b, 48);
  v128.store(to, im0a, 32);
  to += step;
  v128.store(to, re1b, 16);
  v128.store(to, re1a);
  v128.store(to, im1b, 48);
  v128.store(to, im1a, 32);
  to += step;
  v128.store(to, re2b, 16);
  v128.store(to, re2a);
  v128.store(to, im2b, 48);
  v128.store(to, im2a, 32);
  to += step;
  v128.store(to, re3b, 16);
  v128.store(to, re3a);
  v128.store(to, im3b, 48);
  v128.store(to, im3a, 32);
}
