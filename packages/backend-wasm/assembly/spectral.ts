/**
 * The operations of a fourier dictionary. Arguments are listed in order; `plan` is laid out by src/plans/fourier-plan.ts.
 *
 * Costs are given with T, the operations of a transform of one function, twice the multiply-adds that assembly/fourier.ts states; N
 * points and M stored frequencies of a function, C channels, K concepts, B samples, k chosen maps, s kept points; bytes are what has
 * to be read or written once, 4 for each number.
 */
import {
  accumulate,
  correlate,
  correlateFour,
  decode,
  rectifiedPower,
  scale,
  weightedPower,
} from "./contractions";
import {
  analyzeKept,
  analyzeLines,
  analyzeMap,
  fourierScratch,
  gridSize,
  LINE_BLOCK,
  lineStride,
  modesOn,
  prepare,
  rankOf,
  sampleKept,
  scratchIm,
  scratchMap,
  scratchRe,
  spectrumSize,
  synthesizeLines,
  synthesizeMap,
  synthesizeRows,
  synthesizeSpectrum,
  zeroFrequency,
} from "./fourier";
import { address, barrier, float, FOUND_NAN, int, next, report } from "./parallel";
import { selectLargest, selectScratch, selectSeparate } from "./select";
import { correlateFourPairs, wide } from "./wide-imports";
import { allZero, fma, fnma, loadPart, sumLanes, zero } from "./simd";

/** Bytes of scratch for one thread, for any of these operations that keeps at most `kept` points of a map. Not a kernel. */
export function spectralScratch(plan: usize, kept: i32): usize {
  return fourierScratch(plan) + selectScratch(gridSize(plan) + 4, kept) + 256;
}

/** truncatedAnalysis. plan, x, re, im, rows, zeroth, others. Operations: T a row; bytes: 4 N + 8 M a row. */
export function analysis(block: usize, thread: i32, threads: i32, scratch: usize): void {
  const plan = address(block, 0);
  const rows = int(block, 4);
  const zeroth = float(block, 5);
  const others = float(block, 6);
  const together = rankOf(plan) == 1 ? LINE_BLOCK : 1;
  const M = <usize>spectrumSize(plan) << 2;
  const N = <usize>gridSize(plan) << 2;
  prepare(plan, scratch);
  for (let i = next(block, 0) * together; i < rows; i = next(block, 0) * together) {
    const x = address(block, 1) + <usize>i * N;
    const re = address(block, 2) + <usize>i * M;
    const im = address(block, 3) + <usize>i * M;
    if (together == 1) analyzeMap(plan, x, re, im, zeroth, others);
    else analyzeLines(plan, x, min(together, rows - i), re, im, zeroth, others);
  }
}

/** truncatedSynthesis. plan, re, im, x, rows, zeroth, others. Operations: T a row; bytes: 8 M + 4 N a row. */
export function synthesis(block: usize, thread: i32, threads: i32, scratch: usize): void {
  const plan = address(block, 0);
  const rows = int(block, 4);
  const zeroth = float(block, 5);
  const others = float(block, 6);
  const together = rankOf(plan) == 1 ? LINE_BLOCK : 1;
  const M = <usize>spectrumSize(plan) << 2;
  const N = <usize>gridSize(plan) << 2;
  prepare(plan, scratch);
  for (let i = next(block, 0) * together; i < rows; i = next(block, 0) * together) {
    const count = <usize>min(together, rows - i);
    const x = address(block, 3) + <usize>i * N;
    const re = address(block, 1) + <usize>i * M;
    const im = address(block, 2) + <usize>i * M;
    if (together == 1) {
      synthesizeSpectrum(plan, re, im, zeroth, others);
      memory.copy(x, scratchMap(), N);
    } else {
      synthesizeRows(plan, re, im, <i32>count, zeroth, others);
      const stride = <usize>lineStride(plan) << 2;
      for (let j: usize = 0; j < count; j++) memory.copy(x + j * N, scratchMap() + j * stride, N);
    }
  }
}

/**
 * analyzePoints. plan, values, positions, re, im, rows, count, zeroth, others.
 * Operations: 2 s R_d and the transform of the other axes a row; bytes: 8 s + 8 M a row.
 */
export function analysisOfPoints(block: usize, thread: i32, threads: i32, scratch: usize): void {
  const plan = address(block, 0);
  const rows = int(block, 5);
  const count = int(block, 6);
  const M = <usize>spectrumSize(plan) << 2;
  prepare(plan, scratch);
  for (let i = next(block, 0); i < rows; i = next(block, 0)) {
    const from = <usize>(i * count) << 2;
    const to = <usize>i * M;
    if (allZero(address(block, 1) + from, count)) {
      memory.fill(address(block, 3) + to, 0, M);
      memory.fill(address(block, 4) + to, 0, M);
      continue;
    }
    analyzeKept(
      plan,
      address(block, 1) + from,
      address(block, 2) + from,
      count,
      address(block, 3) + to,
      address(block, 4) + to,
      float(block, 7),
      float(block, 8),
    );
  }
}

/**
 * samplePoints. plan, re, im, positions, values, rows, count, zeroth, others.
 * Operations: the transform of all axes but the last and 2 s R_d a row; bytes: 8 M + 8 s a row.
 */
export function samplesAtPoints(block: usize, thread: i32, threads: i32, scratch: usize): void {
  const plan = address(block, 0);
  const rows = int(block, 5);
  const count = int(block, 6);
  const M = <usize>spectrumSize(plan) << 2;
  prepare(plan, scratch);
  for (let i = next(block, 0); i < rows; i = next(block, 0)) {
    const to = <usize>(i * count) << 2;
    const re = address(block, 1) + <usize>i * M;
    const im = address(block, 2) + <usize>i * M;
    sampleKept(plan, re, im, address(block, 3) + to, count, address(block, 4) + to, float(block, 7), float(block, 8));
  }
}

/**
 * encodePoints: contraction, synthesis, selection and rectification of one map after the other, none stored.
 * plan, xRe, xIm, eRe, eIm, bias, concepts, values, positions, batch, chosen, channels, count, and for points that are apart the sizes of
 * three axes and the separation on each, zeros for the largest ones wherever they are; floats from one concept to the next, roots (0, or a factor
 * for each frequency: of theta), and the number of concepts where maps are gone through by concept (else 0): those of one concept share it then.
 * Operations: B k (8 C M + T + 3 N), apart B k (8 C M + T + 2 s N); bytes: 8 B C M + 8 K C M at most + 8 B k s, maps never leave the cache.
 */
export function encodedPoints(block: usize, thread: i32, threads: i32, scratch: usize): void {
  const plan = address(block, 0);
  const bias = address(block, 5);
  const concepts = address(block, 6);
  const batch = int(block, 9);
  const chosen = int(block, 10);
  const channels = int(block, 11);
  const count = int(block, 12);
  const axes = block + 52;
  const apart = int(block, 13) > 0;
  const stride = <usize>int(block, 19) << 2;
  const roots = address(block, 20);
  const M = spectrumSize(plan);
  const N = gridSize(plan);
  const spectrum = <usize>(channels * M) << 2;
  const row = <usize>M << 2;
  const center = <usize>zeroFrequency(plan) << 2;
  const line = rankOf(plan) == 1;
  const together = line ? LINE_BLOCK : 1;
  const blocks = (chosen + together - 1) / together;
  const order = line ? 0 : int(block, 21);
  const listed = prepare(plan, scratch);
  const rest = listed + usesScratch(order, batch * chosen);
  if (order > 0) listUses(concepts, batch * chosen, order, listed);
  for (let n = next(block, 0); n < batch * blocks; n = next(block, 0)) {
    const i = order > 0 ? load<i32>(listed + (<usize>n << 2)) : n;
    const b = i / blocks;
    const begin = (i - b * blocks) * together;
    const end = min(begin + together, chosen);
    const x = <usize>b * spectrum;
    for (let j = begin; j < end; j++) {
      const k = load<i32>(concepts + (<usize>(b * chosen + j) << 2));
      const e = <usize>k * stride;
      const re = scratchRe() + <usize>(j - begin) * row;
      const im = scratchIm() + <usize>(j - begin) * row;
      correlate(
        address(block, 1) + x,
        address(block, 2) + x,
        address(block, 3) + e,
        address(block, 4) + e,
        channels,
        M,
        re,
        im,
      );
      if (roots != 0) scaleBoth(re, im, roots, M);
      store<f32>(re + center, load<f32>(re + center) + load<f32>(bias + (<usize>k << 2)));
    }
    if (line) synthesizeLines(plan, end - begin, 1, 2);
    else synthesizeMap(plan, 1, 2);
    const step = line ? <usize>lineStride(plan) << 2 : 0;
    for (let j = begin; j < end; j++) {
      const map = scratchMap() + <usize>(j - begin) * step;
      const to = <usize>((b * chosen + j) * count) << 2;
      const positions = address(block, 8) + to;
      const values = address(block, 7) + to;
      const found = apart
        ? selectSeparate(map, N, count, axes, positions, rest)
        : selectLargest(map, N, count, positions, rest);
      if (!found) {
        report(block, FOUND_NAN);
        return;
      }
      for (let s: usize = 0; s < <usize>count << 2; s += 4) {
        store<f32>(values + s, max<f32>(load<f32>(map + (<usize>load<i32>(positions + s) << 2)), 0));
      }
    }
  }
}

/**
 * correlateChosen. M, xRe, xIm, eRe, eIm, concepts, re, im, batch, chosen, channels.
 * Operations: 8 B k C M; bytes: 8 (B C + K C at most + B k) M.
 */
export function chosenCorrelation(block: usize, thread: i32, threads: i32, scratch: usize): void {
  const M = int(block, 0);
  const batch = int(block, 8);
  const chosen = int(block, 9);
  const channels = int(block, 10);
  const spectrum = <usize>(channels * M) << 2;
  for (let i = next(block, 0); i < batch * chosen; i = next(block, 0)) {
    const x = <usize>(i / chosen) * spectrum;
    const e = <usize>load<i32>(address(block, 5) + (<usize>i << 2)) * spectrum;
    const to = <usize>(i * M) << 2;
    correlate(
      address(block, 1) + x,
      address(block, 2) + x,
      address(block, 3) + e,
      address(block, 4) + e,
      channels,
      M,
      address(block, 6) + to,
      address(block, 7) + to,
    );
  }
}

/**
 * decodeChosen. M, zRe, zIm, dRe, dIm, concepts, re, im, batch, chosen, channels.
 * Operations: 8 B k C M; bytes: 8 (B k + K C at most + B C) M.
 */
export function chosenDecoding(block: usize, thread: i32, threads: i32, scratch: usize): void {
  const M = int(block, 0);
  const batch = int(block, 8);
  const chosen = int(block, 9);
  const channels = int(block, 10);
  const row = <usize>M << 2;
  for (let b = next(block, 0); b < batch; b = next(block, 0)) {
    const z = <usize>(b * chosen) * row;
    for (let c = 0; c < channels; c++) {
      const channel = <usize>c * row;
      const to = <usize>(b * channels + c) * row;
      decode(
        address(block, 1) + z,
        address(block, 2) + z,
        address(block, 3) + channel,
        address(block, 4) + channel,
        <usize>channels * row,
        address(block, 5) + (<usize>(b * chosen) << 2),
        chosen,
        M,
        address(block, 6) + to,
        address(block, 7) + to,
      );
    }
  }
}

/**
 * accumulateChosen, one concept after the other over its uses in the order of samples: the same for any number of threads.
 * M, pRe, pIm, qRe, qIm, concepts, re, im, batch, chosen, channels, conceptCount. Scratch: 8 bytes for each use.
 * Operations: 8 B k C M; bytes: 8 (B C + B k + K C) M.
 */
export function chosenAccumulation(block: usize, thread: i32, threads: i32, scratch: usize): void {
  const M = int(block, 0);
  const concepts = address(block, 5);
  const chosen = int(block, 9);
  const uses = int(block, 8) * chosen;
  const channels = int(block, 10);
  const conceptCount = int(block, 11);
  const row = <usize>M << 2;
  for (let k = next(block, 0); k < conceptCount; k = next(block, 0)) {
    const count = usesOf(k, concepts, uses, chosen, <usize>channels * row, row, scratch);
    for (let c = 0; c < channels; c++) {
      const channel = <usize>c * row;
      const to = <usize>(k * channels + c) * row;
      accumulate(
        address(block, 1) + channel,
        address(block, 2) + channel,
        address(block, 3),
        address(block, 4),
        scratch,
        count,
        M,
        address(block, 6) + to,
        address(block, 7) + to,
        false,
      );
    }
  }
}

/** Bytes of a list of uses by concept; none for no concepts. */
export function usesScratch(conceptCount: i32, uses: i32): usize {
  return conceptCount == 0 ? 0 : ((<usize>(conceptCount + 1 + uses) << 2) + 15) & ~15;
}

/** The uses of concepts, those of one after those of the other, in the order of samples; after them K + 1 numbers: where each begins. */
export function listUses(concepts: usize, uses: i32, conceptCount: i32, to: usize): void {
  const begins = to + (<usize>uses << 2);
  memory.fill(begins, 0, <usize>(conceptCount + 1) << 2);
  for (let i: usize = 0; i < <usize>uses << 2; i += 4) {
    const at = begins + (<usize>load<i32>(concepts + i) << 2);
    store<i32>(at, load<i32>(at) + 1);
  }
  // Where each ends; filled from behind, where it begins.
  for (let k = 1; k <= conceptCount; k++) {
    const at = begins + (<usize>k << 2);
    store<i32>(at, load<i32>(at) + load<i32>(at - 4));
  }
  for (let use = uses - 1; use >= 0; use--) {
    const at = begins + (<usize>load<i32>(concepts + (<usize>use << 2)) << 2);
    const place = load<i32>(at) - 1;
    store<i32>(at, place);
    store<i32>(to + (<usize>place << 2), use);
  }
}

/** The uses of a concept as pairs of byte offsets: of the sample, in steps of `sampleBytes`, and of the use itself. */
export function usesOf(
  k: i32,
  concepts: usize,
  uses: i32,
  chosen: i32,
  sampleBytes: usize,
  useBytes: usize,
  to: usize,
): i32 {
  const wanted = i32x4.splat(k);
  let count = 0;
  for (let i = 0; i < uses; i += 4) {
    let mask: i32;
    if (i + 4 <= uses) {
      mask = i32x4.bitmask(i32x4.eq(v128.load(concepts + (<usize>i << 2)), wanted));
    } else {
      mask = 0;
      for (let j = i; j < uses; j++) mask |= i32(load<i32>(concepts + (<usize>j << 2)) == k) << (j - i);
    }
    while (mask != 0) {
      const use = i + ctz(mask);
      mask &= mask - 1;
      store<u32>(to + (<usize>count << 3), <u32>(<usize>(use / chosen) * sampleBytes));
      store<u32>(to + (<usize>count << 3), <u32>(<usize>use * useBytes), 4);
      count++;
    }
  }
  return count;
}

/** Concepts that are worked on together, so that samples stay in the cache. */
const CONCEPT_BLOCK: i32 = 8;

/** Channels that wideEnergies goes through together. */
const CHANNEL_BLOCK: i32 = 64;

/** Samples of which wideEnergies keeps the spectra of all maps of a block of concepts. */
const SAMPLE_BLOCK: i32 = 32;

/**
 * spectralEnergies for many channels, of which the contraction is nearly all the work: samples and concepts are packed so that
 * the channels of four frequencies follow each other, and the four frequencies are the outermost loop: what it reads stays in the
 * cache. Then of each spectrum its power by Parseval, or the members of each class of frequencies are added up for the synthesis.
 * plan of the classes (0 without a synthesis), xRe, xIm, eRe, eIm, bias, energies, batch, concepts, channels, count (-1: by Parseval,
 * 0: all that is positive on the grid, else the `count` largest points), M, fold, members, packed (memory [B padded to four, 2, M padded, channels]),
 * weights c(w), center, floats from one concept to the next, roots (0, or a factor for each frequency: of theta), m_d.
 * Operations: B K (8 C M + 4 M, or T of the energy grid and 4 of its points); bytes: 8 (B + K) C M + 4 B K.
 */
export function wideEnergies(block: usize, thread: i32, threads: i32, scratch: usize): void {
  const plan = address(block, 0);
  const batch = int(block, 7);
  const concepts = int(block, 8);
  const channels = int(block, 9);
  const count = int(block, 10);
  const M = int(block, 11);
  const fold = address(block, 12);
  const members = int(block, 13);
  const packed = address(block, 14);
  const center = <usize>int(block, 16) << 2;
  const stride = <usize>int(block, 17) << 2;
  const roots = address(block, 18);
  const padded = (M + 3) & ~3;
  const given = <usize>(channels * M) << 2;
  const size = <usize>(channels * padded) << 2;
  for (let b = next(block, 0); b < batch; b = next(block, 0)) {
    const to = packed + 2 * <usize>b * size;
    packChannels(address(block, 1) + <usize>b * given, channels, M, to);
    packChannels(address(block, 2) + <usize>b * given, channels, M, to + size);
  }
  barrier(block);

  const held = plan == 0 ? scratch : prepare(plan, scratch);
  const zRe = held + 2 * <usize>CONCEPT_BLOCK * size;
  const zStep = <usize>padded << 2;
  const zIm = zRe + <usize>(CONCEPT_BLOCK * SAMPLE_BLOCK) * zStep;
  const rest = zIm + <usize>(CONCEPT_BLOCK * SAMPLE_BLOCK) * zStep;
  const points = plan == 0 ? 0 : gridSize(plan);
  const classes = plan == 0 ? 0 : spectrumSize(plan);
  const positions = rest + selectScratch(points + 4, max(count, 0));
  const quad = <usize>channels << 4;
  for (let k0 = next(block, 1) * CONCEPT_BLOCK; k0 < concepts; k0 = next(block, 1) * CONCEPT_BLOCK) {
    const end = min(k0 + CONCEPT_BLOCK, concepts);
    for (let k = k0; k < end; k++) {
      const to = held + 2 * <usize>(k - k0) * size;
      packChannels(address(block, 3) + <usize>k * stride, channels, M, to);
      packChannels(address(block, 4) + <usize>k * stride, channels, M, to + size);
    }
    for (let b0 = 0; b0 < batch; b0 += SAMPLE_BLOCK) {
      const last = min(b0 + SAMPLE_BLOCK, batch);
      let isPair = false;
      for (let w: usize = 0, offset: usize = 0; w < <usize>padded << 2; w += isPair ? 32 : 16, offset += isPair ? 2 * quad : quad) {
        isPair = inPair(<i32>(w >> 2), padded);
        // What eight concepts have in some channels stays in the first-level cache for all samples.
        const together = isPair ? CHANNEL_BLOCK / 2 : CHANNEL_BLOCK;
        for (let c = 0; c < channels; c += together) {
          const some = min(together, channels - c);
          const o = offset + (<usize>c << (isPair ? 5 : 4));
          for (let b = b0; b < last; b += 4) {
            // After the last sample there is memory for three more, and nobody reads what comes of it.
            const x = packed + 2 * <usize>b * size + o;
            for (let k = k0; k < end; k++) {
              const e = held + 2 * <usize>(k - k0) * size + o;
              const z = <usize>((k - k0) * SAMPLE_BLOCK + b - b0) * zStep + w;
              if (isPair) correlateFourPairs(x, x + size, 2 * size, e, e + size, some, zRe + z, zIm + z, zStep, c > 0);
              else correlateFour(x, x + size, 2 * size, e, e + size, some, zRe + z, zIm + z, zStep, c > 0);
            }
          }
        }
      }
      for (let k = k0; k < end; k++) {
        const shift = load<f32>(address(block, 5) + (<usize>k << 2));
        for (let b = b0; b < last; b++) {
          const z = <usize>((k - k0) * SAMPLE_BLOCK + b - b0) * zStep;
          const at = zRe + z + center;
          if (roots != 0) {
            scaleBoth(zRe + z, zIm + z, roots, M);
            if (count < 0) symmetrize(zRe + z, zIm + z, M, int(block, 19));
          }
          store<f32>(at, load<f32>(at) + shift);
          if (count < 0) {
            storeEnergy(block, b, k, weightedPower(zRe + z, zIm + z, address(block, 15), M));
          } else {
            addMembers(zRe + z, zIm + z, fold, members, classes, scratchRe(), scratchIm());
            if (rankOf(plan) == 1) synthesizeLines(plan, 1, 1, 1);
            else synthesizeMap(plan, 1, 1);
            storeEnergy(block, b, k, gridPower(scratchMap(), points, count, positions, rest));
          }
        }
      }
    }
  }
}

/** Bytes of scratch of wideEnergies. Not a kernel. */
export function wideEnergiesScratch(plan: usize, M: i32, channels: i32, count: i32): usize {
  const padded = (M + 3) & ~3;
  const spectra = 2 * CONCEPT_BLOCK * (channels + SAMPLE_BLOCK) * padded;
  const grid = plan == 0 ? 0 : fourierScratch(plan) + selectScratch(gridSize(plan) + 4, count);
  return grid + (<usize>(spectra + count) << 2) + 512;
}

/** [channels, M] to [M padded / 4, channels, 4], zeros after M; for wide kernels to [M padded / 8, channels, 8] as far as that goes. */
function packChannels(x: usize, channels: i32, M: i32, to: usize): void {
  const padded = (M + 3) & ~3;
  for (let w = 0; w < M; w += 4) {
    const isPair = inPair(w, padded);
    const step: usize = isPair ? 32 : 16;
    let q = to + <usize>((isPair ? w & ~7 : w) * channels << 2) + (isPair ? <usize>(w & 4) << 2 : 0);
    for (let c = 0; c < channels; c++, q += step) v128.store(q, some(x + (<usize>(c * M + w) << 2), M - w));
  }
}

/** Whether four frequencies are packed with their neighbors. */
// @ts-ignore: decorator
@inline
function inPair(w: i32, padded: i32): bool {
  return wide && (w | 7) < padded;
}

/** A spectrum to the sums over the members of each class. */
function addMembers(re: usize, im: usize, fold: usize, members: i32, classes: i32, toRe: usize, toIm: usize): void {
  const weights = <usize>(members * classes) << 2;
  const row = <usize>classes << 2;
  for (let i: usize = 0; i < row; i += 4) {
    let a: f32 = 0;
    let b: f32 = 0;
    for (let member: usize = 0, at = fold + i; member < <usize>members; member++, at += row) {
      const w = load<i32>(at);
      if (w == i32.MIN_VALUE) break;
      const weight = load<f32>(at + weights);
      const from = <usize>(w < 0 ? -1 - w : w) << 2;
      a += weight * load<f32>(re + from);
      b += (w < 0 ? -weight : weight) * load<f32>(im + from);
    }
    store<f32>(toRe + i, a);
    store<f32>(toIm + i, b);
  }
}

/** The energy on a grid, of all that is positive or of the `count` largest points. */
// @ts-ignore: decorator
@inline
function gridPower(map: usize, points: i32, count: i32, positions: usize, scratch: usize): f32 {
  const power = count == 0 ? rectifiedPower(map, points) : keptPower(map, points, count, positions, scratch);
  return power / <f32>points;
}

// @ts-ignore: decorator
@inline
function storeEnergy(block: usize, b: i32, k: i32, energy: f32): void {
  store<f32>(address(block, 6) + (<usize>(b * int(block, 8) + k) << 2), energy);
}

/**
 * spectralEnergies of linear maps by Parseval, for few channels: |sum_c conj(e_c) x_c|^2 is a real product of the pairs of channels of
 * the sample and of the concept, C^2 planes, which each forms once. M, xRe, xIm, eRe, eIm, bias, energies, batch, concepts, channels,
 * weights c(w), center, planes (memory for all samples, [B, C^2, M padded]), floats from one concept to the next, roots (0, or a factor for
 * each frequency: of theta), m_d.
 * Operations: 2 B K C^2 M + 4 (B + K) C^2 M; bytes: 8 (B + K) C M + 4 B K.
 */
export function spectrumEnergies(block: usize, thread: i32, threads: i32, scratch: usize): void {
  const M = int(block, 0);
  const xRe = address(block, 1);
  const xIm = address(block, 2);
  const eRe = address(block, 3);
  const eIm = address(block, 4);
  const bias = address(block, 5);
  const batch = int(block, 7);
  const concepts = int(block, 8);
  const channels = int(block, 9);
  const weights = address(block, 10);
  const center = <usize>int(block, 11) << 2;
  const planes = address(block, 12);
  const stride = <usize>int(block, 13) << 2;
  const roots = address(block, 14);
  const padded = (M + 3) & ~3;
  const spectrum = <usize>(channels * M) << 2;
  const length = channels * channels * padded;
  const bytes = <usize>length << 2;
  for (let b = next(block, 0); b < batch; b = next(block, 0)) {
    const from = <usize>b * spectrum;
    pairPlanes(xRe + from, xIm + from, channels, M, 0, planes + <usize>b * bytes);
  }
  barrier(block);
  for (let i = next(block, 1) << 3; i < concepts; i = next(block, 1) << 3) {
    for (let k = i; k < min(i + 8, concepts); k++) {
      let atomRe = eRe + <usize>k * stride;
      let atomIm = eIm + <usize>k * stride;
      if (roots != 0) {
        const to = scratch + bytes;
        weighAtom(atomRe, atomIm, roots, channels, M, int(block, 15), to, to + spectrum);
        atomRe = to;
        atomIm = to + spectrum;
      }
      pairPlanes(atomRe, atomIm, channels, M, weights, scratch);
      const shift = load<f32>(bias + (<usize>k << 2));
      for (let b = 0; b < batch; b += 4) {
        const samples = min(4, batch - b);
        const last = <usize>(samples - 1) * bytes;
        const x = planes + <usize>b * bytes;
        let s0 = zero();
        let s1 = zero();
        let s2 = zero();
        let s3 = zero();
        // Fewer than four samples: the last one more than once.
        const x1 = x + min(bytes, last);
        const x2 = x + min(2 * bytes, last);
        const x3 = x + min(3 * bytes, last);
        for (let w: usize = 0; w < bytes; w += 16) {
          const e = v128.load(scratch + w);
          s0 = fma(e, v128.load(x + w), s0);
          s1 = fma(e, v128.load(x1 + w), s1);
          s2 = fma(e, v128.load(x2 + w), s2);
          s3 = fma(e, v128.load(x3 + w), s3);
        }
        for (let j = 0; j < samples; j++) {
          const sum = sumLanes(j == 0 ? s0 : j == 1 ? s1 : j == 2 ? s2 : s3);
          const sample = <usize>(b + j) * spectrum;
          let mean: f32 = 0;
          for (let c = 0; c < channels; c++) {
            const at = (<usize>(c * M) << 2) + center;
            mean += load<f32>(atomRe + at) * load<f32>(xRe + sample + at);
            mean += load<f32>(atomIm + at) * load<f32>(xIm + sample + at);
          }
          // Rounding must not make a vanishing energy negative.
          storeEnergy(block, b + j, k, max<f32>(sum + shift * (2 * mean + shift), 0));
        }
      }
    }
  }
}

/**
 * The real planes of products of channels: |a_c|^2, and for c < d the real and imaginary part of conj(a_c) a_d, twice for samples
 * (weights 0); for concepts times the weight of each frequency. Rows of M, padded to four with zeros.
 */
function pairPlanes(re: usize, im: usize, channels: i32, M: i32, weights: usize, to: usize): void {
  const row = <usize>((M + 3) & ~3) << 2;
  for (let c = 0; c < channels; c++) {
    for (let d = c; d < channels; d++) {
      const i = <usize>(c * M) << 2;
      const j = <usize>(d * M) << 2;
      const own = c == d;
      for (let w: usize = 0; w < row; w += 16) {
        const left = M - <i32>(w >> 2);
        const a = some(re + i + w, left);
        const b = some(im + i + w, left);
        const p = own ? a : some(re + j + w, left);
        const q = own ? b : some(im + j + w, left);
        const factor = weights == 0 ? f32x4.splat(own ? 1 : 2) : some(weights + w, left);
        v128.store(to + w, f32x4.mul(factor, fma(a, p, f32x4.mul(b, q))));
        if (!own) v128.store(to + row + w, f32x4.mul(factor, fnma(b, p, f32x4.mul(a, q))));
      }
      to += own ? row : 2 * row;
    }
  }
}

// @ts-ignore: decorator
@inline
function some(p: usize, count: i32): v128 {
  return count >= 4 ? v128.load(p) : loadPart(p, count);
}

/** The sum of the squares of the `count` largest entries, rectified; NaN where there is one. */
export function keptPower(map: usize, n: i32, count: i32, positions: usize, scratch: usize): f32 {
  if (!selectLargest(map, n, count, positions, scratch)) return f32.NaN;
  let sum: f32 = 0;
  for (let s: usize = 0; s < <usize>count << 2; s += 4) {
    const value = max<f32>(load<f32>(map + (<usize>load<i32>(positions + s) << 2)), 0);
    sum += value * value;
  }
  return sum;
}

/**
 * spectralWeights and its adjoint: rows of M scaled by a factor for each frequency, the plane w_d = 0 projected on the symmetry of
 * real functions. M, m_d, factors, re, im, toRe, toIm, concepts, channels, from stride, to stride (floats between concepts).
 * Operations: 2 K C M; bytes: 16 K C M.
 */
export function weights(block: usize, thread: i32, threads: i32, scratch: usize): void {
  const M = int(block, 0);
  const m = int(block, 1);
  const factors = address(block, 2);
  const concepts = int(block, 7);
  const channels = int(block, 8);
  for (let k = next(block, 0); k < concepts; k = next(block, 0)) {
    const from = <usize>(k * int(block, 9)) << 2;
    const to = <usize>(k * int(block, 10)) << 2;
    weighAtom(address(block, 3) + from, address(block, 4) + from, factors, channels, M, m, address(block, 5) + to, address(block, 6) + to);
  }
}

/** The coefficients of an atom, `[channels, M]`: each frequency times its factor, on the symmetry of real functions. */
export function weighAtom(
  re: usize,
  im: usize,
  factors: usize,
  channels: i32,
  M: i32,
  m: i32,
  toRe: usize,
  toIm: usize,
): void {
  const row = <usize>M << 2;
  for (let c = 0; c < channels; c++, re += row, im += row, toRe += row, toIm += row) {
    scale(re, factors, M, toRe);
    scale(im, factors, M, toIm);
    symmetrize(toRe, toIm, M, m);
  }
}

/** The plane w_d = 0 of a spectrum on the symmetry of real functions: F(-w) = conj F(w). */
function symmetrize(re: usize, im: usize, M: i32, m: i32): void {
  const lines = M / m;
  for (let line = 0; line < (lines + 1) >> 1; line++) {
    const a = <usize>(line * m) << 2;
    const b = <usize>((lines - 1 - line) * m) << 2;
    const even: f32 = 0.5 * (load<f32>(re + a) + load<f32>(re + b));
    const odd: f32 = 0.5 * (load<f32>(im + a) - load<f32>(im + b));
    store<f32>(re + a, even);
    store<f32>(re + b, even);
    store<f32>(im + a, odd);
    store<f32>(im + b, a == b ? odd : -odd);
  }
}

/** Real and imaginary parts, times a factor for each frequency, in place. */
// @ts-ignore: decorator
@inline
export function scaleBoth(re: usize, im: usize, factors: usize, M: i32): void {
  scale(re, factors, M, re);
  scale(im, factors, M, im);
}

/** topKRows. x, indices, rows, size, k. Operations: about 4 of each entry; bytes: 4 rows (size + k). */
export function largestOfRows(block: usize, thread: i32, threads: i32, scratch: usize): void {
  const rows = int(block, 2);
  const size = int(block, 3);
  const k = int(block, 4);
  for (let i = next(block, 0); i < rows; i = next(block, 0)) {
    const x = address(block, 0) + (<usize>(i * size) << 2);
    if (!selectLargest(x, size, k, address(block, 1) + (<usize>(i * k) << 2), scratch)) {
      report(block, FOUND_NAN);
      return;
    }
  }
}
