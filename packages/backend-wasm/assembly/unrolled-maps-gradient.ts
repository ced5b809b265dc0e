/** Unrolled thresholding of maps with a fourier dictionary, backward. */
import { gridSize, rankOf, spectrumSize } from "./fourier";
import {
  analyzeBlock,
  blockIm,
  blockMap,
  blockRe,
  MAP_BLOCK,
  mapBlockScratch,
  prepareBlocks,
  setWords,
  sizeOfSet,
} from "./map-blocks";
import { listProduct, listSignal, PRODUCT_BYTES, productsScratch, SIGNAL_BYTES, sumProducts } from "./packed-products";
import { correlateBlock, packQuad, subtractBlock, useWeights, weightsScratch } from "./packed-weights";
import { address, barrier, int, next } from "./parallel";
import { addScaled, dot, loadPart, storePart, zero } from "./simd";

/** Bytes of scratch for one thread. Not a kernel. */
export function unrolledMapsGradientScratch(plan: usize, concepts: i32, channels: i32, iterations: i32): usize {
  const M = spectrumSize(plan);
  const N = gridSize(plan);
  const floats =
    concepts * N + 2 * iterations * (concepts + channels) * M + concepts * (setWords(N) + iterations + 1) + MAP_BLOCK + 16;
  const lists = 2 * <usize>iterations * (SIGNAL_BYTES + <usize>concepts * PRODUCT_BYTES) + productsScratch(channels, 2 * iterations);
  return mapBlockScratch(plan) + weightsScratch(M) + (<usize>floats << 2) + lists + 128;
}

/**
 * Back through all T steps of one sample after the other, as forward: with h_t the gradient of a step's pre-activation, on the active
 * set only, p_t the adjoint analysis of h_t and a the step size,
 *     q_t = -D p_t,  h_(t-1) = (h_t + a S* (D* q_t)) masked,  S* the adjoint of analysis.
 * Then dx = -a sum_t q_t, da = -sum_t <q_t, r_t>, dD = a sum_t (r_t p_t^H + q_t z_t^H). The last is summed over the samples of a group,
 * one group after the other in the end: groups depend on sizes only, so sums are the same for any number of threads.
 *
 * plan, upstream, codes, xRe, xIm, dRe, dIm, step size, residualRe, residualIm, spectraRe, spectraIm, support, to xRe, xIm, dRe, dIm, step
 * size; B, K, C, T; groups, sums of groups `[groups, 2, K, C, M]`, partial sums of da `[B]` (float64), packed weights.
 * Operations: B K T (32 C M + 2 transforms + 2 N), less where codes are zero; bytes: 8 B K N + 8 B T (C + K) M + 16 K C M groups.
 */
export function unrolledMapsGradient(block: usize, thread: i32, threads: i32, scratch: usize): void {
  const plan = address(block, 0);
  const samples = int(block, 18);
  const concepts = int(block, 19);
  const channels = int(block, 20);
  const groups = int(block, 22);
  const sums = address(block, 23);
  const partial = address(block, 24);
  const stepSize = load<f32>(address(block, 7));
  const plane = <usize>(concepts * channels * spectrumSize(plan)) << 2;
  const rest = prepareBlocks(plan, scratch);
  const h = useWeights(address(block, 5), address(block, 6), address(block, 25), channels, spectrumSize(plan), rest);
  for (let quad = next(block, 3); 4 * quad < concepts; quad = next(block, 3)) packQuad(quad, concepts);
  barrier(block);

  for (let group = next(block, 0); group < groups; group = next(block, 0)) {
    const begin = <i32>((<i64>samples * group) / groups);
    const end = <i32>((<i64>samples * (group + 1)) / groups);
    const to = sums + 2 * <usize>group * plane;
    for (let b = begin; b < end; b++) stepsBack(block, <usize>b, to, to + plane, b > begin, h);
  }
  barrier(block);

  const row = plane / concepts;
  for (let k = next(block, 1); k < 2 * concepts; k = next(block, 1)) {
    const part = <usize>(k & 1);
    const o = <usize>(k >> 1) * row;
    const to = address(block, 15 + <i32>part) + o;
    memory.fill(to, 0, row);
    for (let group: usize = 0; group < <usize>groups; group++) {
      addScaled(to, stepSize, sums + (2 * group + part) * plane + o, <i32>(row >> 2));
    }
  }
  if (next(block, 2) == 0) {
    let sum: f64 = 0;
    for (let b: usize = 0; b < <usize>samples; b++) sum -= load<f64>(partial + (b << 3));
    store<f32>(address(block, 17), <f32>sum);
  }
}

function stepsBack(block: usize, sample: usize, sumRe: usize, sumIm: usize, add: bool, h: usize): void {
  const plan = address(block, 0);
  const stepSize = load<f32>(address(block, 7));
  const concepts = int(block, 19);
  const channels = int(block, 20);
  const iterations = int(block, 21);
  const M = spectrumSize(plan);
  const N = gridSize(plan);
  const kept = <usize>concepts;
  const steps = <usize>(iterations - 1);
  const row = <usize>M << 2;
  const map = <usize>N << 2;
  const words = <usize>setWords(N) << 2;
  const together = rankOf(plan) == 1;
  const signal = <usize>channels * row;
  const spectra = kept * row;
  const xRe = address(block, 3) + sample * signal;
  const xIm = address(block, 4) + sample * signal;
  const residualRe = address(block, 8) + sample * steps * signal;
  const residualIm = address(block, 9) + sample * steps * signal;
  const codesRe = address(block, 10) + sample * steps * spectra;
  const codesIm = address(block, 11) + sample * steps * spectra;
  const support = address(block, 12) + sample * steps * kept * words;

  const qRe = h + kept * map;
  const qIm = qRe + <usize>iterations * signal;
  const pRe = qIm + <usize>iterations * signal;
  const pIm = pRe + <usize>iterations * spectra;
  const last = pIm + <usize>iterations * spectra;
  /** How many points of each map are not zero, for each step. */
  const counts = last + kept * words;
  const list = counts + <usize>iterations * (kept << 2);
  const ends = list + (<usize>MAP_BLOCK << 2);
  const signals = ends + (kept << 2);
  const products = signals + 2 * <usize>iterations * SIGNAL_BYTES;
  const longest = 2 * <usize>iterations * PRODUCT_BYTES;

  let sets = last;
  const from = sample * kept * map;
  for (let k: usize = 0; k < kept; k++) {
    const o = k * map;
    const size = maskByCodes(address(block, 1) + from + o, address(block, 2) + from + o, h + o, N, sets + k * words);
    store<i32>(counts + ((steps * kept + k) << 2), size);
  }
  for (let t = <usize>iterations - 1; ; t--) {
    const size = counts + t * (kept << 2);
    const toRe = qRe + t * signal;
    const toIm = qIm + t * signal;
    const ofRe = pRe + t * spectra;
    const ofIm = pIm + t * spectra;
    const weight = stepSize / <f32>N;
    memory.fill(toRe, 0, signal);
    memory.fill(toIm, 0, signal);
    for (let first = 0; first < concepts; first += MAP_BLOCK) {
      const count = min(MAP_BLOCK, concepts - first);
      let present = 0;
      let wanted = 0;
      for (let j = 0; j < count; j++) {
        if (load<i32>(size + (<usize>(first + j) << 2)) == 0) continue;
        store<i32>(list + (<usize>present << 2), first + j);
        present++;
        wanted |= 1 << j;
      }
      if (present == 0) continue;
      if (t < steps) correlateBlock(first, wanted, toRe + signal, toIm + signal, blockRe(), blockIm());
      for (let i = 0; i < present; i++) {
        const at = list + (<usize>i << 2);
        const k = load<i32>(at);
        if (t < steps) {
          const s = blockMap(k - first, count, i == 0, weight, weight);
          addMasked(s, h + <usize>k * map, N, sets + <usize>k * words);
        }
        // While the map is in the nearest cache.
        if (!together) analyzeBlock(at, 1, h, sets, size, ofRe, ofIm, <f32>N, 2 * <f32>N);
      }
      if (together) analyzeBlock(list, present, h, sets, size, ofRe, ofIm, <f32>N, 2 * <f32>N);
      subtractBlock(first, wanted, toRe, toIm, ofRe, ofIm);
    }
    if (t == 0) break;
    sets = support + (t - 1) * kept * words;
    for (let k: usize = 0; k < kept; k++) {
      const inSet = sizeOfSet(sets + k * words);
      store<i32>(size - (kept << 2) + (k << 2), inSet);
      // The gradient stops here.
      if (inSet == 0 && load<i32>(size + (k << 2)) != 0) memory.fill(h + k * map, 0, map);
    }
  }

  let moved: f64 = 0;
  const toRe = address(block, 13) + sample * signal;
  const toIm = address(block, 14) + sample * signal;
  const entries = channels * M;
  memory.fill(toRe, 0, signal);
  memory.fill(toIm, 0, signal);
  for (let t: usize = 0; t < <usize>iterations; t++) {
    const o = t * signal;
    addScaled(toRe, -stepSize, qRe + o, entries);
    addScaled(toIm, -stepSize, qIm + o, entries);
    const rRe = t == 0 ? xRe : residualRe + o - signal;
    const rIm = t == 0 ? xIm : residualIm + o - signal;
    moved += dot(qRe + o, rRe, entries) + dot(qIm + o, rIm, entries);
  }
  store<f64>(address(block, 24) + (sample << 3), moved);

  for (let t = 0; t < iterations; t++) {
    const o = <usize>t * signal;
    listSignal(signals, 2 * t, t == 0 ? xRe : residualRe + o - signal, t == 0 ? xIm : residualIm + o - signal);
    // The same codes are what step t + 1 starts from.
    if (t + 1 < iterations) listSignal(signals, 2 * t + 1, qRe + o + signal, qIm + o + signal);
  }
  for (let k: usize = 0; k < kept; k++) {
    let end = products + k * longest;
    for (let t = 0; t < iterations; t++) {
      if (load<i32>(counts + ((<usize>t * kept + k) << 2)) == 0) continue;
      const y = <usize>t * spectra + k * row;
      end = listProduct(end, 2 * t, pRe + y, pIm + y);
      if (t + 1 < iterations) end = listProduct(end, 2 * t + 1, codesRe + y, codesIm + y);
    }
    store<u32>(ends + (k << 2), <u32>end);
  }
  const packed = (products + kept * longest + 15) & ~15;
  sumProducts(signals, 2 * iterations - 1, products, longest, ends, concepts, channels, M, sumRe, sumIm, add, packed);
}

/** h <- upstream where the codes are not zero, else zero; the set of these points, and how many they are. */
function maskByCodes(upstream: usize, codes: usize, h: usize, N: i32, set: usize): i32 {
  let count = 0;
  for (let begin = 0; begin < N; begin += 16, set += 4) {
    let word = 0;
    for (let n = begin; n < min(begin + 16, N); n += 4, upstream += 16, codes += 16, h += 16) {
      const left = N - n;
      const z = left >= 4 ? v128.load(codes) : loadPart(codes, left);
      const mask = f32x4.ne(z, zero());
      const g = v128.and(left >= 4 ? v128.load(upstream) : loadPart(upstream, left), mask);
      if (left >= 4) v128.store(h, g);
      else storePart(h, g, left);
      word |= i32x4.bitmask(mask) << (n & 12);
    }
    store<i32>(set, word);
    count += popcnt(word);
  }
  return count;
}

/** h <- h + s at the points of the set, zero elsewhere. */
function addMasked(s: usize, h: usize, N: i32, set: usize): void {
  const lanes = i32x4(1, 2, 4, 8);
  for (let begin = 0; begin < N; begin += 16, set += 4) {
    let word = load<i32>(set);
    for (let n = begin; n < min(begin + 16, N); n += 4, s += 16, h += 16, word >>= 4) {
      const mask = i32x4.ne(v128.and(i32x4.splat(word), lanes), zero());
      const left = N - n;
      if (left >= 4) v128.store(h, v128.and(f32x4.add(v128.load(h), v128.load(s)), mask));
      else storePart(h, v128.and(f32x4.add(loadPart(h, left), loadPart(s, left)), mask), left);
    }
  }
}
