/** Unrolled thresholding of maps with a fourier dictionary, forward. */
import { gridSize, rankOf, spectrumSize } from "./fourier";
import {
  analyzeBlock,
  blockIm,
  blockMap,
  blockRe,
  largestValue,
  MAP_BLOCK,
  mapBlockScratch,
  prepareBlocks,
  setWords,
} from "./map-blocks";
import { correlateBlock, packQuad, subtractBlock, useWeights, weightsScratch } from "./packed-weights";
import { address, barrier, float, FOUND_NAN, int, next, report } from "./parallel";
import { loadPart, storePart, zero } from "./simd";

let threshold: v128 = i32x4.splat(0);
/** What is taken from the magnitude of codes. */
let shift: v128 = i32x4.splat(0);
/** The bits of a pre-activation that are compared with the threshold. */
let compared: v128 = i32x4.splat(0);
/** Whether a pre-activation was NaN. */
let nan: v128 = i32x4.splat(0);

/** Bytes of scratch for one thread. Not a kernel. */
export function unrolledMapsScratch(plan: usize, concepts: i32, channels: i32, traced: i32): usize {
  const step = traced != 0 ? 0 : (4 * channels + 2 * concepts) * spectrumSize(plan) + 4;
  const words = MAP_BLOCK + concepts + setWords(gridSize(plan)) * concepts + step;
  return mapBlockScratch(plan) + weightsScratch(spectrumSize(plan)) + (<usize>words << 2) + 128;
}

/**
 * All T steps of one sample after the other, blocks of eight maps in each: correlation with the residual, synthesis, threshold,
 * analysis, and what they leave of the next residual, so that maps and weights stay in the cache. Maps that are zero are neither
 * analyzed nor multiplied; a map that was zero and whose spectrum is too small for any value to pass is not even synthesized.
 *
 * plan, xRe, xIm, dRe, dIm, step size, codes, residualRe, residualIm, spectraRe, spectraIm, support, B, K, C, T; threshold, shift, whether
 * one-sided; c(w); packed weights; whether steps are kept for the gradient: if not, all but codes stay in scratch memory.
 * Operations: B K T (16 C M + 2 transforms + 5 N), less where codes are zero; bytes: 4 B K N + 8 K C M, and 8 B T (C + K) M that are kept.
 */
export function unrolledMaps(block: usize, thread: i32, threads: i32, scratch: usize): void {
  const plan = address(block, 0);
  const stepSize = load<f32>(address(block, 5));
  const samples = int(block, 12);
  const concepts = int(block, 13);
  const channels = int(block, 14);
  const iterations = int(block, 15);
  threshold = f32x4.splat(float(block, 16));
  shift = f32x4.splat(float(block, 17));
  compared = int(block, 18) != 0 ? i32x4.splat(-1) : i32x4.splat(i32.MAX_VALUE);
  const weights = address(block, 19);
  const M = spectrumSize(plan);
  const N = gridSize(plan);
  const row = <usize>M << 2;
  const map = <usize>N << 2;
  const words = <usize>setWords(N) << 2;
  const together = rankOf(plan) == 1;
  const signal = <usize>channels * row;
  const kept = <usize>concepts;
  const steps = <usize>(iterations - 1);
  const rest = prepareBlocks(plan, scratch);
  const active = useWeights(address(block, 3), address(block, 4), address(block, 20), channels, M, rest);
  const counts = active + (<usize>MAP_BLOCK << 2);
  const spare = counts + (kept << 2);
  const traced = int(block, 21) != 0;
  const stepAt = (spare + kept * words + 15) & ~15;
  const highest: f32 = float(block, 16) / (Mathf.abs(stepSize) * 1.0001);

  for (let quad = next(block, 1); 4 * quad < concepts; quad = next(block, 1)) packQuad(quad, concepts);
  barrier(block);

  nan = zero();
  for (let b = next(block, 0); b < samples; b = next(block, 0)) {
    const sample = <usize>b;
    const maps = address(block, 6) + sample * kept * map;
    memory.fill(maps, 0, kept * map);
    memory.fill(counts, 0, kept << 2);
    let fromRe = address(block, 1) + sample * signal;
    let fromIm = address(block, 2) + sample * signal;
    for (let t = 0; t < iterations; t++) {
      const goesOn = t + 1 < iterations;
      const at = sample * steps + <usize>t;
      // What was left before is still read.
      const other = stepAt + <usize>(t & 1) * 2 * signal;
      const toRe = traced ? address(block, 7) + at * signal : other;
      const toIm = traced ? address(block, 8) + at * signal : other + signal;
      const spectraRe = traced ? address(block, 9) + at * kept * row : stepAt + 4 * signal;
      const spectraIm = traced ? address(block, 10) + at * kept * row : stepAt + 4 * signal + kept * row;
      const sets = traced && goesOn ? address(block, 11) + at * kept * words : spare;
      if (goesOn) {
        memory.copy(toRe, address(block, 1) + sample * signal, signal);
        memory.copy(toIm, address(block, 2) + sample * signal, signal);
      }
      for (let first = 0; first < concepts; first += MAP_BLOCK) {
        const count = min(MAP_BLOCK, concepts - first);
        correlateBlock(first, (1 << count) - 1, fromRe, fromIm, blockRe(), blockIm());
        let present = 0;
        let wanted = 0;
        let none = true;
        for (let j = 0; j < count; j++) {
          const k = <usize>(first + j);
          const size = counts + (k << 2);
          const set = sets + k * words;
          if (load<i32>(size) == 0 && largestValue(j, weights) <= highest) {
            memory.fill(set, 0, words);
          } else {
            store<i32>(size, pass(blockMap(j, count, none, stepSize, 2 * stepSize), maps + k * map, N, set));
            none = false;
          }
          if (!goesOn) continue;
          if (load<i32>(size) == 0) {
            memory.fill(spectraRe + k * row, 0, row);
            memory.fill(spectraIm + k * row, 0, row);
          } else {
            store<i32>(active + (<usize>present << 2), first + j);
            present++;
            wanted |= 1 << j;
            if (!together) {
              // While the map is in the nearest cache.
              analyzeBlock(active, 1, maps, sets, counts, spectraRe, spectraIm, 1, 1);
              present = 0;
            }
          }
        }
        if (wanted == 0) continue;
        if (together) analyzeBlock(active, present, maps, sets, counts, spectraRe, spectraIm, 1, 1);
        subtractBlock(first, wanted, toRe, toIm, spectraRe, spectraIm);
      }
      fromRe = toRe;
      fromIm = toIm;
    }
  }
  if (v128.any_true(nan)) report(block, FOUND_NAN);
}

/** z <- sigma(z + s) for one map; the set of what is not zero, and how much that is. */
function pass(s: usize, z: usize, N: i32, set: usize): i32 {
  // Globals are memory.
  const limit = threshold;
  const less = shift;
  const bits = compared;
  let found = zero();
  let count = 0;
  for (const end = z + (<usize>(N & ~15) << 2); z < end; z += 64, s += 64, set += 4) {
    const u0 = f32x4.add(v128.load(z), v128.load(s));
    const u1 = f32x4.add(v128.load(z, 16), v128.load(s, 16));
    const u2 = f32x4.add(v128.load(z, 32), v128.load(s, 32));
    const u3 = f32x4.add(v128.load(z, 48), v128.load(s, 48));
    const over0 = f32x4.gt(v128.and(u0, bits), limit);
    const over1 = f32x4.gt(v128.and(u1, bits), limit);
    const over2 = f32x4.gt(v128.and(u2, bits), limit);
    const over3 = f32x4.gt(v128.and(u3, bits), limit);
    v128.store(z, reduced(u0, less, over0));
    v128.store(z, reduced(u1, less, over1), 16);
    v128.store(z, reduced(u2, less, over2), 32);
    v128.store(z, reduced(u3, less, over3), 48);
    found = v128.or(found, v128.or(v128.or(f32x4.ne(u0, u0), f32x4.ne(u1, u1)), v128.or(f32x4.ne(u2, u2), f32x4.ne(u3, u3))));
    const low = i16x8.narrow_i32x4_s(over0, over1);
    const word = i8x16.bitmask(i8x16.narrow_i16x8_s(low, i16x8.narrow_i32x4_s(over2, over3)));
    store<i32>(set, word);
    count += popcnt(word);
  }
  const rest = N & 15;
  if (rest > 0) {
    let word = 0;
    for (let n = 0; n < rest; n += 4, s += 16, z += 16) {
      const left = rest - n;
      const u = left >= 4 ? f32x4.add(v128.load(z), v128.load(s)) : f32x4.add(loadPart(z, left), loadPart(s, left));
      const over = f32x4.gt(v128.and(u, bits), limit);
      const result = reduced(u, less, over);
      if (left >= 4) v128.store(z, result);
      else storePart(z, result, left);
      found = v128.or(found, f32x4.ne(u, u));
      word |= (i32x4.bitmask(over) & ((1 << min(left, 4)) - 1)) << n;
    }
    store<i32>(set, word);
    count += popcnt(word);
  }
  nan = v128.or(nan, found);
  return count;
}

// @ts-ignore: decorator
@inline
function reduced(u: v128, less: v128, over: v128): v128 {
  return v128.and(f32x4.sub(u, v128.or(less, v128.and(u, i32x4.splat(i32.MIN_VALUE)))), over);
}
