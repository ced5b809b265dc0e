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
export function unrolledMapsScratch(plan: usize, concepts: i32): usize {
  const words = MAP_BLOCK + concepts + setWords(gridSize(plan)) * concepts;
  return mapBlockScratch(plan) + weightsScratch(spectrumSize(plan)) + (<usize>words << 2) + 128;
}

/**
 * All T steps of one sample after the other, blocks of eight maps in each: correlation with the residual, synthesis, threshold,
 * analysis, and what they leave of the next residual, so that maps and weights stay in the cache. Maps that are zero are neither
 * analyzed nor multiplied; a map that was zero and whose spectrum is too small for any value to pass is not even synthesized.
 *
 * plan, xRe, xIm, dRe, dIm, step size, codes, residualRe, residualIm, spectraRe, spectraIm, support, B, K, C, T; threshold, shift, whether
 * one-sided; c(w); packed weights.
 * Operations: B K T (16 C M + 2 transforms + 5 N), less where codes are zero; bytes: 4 B K N + 8 B T (C + K) M + 8 K C M.
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
      const toRe = address(block, 7) + at * signal;
      const toIm = address(block, 8) + at * signal;
      const spectraRe = address(block, 9) + at * kept * row;
      const spectraIm = address(block, 10) + at * kept * row;
      const sets = goesOn ? address(block, 11) + at * kept * words : spare;
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
  let count = 0;
  let word = 0;
  let n = 0;
  for (; n + 4 <= N; n += 4, s += 16, z += 16) {
    const u = f32x4.add(v128.load(z), v128.load(s));
    const over = passes(u);
    v128.store(z, reduced(u, over));
    word |= i32x4.bitmask(over) << (n & 12);
    if ((n & 12) != 12) continue;
    store<i32>(set, word);
    count += popcnt(word);
    word = 0;
    set += 4;
  }
  const left = N - n;
  if (left > 0) {
    const u = f32x4.add(loadPart(z, left), loadPart(s, left));
    const over = passes(u);
    storePart(z, reduced(u, over), left);
    word |= (i32x4.bitmask(over) & ((1 << left) - 1)) << (n & 12);
  }
  if ((N & 15) != 0) {
    store<i32>(set, word);
    count += popcnt(word);
  }
  return count;
}

// @ts-ignore: decorator
@inline
function passes(u: v128): v128 {
  nan = v128.or(nan, f32x4.ne(u, u));
  return f32x4.gt(v128.and(u, compared), threshold);
}

// @ts-ignore: decorator
@inline
function reduced(u: v128, over: v128): v128 {
  return v128.and(f32x4.sub(u, v128.or(shift, v128.and(u, i32x4.splat(i32.MIN_VALUE)))), over);
}
