/**
 * Blocks of maps of one sample between the grid and their spectra, as unrolled thresholding takes them: up to eight at a time, each
 * with the set of its points that are not zero. Such a set is a row of words, sixteen points in each.
 */
import {
  analyzeKept,
  analyzeLines,
  analyzeMap,
  fourierScratch,
  gridSize,
  LINE_BLOCK,
  lineStride,
  prepare,
  rankOf,
  scratchMap,
  scratchIm,
  scratchRe,
  spectrumSize,
  synthesizeLines,
  synthesizeSpectrum,
} from "./fourier";
import { fma, loadPart, sumLanes, zero } from "./simd";

/** How many maps a block holds at most. */
export const MAP_BLOCK: i32 = LINE_BLOCK;

let plan: usize = 0;
let line: bool = false;
let M: i32 = 0;
let N: i32 = 0;
let spectraRe: usize = 0;
let spectraIm: usize = 0;
let positions: usize = 0;
let values: usize = 0;
let lines: usize = 0;

/** Words of the set of points of a map. */
// @ts-ignore: decorator
@inline
export function setWords(points: i32): i32 {
  return (points + 15) >> 4;
}

/** A map with no more points than this is analyzed from them alone. */
// @ts-ignore: decorator
@inline
function fewPoints(points: i32): i32 {
  return points >> 3;
}

/** Bytes of scratch that prepareBlocks takes. */
export function mapBlockScratch(givenPlan: usize): usize {
  const spectra = 2 * (<usize>(MAP_BLOCK * spectrumSize(givenPlan) + 16) << 2);
  const maps = rankOf(givenPlan) == 1 ? <usize>(MAP_BLOCK * gridSize(givenPlan) + 16) << 2 : 0;
  return fourierScratch(givenPlan) + spectra + maps + (<usize>gridSize(givenPlan) << 3) + 64;
}

/** Lays the scratch out; returns the first address after it. */
export function prepareBlocks(givenPlan: usize, scratch: usize): usize {
  plan = givenPlan;
  line = rankOf(plan) == 1;
  M = spectrumSize(plan);
  N = gridSize(plan);
  const own = prepare(plan, scratch);
  const one = <usize>(MAP_BLOCK * M + 16) << 2;
  spectraRe = line ? scratchRe() : own;
  spectraIm = line ? scratchIm() : own + one;
  positions = own + 2 * one;
  values = positions + (<usize>N << 2);
  lines = values + (<usize>N << 2);
  return scratch + ((mapBlockScratch(plan) + 15) & ~15);
}

/** Where the spectra of the block are to be before blockMap, M apart. */
// @ts-ignore: decorator
@inline
export function blockRe(): usize {
  return spectraRe;
}
// @ts-ignore: decorator
@inline
export function blockIm(): usize {
  return spectraIm;
}

/**
 * The j-th of `count` maps of the block on the grid, readable a vector past its end, until the next is asked for; `first` when none was
 * asked for before. The plane w_d = 0 is weighted by `zeroth`, the rest by `others`.
 */
export function blockMap(j: i32, count: i32, first: bool, zeroth: f32, others: f32): usize {
  if (line) {
    // All at once.
    if (first) synthesizeLines(plan, count, zeroth, others);
    return scratchMap() + (<usize>(j * lineStride(plan)) << 2);
  }
  const o = <usize>(j * M) << 2;
  synthesizeSpectrum(plan, spectraRe + o, spectraIm + o, zeroth, others);
  return scratchMap();
}

/** No value of the j-th map of the block, synthesized with weights c(w), is larger than this in magnitude. */
export function largestValue(j: i32, counts: usize): f32 {
  const re = spectraRe + (<usize>(j * M) << 2);
  const im = spectraIm + (<usize>(j * M) << 2);
  let sum = zero();
  let w: usize = 0;
  for (const end = <usize>(M & ~3) << 2; w < end; w += 16) {
    const a = v128.load(re + w);
    const b = v128.load(im + w);
    sum = fma(v128.load(counts + w), f32x4.sqrt(fma(a, a, f32x4.mul(b, b))), sum);
  }
  const left = M & 3;
  if (left > 0) {
    const a = loadPart(re + w, left);
    const b = loadPart(im + w, left);
    sum = fma(loadPart(counts + w, left), f32x4.sqrt(fma(a, a, f32x4.mul(b, b))), sum);
  }
  return sumLanes(sum);
}

/**
 * The spectra of up to eight maps, those of the concepts on the list: maps `[K, N]`, their sets `[K, words]` and how many points each
 * has to spectra `[K, M]`, times `zeroth` where w_d = 0, else `others`. Each map on its own: from its points if they are few.
 */
export function analyzeBlock(
  list: usize,
  count: i32,
  maps: usize,
  sets: usize,
  counts: usize,
  re: usize,
  im: usize,
  zeroth: f32,
  others: f32,
): void {
  const row = <usize>M << 2;
  const map = <usize>N << 2;
  const words = <usize>setWords(N) << 2;
  let waiting = 0;
  for (let j = 0; j < count; j++) {
    const k = <usize>load<i32>(list + (<usize>j << 2));
    const size = load<i32>(counts + (k << 2));
    if (size <= fewPoints(N)) {
      listPoints(maps + k * map, sets + k * words);
      analyzeKept(plan, values, positions, size, re + k * row, im + k * row, zeroth, others);
    } else if (line) {
      memory.copy(lines + <usize>waiting * map, maps + k * map, map);
      waiting++;
    } else {
      analyzeMap(plan, maps + k * map, re + k * row, im + k * row, zeroth, others);
    }
  }
  if (waiting == 0) return;
  analyzeLines(plan, lines, waiting, spectraRe, spectraIm, zeroth, others);
  let from: usize = 0;
  for (let j = 0; j < count; j++) {
    const k = <usize>load<i32>(list + (<usize>j << 2));
    if (load<i32>(counts + (k << 2)) <= fewPoints(N)) continue;
    memory.copy(re + k * row, spectraRe + from, row);
    memory.copy(im + k * row, spectraIm + from, row);
    from += row;
  }
}

/** The points of a set and the values of a map there, to `positions` and `values`. */
function listPoints(map: usize, set: usize): void {
  let to: usize = 0;
  for (let begin = 0; begin < N; begin += 16, set += 4) {
    for (let bits = load<i32>(set); bits != 0; bits &= bits - 1) {
      const n = begin + ctz(bits);
      store<i32>(positions + to, n);
      store<f32>(values + to, load<f32>(map + (<usize>n << 2)));
      to += 4;
    }
  }
}

/** How many points a set holds. */
export function sizeOfSet(set: usize): i32 {
  let count = 0;
  for (let i = 0; i < setWords(N); i++) count += popcnt(load<i32>(set + (<usize>i << 2)));
  return count;
}
