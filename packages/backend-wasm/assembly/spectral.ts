/** The operations of a fourier dictionary. Arguments are listed in order; `plan` is laid out by src/fourier-plan.ts. */
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
  analyseKept,
  analyseLines,
  analyseMap,
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
  zeroFrequency,
} from "./fourier";
import { address, float, FOUND_NAN, int, next, report } from "./parallel";
import { selectLargest, selectScratch } from "./select";

/** Bytes of scratch for one thread, for any of these operations that keeps at most `kept` points of a map. Not a kernel. */
export function spectralScratch(plan: usize, kept: i32): usize {
  const spectra = <usize>(2 * LINE_BLOCK * (spectrumSize(plan) + 16)) << 2;
  return fourierScratch(plan) + spectra + selectScratch(gridSize(plan) + 4, kept) + (<usize>kept << 2) + 256;
}

/** truncatedAnalysis. plan, x, re, im, rows, zeroth, others. */
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
    if (together == 1) analyseMap(plan, x, re, im, zeroth, others);
    else analyseLines(plan, x, min(together, rows - i), re, im, zeroth, others);
  }
}

/** truncatedSynthesis. plan, re, im, x, rows, zeroth, others. */
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
    memory.copy(scratchRe(), address(block, 1) + <usize>i * M, count * M);
    memory.copy(scratchIm(), address(block, 2) + <usize>i * M, count * M);
    if (together == 1) {
      synthesizeMap(plan, zeroth, others);
      memory.copy(x, scratchMap(), N);
    } else {
      synthesizeLines(plan, <i32>count, zeroth, others);
      const stride = <usize>lineStride(plan) << 2;
      for (let j: usize = 0; j < count; j++) memory.copy(x + j * N, scratchMap() + j * stride, N);
    }
  }
}

/** analysePoints. plan, values, positions, re, im, rows, count, zeroth, others. */
export function analysisOfPoints(block: usize, thread: i32, threads: i32, scratch: usize): void {
  const plan = address(block, 0);
  const rows = int(block, 5);
  const count = int(block, 6);
  const M = <usize>spectrumSize(plan) << 2;
  prepare(plan, scratch);
  for (let i = next(block, 0); i < rows; i = next(block, 0)) {
    const from = <usize>(i * count) << 2;
    const to = <usize>i * M;
    analyseKept(
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

/** samplePoints. plan, re, im, positions, values, rows, count, zeroth, others. */
export function samplesAtPoints(block: usize, thread: i32, threads: i32, scratch: usize): void {
  const plan = address(block, 0);
  const rows = int(block, 5);
  const count = int(block, 6);
  const M = <usize>spectrumSize(plan) << 2;
  prepare(plan, scratch);
  for (let i = next(block, 0); i < rows; i = next(block, 0)) {
    const to = <usize>(i * count) << 2;
    memory.copy(scratchRe(), address(block, 1) + <usize>i * M, M);
    memory.copy(scratchIm(), address(block, 2) + <usize>i * M, M);
    sampleKept(plan, address(block, 3) + to, count, address(block, 4) + to, float(block, 7), float(block, 8));
  }
}

/**
 * encodePoints: contraction, synthesis, selection and rectification of one map after the other, none stored.
 * plan, xRe, xIm, eRe, eIm, bias, concepts, values, positions, batch, chosen, channels, count.
 */
export function encodedPoints(block: usize, thread: i32, threads: i32, scratch: usize): void {
  const plan = address(block, 0);
  const bias = address(block, 5);
  const concepts = address(block, 6);
  const batch = int(block, 9);
  const chosen = int(block, 10);
  const channels = int(block, 11);
  const count = int(block, 12);
  const M = spectrumSize(plan);
  const N = gridSize(plan);
  const spectrum = <usize>(channels * M) << 2;
  const row = <usize>M << 2;
  const centre = <usize>zeroFrequency(plan) << 2;
  const line = rankOf(plan) == 1;
  const together = line ? LINE_BLOCK : 1;
  const blocks = (chosen + together - 1) / together;
  const rest = prepare(plan, scratch);
  for (let i = next(block, 0); i < batch * blocks; i = next(block, 0)) {
    const b = i / blocks;
    const begin = (i - b * blocks) * together;
    const end = min(begin + together, chosen);
    const x = <usize>b * spectrum;
    for (let j = begin; j < end; j++) {
      const k = load<i32>(concepts + (<usize>(b * chosen + j) << 2));
      const e = <usize>k * spectrum;
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
      store<f32>(re + centre, load<f32>(re + centre) + load<f32>(bias + (<usize>k << 2)));
    }
    if (line) synthesizeLines(plan, end - begin, 1, 2);
    else synthesizeMap(plan, 1, 2);
    const stride = line ? <usize>lineStride(plan) << 2 : 0;
    for (let j = begin; j < end; j++) {
      const map = scratchMap() + <usize>(j - begin) * stride;
      const to = <usize>((b * chosen + j) * count) << 2;
      const positions = address(block, 8) + to;
      const values = address(block, 7) + to;
      if (!selectLargest(map, N, count, positions, rest)) {
        report(block, FOUND_NAN);
        return;
      }
      for (let s: usize = 0; s < <usize>count << 2; s += 4) {
        store<f32>(values + s, max<f32>(load<f32>(map + (<usize>load<i32>(positions + s) << 2)), 0));
      }
    }
  }
}

/** correlateChosen. M, xRe, xIm, eRe, eIm, concepts, re, im, batch, chosen, channels. */
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

/** decodeChosen. M, zRe, zIm, dRe, dIm, concepts, re, im, batch, chosen, channels. */
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
      );
    }
  }
}

/** The uses of a concept as pairs of byte offsets: of the sample, in steps of `sampleBytes`, and of the use itself. */
function usesOf(
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

/**
 * spectralEnergies: for eight concepts and four samples at a time the spectra of the maps, then of each its energy.
 * plan, xRe, xIm, eRe, eIm, bias, energies, batch, concepts, channels, kind (0 preactivation, 1 rectified, 2 kept), count, weights.
 */
export function energies(block: usize, thread: i32, threads: i32, scratch: usize): void {
  const plan = address(block, 0);
  const batch = int(block, 7);
  const concepts = int(block, 8);
  const channels = int(block, 9);
  const kind = int(block, 10);
  const count = int(block, 11);
  const M = spectrumSize(plan);
  const row = <usize>M << 2;
  const spectrum = <usize>channels * row;
  const xRe = address(block, 1);
  const xIm = address(block, 2);
  const centre = <usize>zeroFrequency(plan) << 2;
  const line = rankOf(plan) == 1 && kind != 0;
  const zRe = prepare(plan, scratch);
  const zStep = (row + 79) & ~15;
  const zIm = zRe + zStep * 4;
  const rest = zIm + zStep * 4;
  const positions = rest + selectScratch(gridSize(plan) + 4, count);
  for (let i = next(block, 0) << 3; i < concepts; i = next(block, 0) << 3) {
    for (let b = 0; b < batch; b += 4) {
      const samples = min(4, batch - b);
      for (let k = i; k < min(i + 8, concepts); k++) {
        const e = <usize>k * spectrum;
        const eRe = address(block, 3) + e;
        const eIm = address(block, 4) + e;
        const x = <usize>b * spectrum;
        const shift = load<f32>(address(block, 5) + (<usize>k << 2));
        if (samples == 4) {
          correlateFour(xRe + x, xIm + x, spectrum, eRe, eIm, channels, M, zRe, zIm, zStep);
        } else {
          for (let j: usize = 0; j < <usize>samples; j++) {
            const one = x + j * spectrum;
            correlate(xRe + one, xIm + one, eRe, eIm, channels, M, zRe + j * zStep, zIm + j * zStep);
          }
        }
        for (let j: usize = 0; j < <usize>samples; j++) {
          const at = zRe + j * zStep + centre;
          store<f32>(at, load<f32>(at) + shift);
        }
        if (line) {
          for (let j: usize = 0; j < <usize>samples; j++) {
            memory.copy(scratchRe() + j * row, zRe + j * zStep, row);
            memory.copy(scratchIm() + j * row, zIm + j * zStep, row);
          }
          synthesizeLines(plan, samples, 1, 2);
        }
        for (let j: usize = 0; j < <usize>samples; j++) {
          let energy: f32;
          if (kind == 0) {
            energy = weightedPower(zRe + j * zStep, zIm + j * zStep, address(block, 12), M);
          } else {
            let map = scratchMap();
            if (line) {
              map += (j * <usize>lineStride(plan)) << 2;
            } else {
              memory.copy(scratchRe(), zRe + j * zStep, row);
              memory.copy(scratchIm(), zIm + j * zStep, row);
              synthesizeMap(plan, 1, 2);
            }
            energy = kind == 1 ? rectifiedPower(map, gridSize(plan)) : keptPower(map, gridSize(plan), count, positions, rest);
            energy /= <f32>gridSize(plan);
          }
          store<f32>(address(block, 6) + (<usize>((b + <i32>j) * concepts + k) << 2), energy);
        }
      }
    }
  }
}

/** The sum of the squares of the `count` largest entries, rectified; NaN where there is one. */
function keptPower(map: usize, n: i32, count: i32, positions: usize, scratch: usize): f32 {
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
 */
export function weights(block: usize, thread: i32, threads: i32, scratch: usize): void {
  const M = int(block, 0);
  const m = int(block, 1);
  const factors = address(block, 2);
  const concepts = int(block, 7);
  const channels = int(block, 8);
  const lines = M / m;
  for (let k = next(block, 0); k < concepts; k = next(block, 0)) {
    for (let c = 0; c < channels; c++) {
      const from = <usize>(k * int(block, 9) + c * M) << 2;
      const to = <usize>(k * int(block, 10) + c * M) << 2;
      const re = address(block, 5) + to;
      const im = address(block, 6) + to;
      scale(address(block, 3) + from, factors, M, re);
      scale(address(block, 4) + from, factors, M, im);
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
  }
}

/** topKRows. x, indices, rows, size, k. */
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
