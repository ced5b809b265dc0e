/**
 * Functions with their channels last, `[B, ...N, C]`, and their spectra `[B, C, M]`. On up to two axes channels are lanes where they come in
 * fours: nothing is turned but the spectra. Otherwise each channel of a sample is gathered (assembly/fourier.ts does the rest).
 */
import { analyzeAxis, foldScratch, synthesizeAxis } from "./axis";
import { lanesToSpectra, spectraToLanes } from "./channel-spectra";
import {
  analysisTable,
  analyzeLines,
  analyzeMap,
  basisRows,
  fourierScratch,
  gridSize,
  halves,
  LINE_BLOCK,
  lineStride,
  pointsOn,
  prepare,
  rankOf,
  scratchMap,
  spectrumSize,
  synthesisTable,
  synthesizeRows,
  synthesizeSpectrum,
  zeroFrequency,
} from "./fourier";
import { address, barrier, float, int, next } from "./parallel";

/** Channels that are worked on together, at most. */
const CHANNEL_BLOCK: i32 = 32;

// @ts-ignore: decorator
@inline
function inLanes(plan: usize, channels: i32): bool {
  return channels > 1 && (channels & 3) == 0 && rankOf(plan) <= 2;
}

/** Points and rows of the first of two axes; of one axis it is the last. */
// @ts-ignore: decorator
@inline
function firstPoints(plan: usize): i32 {
  return rankOf(plan) == 1 ? 1 : pointsOn(plan, 0);
}
// @ts-ignore: decorator
@inline
function firstRows(plan: usize): i32 {
  return rankOf(plan) == 1 ? 1 : basisRows(plan, 0);
}

/** Floats of the largest intermediate of a block of channels. */
function blockSize(plan: usize): i32 {
  const last = rankOf(plan) - 1;
  const columns = max(pointsOn(plan, last), basisRows(plan, last));
  return max(firstPoints(plan), firstRows(plan)) * columns * CHANNEL_BLOCK + 64;
}

/** Bytes of scratch of both operations. Not a kernel. */
export function functionsScratch(plan: usize, channels: i32): usize {
  const lines = rankOf(plan) == 1 ? LINE_BLOCK : 1;
  const gathered = fourierScratch(plan) + (<usize>(lines * (gridSize(plan) + 16)) << 2) + 256;
  if (!inLanes(plan, channels)) return gathered;
  const last = rankOf(plan) - 1;
  const fold = foldScratch(max(firstPoints(plan), pointsOn(plan, last)), CHANNEL_BLOCK >> 2);
  return 3 * (<usize>blockSize(plan) << 2) + fold + 1024;
}

/**
 * analyzeFunctions, and the gradient of synthesizeFunctions.
 * plan, x, center (0: none), re, im, batch, channels, zeroth, others, sums (0, or where the sums over samples at the frequency 0 go).
 * Operations: T a channel; bytes: 4 B C N + 8 B C M.
 */
export function functionsAnalysis(block: usize, thread: i32, threads: i32, scratch: usize): void {
  const plan = address(block, 0);
  const batch = int(block, 5);
  const channels = int(block, 6);
  if (inLanes(plan, channels)) analyzeInLanes(block, scratch);
  else analyzeGathered(block, scratch);
  const sums = address(block, 9);
  if (sums == 0) return;
  barrier(block);
  if (thread != 0) return;
  const M = spectrumSize(plan);
  const center = zeroFrequency(plan);
  for (let c = 0; c < channels; c++) {
    let sum: f64 = 0;
    for (let b = 0; b < batch; b++) sum += load<f32>(address(block, 3) + (<usize>((b * channels + c) * M + center) << 2));
    store<f32>(sums + (<usize>c << 2), <f32>sum);
  }
}

function analyzeGathered(block: usize, scratch: usize): void {
  const plan = address(block, 0);
  const channels = int(block, 6);
  const rows = int(block, 5) * channels;
  const zeroth = float(block, 7);
  const others = float(block, 8);
  const N = gridSize(plan);
  const M = <usize>spectrumSize(plan) << 2;
  const isLine = rankOf(plan) == 1;
  const together = isLine ? LINE_BLOCK : 1;
  const gathered = prepare(plan, scratch);
  for (let i = next(block, 0) * together; i < rows; i = next(block, 0) * together) {
    const count = min(together, rows - i);
    let from = gathered;
    if (channels == 1 && address(block, 2) == 0) {
      from = address(block, 1) + (<usize>(i * N) << 2);
    } else {
      for (let j = 0; j < count; j++) gather(block, i + j, gathered + (<usize>(j * N) << 2));
    }
    const re = address(block, 3) + <usize>i * M;
    const im = address(block, 4) + <usize>i * M;
    if (isLine) analyzeLines(plan, from, count, re, im, zeroth, others);
    else analyzeMap(plan, from, re, im, zeroth, others);
  }
}

/** One channel of a sample, without its center. */
function gather(block: usize, row: i32, to: usize): void {
  const channels = int(block, 6);
  const b = row / channels;
  const c = row - b * channels;
  const N = gridSize(address(block, 0));
  const shift: f32 = address(block, 2) == 0 ? 0 : load<f32>(address(block, 2) + (<usize>c << 2));
  let x = address(block, 1) + (<usize>(b * N * channels + c) << 2);
  const end = to + (<usize>N << 2);
  if (channels == 1) {
    const all = f32x4.splat(shift);
    for (; to + 16 <= end; to += 16, x += 16) v128.store(to, f32x4.sub(v128.load(x), all));
  }
  for (const step = <usize>channels << 2; to < end; to += 4, x += step) store<f32>(to, load<f32>(x) - shift);
}

function analyzeInLanes(block: usize, scratch: usize): void {
  const plan = address(block, 0);
  const channels = int(block, 6);
  const blocks = (channels + CHANNEL_BLOCK - 1) / CHANNEL_BLOCK;
  const last = rankOf(plan) - 1;
  const isLine = last == 0;
  const n1 = firstPoints(plan);
  const n2 = pointsOn(plan, last);
  const r2 = basisRows(plan, last);
  const size = <usize>blockSize(plan) << 2;
  const column = (scratch + 15) & ~15;
  const middle = column + size;
  const basis = middle + size;
  const fold = basis + size;
  const all = <usize>channels << 2;
  const sample = <usize>gridSize(plan) * all;
  for (let i = next(block, 0); i < int(block, 5) * blocks; i = next(block, 0)) {
    const b = i / blocks;
    const c = (i - b * blocks) * CHANNEL_BLOCK;
    const count = min(CHANNEL_BLOCK, channels - c);
    const width = <usize>count << 2;
    const vectors = count >> 2;
    const x = address(block, 1) + <usize>b * sample + (<usize>c << 2);
    const center = address(block, 2) == 0 ? 0 : address(block, 2) + (<usize>c << 2);
    if (isLine) {
      centered(x, all, n2, center, width, column);
      analyzeAxis(column, width, vectors, basis, width, analysisTable(plan, 0), halves(plan, 0), n2, fold);
    } else {
      for (let n: usize = 0; n < <usize>n2; n++) {
        centered(x + n * all, <usize>n2 * all, n1, center, width, column);
        const to = middle + n * width;
        analyzeAxis(column, width, vectors, to, <usize>n2 * width, analysisTable(plan, 0), halves(plan, 0), n1, fold);
      }
      for (let r: usize = 0; r < <usize>firstRows(plan); r++) {
        const from = middle + r * <usize>n2 * width;
        const to = basis + r * <usize>r2 * width;
        analyzeAxis(from, width, vectors, to, width, analysisTable(plan, 1), halves(plan, 1), n2, fold);
      }
    }
    const o = <usize>((b * channels + c) * spectrumSize(plan)) << 2;
    lanesToSpectra(plan, basis, count, address(block, 3) + o, address(block, 4) + o, float(block, 7), float(block, 8), fold);
  }
}

/** Points `step` bytes apart of a block of channels, less its center. */
function centered(x: usize, step: usize, points: i32, center: usize, width: usize, to: usize): void {
  for (let n = 0; n < points; n++, x += step, to += width) {
    // A call of memory.copy costs more than so few vectors.
    if (center == 0) {
      for (let w: usize = 0; w < width; w += 16) v128.store(to + w, v128.load(x + w));
    } else {
      for (let w: usize = 0; w < width; w += 16) v128.store(to + w, f32x4.sub(v128.load(x + w), v128.load(center + w)));
    }
  }
}

/**
 * synthesizeFunctions. plan, re, im, shift, x, batch, channels, zeroth, others.
 * Operations: T a channel; bytes: 8 B C M + 4 B C N.
 */
export function functionsSynthesis(block: usize, thread: i32, threads: i32, scratch: usize): void {
  if (inLanes(address(block, 0), int(block, 6))) synthesizeInLanes(block, scratch);
  else synthesizeGathered(block, scratch);
}

function synthesizeGathered(block: usize, scratch: usize): void {
  const plan = address(block, 0);
  const channels = int(block, 6);
  const rows = int(block, 5) * channels;
  const M = <usize>spectrumSize(plan) << 2;
  const isLine = rankOf(plan) == 1;
  const together = isLine ? LINE_BLOCK : 1;
  prepare(plan, scratch);
  const stride = isLine ? <usize>lineStride(plan) << 2 : 0;
  for (let i = next(block, 0) * together; i < rows; i = next(block, 0) * together) {
    const count = min(together, rows - i);
    const re = address(block, 1) + <usize>i * M;
    const im = address(block, 2) + <usize>i * M;
    if (isLine) synthesizeRows(plan, re, im, count, float(block, 7), float(block, 8));
    else synthesizeSpectrum(plan, re, im, float(block, 7), float(block, 8));
    for (let j = 0; j < count; j++) scatter(block, i + j, scratchMap() + <usize>j * stride);
  }
}

/** One channel of a sample to its place, with its shift. */
function scatter(block: usize, row: i32, from: usize): void {
  const channels = int(block, 6);
  const b = row / channels;
  const c = row - b * channels;
  const N = gridSize(address(block, 0));
  const shift = load<f32>(address(block, 3) + (<usize>c << 2));
  let x = address(block, 4) + (<usize>(b * N * channels + c) << 2);
  const end = from + (<usize>N << 2);
  if (channels == 1) {
    const all = f32x4.splat(shift);
    for (; from + 16 <= end; from += 16, x += 16) v128.store(x, f32x4.add(v128.load(from), all));
  }
  for (const step = <usize>channels << 2; from < end; from += 4, x += step) store<f32>(x, load<f32>(from) + shift);
}

function synthesizeInLanes(block: usize, scratch: usize): void {
  const plan = address(block, 0);
  const channels = int(block, 6);
  const blocks = (channels + CHANNEL_BLOCK - 1) / CHANNEL_BLOCK;
  const last = rankOf(plan) - 1;
  const n2 = pointsOn(plan, last);
  const r2 = basisRows(plan, last);
  const size = <usize>blockSize(plan) << 2;
  const basis = (scratch + 15) & ~15;
  const middle = basis + size;
  const fold = middle + size;
  const all = <usize>channels << 2;
  for (let i = next(block, 0); i < int(block, 5) * blocks; i = next(block, 0)) {
    const b = i / blocks;
    const c = (i - b * blocks) * CHANNEL_BLOCK;
    const count = min(CHANNEL_BLOCK, channels - c);
    const width = <usize>count << 2;
    const vectors = count >> 2;
    const o = <usize>((b * channels + c) * spectrumSize(plan)) << 2;
    spectraToLanes(plan, address(block, 1) + o, address(block, 2) + o, count, basis, float(block, 7), float(block, 8), fold);
    // The constant function comes first in the basis.
    const shift = address(block, 3) + (<usize>c << 2);
    for (let w: usize = 0; w < width; w += 16) v128.store(basis + w, f32x4.add(v128.load(basis + w), v128.load(shift + w)));
    const x = address(block, 4) + <usize>b * <usize>gridSize(plan) * all + (<usize>c << 2);
    let from = basis;
    if (last > 0) {
      const row = <usize>r2 * width;
      from = middle;
      synthesizeAxis(basis, row, r2 * vectors, middle, row, synthesisTable(plan, 0), halves(plan, 0), firstPoints(plan), fold);
    }
    for (let n: usize = 0; n < <usize>firstPoints(plan); n++) {
      const to = x + n * <usize>n2 * all;
      synthesizeAxis(from + n * <usize>r2 * width, width, vectors, to, all, synthesisTable(plan, last), halves(plan, last), n2, fold);
    }
  }
}
