/**
 * spectralEnergies of maps on a grid, for few channels: the maps of four samples at a time, one in each lane (assembly/lanes.ts), for four
 * concepts in turn. None is stored.
 */
import { separate } from "./interleave";
import { basisSpare, spectrumToLanes } from "./lane-spectra";
import {
  laneEntries,
  lanePoints,
  laneRank,
  LANES,
  laneSums,
  rectifiedLast,
  synthesizeLast,
  synthesizeLeading,
} from "./lanes";
import { address, barrier, int, next } from "./parallel";
import { selectScratch } from "./select";
import { fma, fnma, zero } from "./simd";
import { keptPower } from "./spectral";
import { wide } from "./wide-imports";

/** Concepts that are worked on together, and samples. */
const FOUR: i32 = 4;

/** Bytes of one term of a sum over frequencies and channels: real and imaginary parts of four samples, or of four concepts. */
const TERM: usize = 32;

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

/** Bytes of the spectra of four samples, or of four concepts. Not a kernel. */
export function laneTerms(plan: usize, channels: i32): usize {
  return <usize>(termsOf(plan) * channels) * TERM;
}

/** Bytes of the spectra of the maps of one concept. */
// @ts-ignore: decorator
@inline
function spectraOf(plan: usize): usize {
  return <usize>classesOf(plan) * TERM;
}

/** Bytes of a tensor on the way from the spectra of four maps to their values. */
// @ts-ignore: decorator
@inline
function mapBytes(plan: usize): usize {
  return <usize>(laneEntries(plan) + 4) * LANES;
}

/** Groups of four samples that go together: two on a line, which has no other line beside it, and where wide kernels take both at once. */
// @ts-ignore: decorator
@inline
function groupsTogether(plan: usize): i32 {
  return laneRank(plan) == 1 || wide ? 2 : 1;
}

/** Bytes of scratch of gridEnergies. Not a kernel. */
export function gridEnergiesScratch(plan: usize, channels: i32, count: i32): usize {
  const points = lanePoints(plan);
  const kept = count == 0 ? 0 : 2 * mapBytes(plan) + (<usize>(4 * (points + 4) + count + 4) << 2) + selectScratch(points + 4, count);
  const basis = 2 * <usize>groupsTogether(plan) * mapBytes(plan) + laneSums(plan) + basisSpare(plan);
  return laneTerms(plan, channels) + 8 * spectraOf(plan) + basis + kept + 256;
}

/**
 * Frequencies that a coarse grid cannot tell apart are added up before the synthesis: the plan lists for each class of frequencies its
 * members, which are terms of its sum like further channels (src/plans/lane-plan.ts). `packed` is memory for all samples so arranged,
 * [B / 4][terms, channels][re, im][4].
 * plan of the classes, xRe, xIm, eRe, eIm, bias, energies, batch, concepts, channels, count (0: all that is positive, else the `count`
 * largest points), M, packed, floats from one concept to the next, 1 where e is theta.
 * Operations: B K (8 C M + T of the energy grid + 4 of its points); bytes: 8 (B + K) C M + 4 B K.
 */
export function gridEnergies(block: usize, thread: i32, threads: i32, scratch: usize): void {
  const plan = address(block, 0);
  const batch = int(block, 7);
  const concepts = int(block, 8);
  const channels = int(block, 9);
  const count = int(block, 10);
  const M = int(block, 11);
  const packed = address(block, 12);
  const bytes = laneTerms(plan, channels);
  const groups = (batch + FOUR - 1) / FOUR;
  for (let g = next(block, 0); g < groups; g = next(block, 0)) {
    packFour(plan, address(block, 1), address(block, 2), g * FOUR, batch, channels, M, channels * M, 0, packed + <usize>g * bytes);
  }
  barrier(block);

  const maps = mapBytes(plan);
  const zBytes = spectraOf(plan);
  const e = (scratch + 15) & ~15;
  const z = e + bytes;
  const a = z + 8 * zBytes;
  const together = groupsTogether(plan);
  const b = a + <usize>together * maps;
  const sums = b + <usize>together * maps;
  const totals = sums + laneSums(plan);
  const spare = totals + 64;
  const grid = spare + basisSpare(plan);
  // c(w), or of theta its root.
  const weights = address(plan, int(block, 14) == 0 ? 10 : 12);
  const share = f32x4.splat(1 / <f32>lanePoints(plan));
  for (let k0 = next(block, 1) * FOUR; k0 < concepts; k0 = next(block, 1) * FOUR) {
    packFour(plan, address(block, 3), address(block, 4), k0, concepts, channels, M, int(block, 13), weights, e);
    const end = min(FOUR, concepts - k0);
    for (let g = 0; g < groups; g += together) {
      const two = together == 2 && g + 1 < groups;
      const entry = two ? 2 * LANES : LANES;
      contractFour(plan, packed + <usize>g * bytes, e, channels, z, zBytes);
      if (two) contractFour(plan, packed + <usize>(g + 1) * bytes, e, channels, z + FOUR * zBytes, zBytes);
      for (let k = 0; k < end; k++) {
        const shift = f32x4.splat(load<f32>(address(block, 5) + (<usize>(k0 + k) << 2)));
        const from = z + <usize>k * zBytes;
        // The zero frequency comes first in the basis.
        spectrumToLanes(plan, from, a, entry, spare);
        v128.store(a, f32x4.add(v128.load(a), shift));
        if (two) {
          spectrumToLanes(plan, from + FOUR * zBytes, a + LANES, entry, spare);
          v128.store(a + LANES, f32x4.add(v128.load(a + LANES), shift));
        }
        v128.store(totals, zero());
        v128.store(totals, zero(), 16);
        v128.store(totals, zero(), 32);
        v128.store(totals, zero(), 48);
        const lines = synthesizeLeading(plan, a, b, entry, sums);
        if (count > 0) {
          synthesizeLast(plan, lines, grid, grid + maps, entry, sums);
          keptFour(plan, grid, count, totals, grid + 2 * maps);
          if (two) keptFour(plan, grid + maps, count, totals + 16, grid + 2 * maps);
        } else {
          rectifiedLast(plan, lines, totals, entry, sums);
          v128.store(totals, f32x4.add(v128.load(totals), v128.load(totals + entry)));
          v128.store(totals, f32x4.add(v128.load(totals, 16), v128.load(totals, 48)), 16);
        }
        storeFour(block, g * FOUR, k0 + k, f32x4.mul(share, v128.load(totals)), totals);
        if (two) storeFour(block, (g + 1) * FOUR, k0 + k, f32x4.mul(share, v128.load(totals, 16)), totals);
      }
    }
  }
}

/** The sums of the squares of the `count` largest entries of four maps, rectified; NaN where there is one. */
function keptFour(plan: usize, maps: usize, count: i32, totals: usize, scratch: usize): void {
  const points = lanePoints(plan);
  if (count <= 2) {
    v128.store(totals, largestPower(maps, points, count == 2));
    return;
  }
  const stride = <usize>(points + 4) << 2;
  separate(maps, 4, 4, points, scratch, stride);
  const positions = scratch + 4 * stride;
  for (let j: usize = 0; j < 4; j++) {
    const power = keptPower(scratch + j * stride, points, count, positions, positions + (<usize>(count + 4) << 2));
    store<f32>(totals + (j << 2), power);
  }
}

/** keptFour of one point, or two. */
function largestPower(maps: usize, points: i32, two: bool): v128 {
  let first = zero();
  let second = zero();
  let notNumbers = zero();
  for (const end = maps + (<usize>points << 4); maps < end; maps += 16) {
    const v = v128.load(maps);
    second = f32x4.pmax(second, f32x4.pmin(first, v));
    first = f32x4.pmax(first, v);
    notNumbers = v128.or(notNumbers, f32x4.ne(v, v));
  }
  const power = f32x4.mul(first, first);
  return v128.or(two ? fma(second, second, power) : power, notNumbers);
}

/** The energies of four samples from `b` on. */
function storeFour(block: usize, b: i32, k: i32, energies: v128, spare: usize): void {
  v128.store(spare, energies);
  for (let j = 0; j < min(FOUR, int(block, 7) - b); j++) {
    store<f32>(address(block, 6) + (<usize>((b + j) * int(block, 8) + k) << 2), load<f32>(spare + (<usize>j << 2)));
  }
}

/**
 * Rows `from` to `from + 3` of spectra [.., channels, M] to terms [terms, channels][re, im][4], the last row again where there is none.
 * `stride` floats from one row to the next; `weights` of the terms, 0 where there are none.
 */
function packFour(
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
    let p = to + <usize>c * TERM;
    for (let i: usize = 0; i < size; i += 4, p += <usize>channels * TERM) {
      const w = load<i32>(sources + i);
      const o = at + (<usize>(w < 0 ? -1 - w : w) << 2);
      const weight: f32 = weights == 0 ? 1 : load<f32>(weights + i);
      v128.store(p, f32x4.mul(f32x4.splat(weight), column(re + o, r1, r2, r3)));
      // The conjugate, where it is that of a class.
      v128.store(p, f32x4.mul(f32x4.splat(w < 0 ? -weight : weight), column(im + o, r1, r2, r3)), 16);
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

/** The spectra of the maps of four concepts, `step` bytes apart, for four samples: of each class of frequencies sum conj(e) x. */
function contractFour(plan: usize, x: usize, e: usize, channels: i32, z: usize, step: usize): void {
  const runs = address(plan, 6);
  let place = address(plan, 7);
  for (let run: usize = 0; run < <usize>int(plan, 5) << 3; run += 8) {
    const classes = place + (<usize>load<i32>(runs + run) << 2);
    const bytes = <usize>(load<i32>(runs + run, 4) * channels) * TERM;
    for (; place < classes; place += 4) {
      let re0 = zero();
      let im0 = zero();
      let re1 = zero();
      let im1 = zero();
      let re2 = zero();
      let im2 = zero();
      let re3 = zero();
      let im3 = zero();
      for (const end = x + bytes; x < end; x += TERM, e += TERM) {
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
      let to = z + <usize>load<i32>(place) * TERM;
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
  }
}
