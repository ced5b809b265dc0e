/**
 * Direct correlation of a padded sample with a few kernels at a time: `a_k[n] = b_k + sum_c sum_j d_k[j, c] x[n + j, c]`.
 * Vectors lie along the last axis of the grid. Four kernels by two vectors stay in registers: six loads for eight products; a kernel
 * alone takes eight vectors. Weights come as a stream, for every tap its offset in the padded sample and a weight for each kernel, so
 * that any number of axes and channels is one loop. Every entry is summed in the same order whatever the tile: equal surroundings
 * give equal values.
 *
 * Operations: 2 |s| C for each entry. Bytes from cache: 96 for 64 operations (four kernels).
 */
import { SLACK } from "./layout";
import { channels, n0, n1, n2, planeSize, rowStart, s0, s1, s2, taps } from "./padding";
import { fma } from "./simd";
import { wide, wideFourLines } from "./wide-imports";

/** Kernels of a pack. */
export const PACK: i32 = 4;

/** Bytes of a stream for `kernels` (1 or 4): a bias for each, then for each tap and channel an offset and a weight for each. */
export function streamBytes(kernels: i32): usize {
  return (<usize>(kernels + taps() * channels * (kernels + 1)) << 2) + 64;
}

/** Writes the offsets of a stream, zeros for biases and weights. They stay while kernels change. */
export function prepareStream(stream: usize, kernels: i32): void {
  const row = <usize>(kernels + 1) << 2;
  memory.fill(stream, 0, streamBytes(kernels));
  let to = stream + (<usize>kernels << 2);
  for (let c = 0; c < channels; c++) {
    for (let j0 = 0; j0 < s0; j0++) {
      for (let j1 = 0; j1 < s1; j1++) {
        const line = rowStart(j0, j1) + c * planeSize();
        for (let j2 = 0; j2 < s2; j2++) {
          store<u32>(to, (line + j2) << 2);
          to += row;
        }
      }
    }
  }
}

/** Writes a kernel `[...s, C]` and its bias as kernel `lane` of a stream. */
export function fillStream(stream: usize, kernels: i32, lane: i32, kernel: usize, bias: f32): void {
  const row = <usize>(kernels + 1) << 2;
  const step = <usize>channels << 2;
  const size = taps();
  const place = <usize>lane << 2;
  store<f32>(stream + place, bias);
  let to = stream + (<usize>kernels << 2) + 4 + place;
  for (let c: usize = 0; c < step; c += 4) {
    let from = kernel + c;
    for (let j = 0; j < size; j++) {
      store<f32>(to, load<f32>(from));
      from += step;
      to += row;
    }
  }
}

/** Floats of a map in scratch memory: whole vectors are written at its end. */
export function mapSize(): i32 {
  return (n0 * n1 * n2 + SLACK + 3) & ~3;
}

/** The maps of the kernels of a stream (1 or 4), each `[...N]`, `stride` bytes apart. */
export function correlatePlanes(planes: usize, stream: usize, kernels: i32, maps: usize, stride: usize): void {
  for (let i0 = 0; i0 < n0; i0++) {
    for (let i1 = 0; i1 < n1; i1++) {
      correlateLine(planes, i0, i1, stream, kernels, maps + (<usize>((i0 * n1 + i1) * n2) << 2), stride);
    }
  }
}

/** One line of those maps. Up to 28 floats after it are overwritten: lines come in rising order. */
export function correlateLine(
  planes: usize,
  i0: i32,
  i1: i32,
  stream: usize,
  kernels: i32,
  y: usize,
  stride: usize,
): void {
  const x = planes + (<usize>rowStart(i0, i1) << 2);
  const length = taps() * channels;
  if (kernels == PACK) {
    if (wide) wideFourLines(x, n2, stream, length, y, stride);
    else fourLines(x, n2, stream, length, y, stride);
    return;
  }
  let i = 0;
  for (; i + 8 < n2; i += 32) oneByEight(x + (<usize>i << 2), stream, length, y + (<usize>i << 2));
  if (i < n2) oneByTwo(x + (<usize>i << 2), stream, length, y + (<usize>i << 2));
}

/** The lines of four kernels, of so many points. */
export function fourLines(x: usize, count: i32, stream: usize, length: i32, y: usize, stride: usize): void {
  let i = 0;
  for (; i + 4 < count; i += 8) {
    const at = <usize>i << 2;
    fourByTwo(x + at, stream, length, y + at, stride);
  }
  if (i < count) fourByOne(x + (<usize>i << 2), stream, length, y + (<usize>i << 2), stride);
}

/** The first tap stands apart: engines then keep more of a step in registers. */
function fourByTwo(x: usize, w: usize, length: i32, y: usize, stride: usize): void {
  let a0 = v128.load32_splat(w);
  let a1 = a0;
  let b0 = v128.load32_splat(w, 4);
  let b1 = b0;
  let c0 = v128.load32_splat(w, 8);
  let c1 = c0;
  let d0 = v128.load32_splat(w, 12);
  let d1 = d0;
  w += 16;
  const end = w + <usize>length * 20;
  {
    const p = x + <usize>load<u32>(w);
    const x0 = v128.load(p);
    const x1 = v128.load(p, 16);
    const wa = v128.load32_splat(w, 4);
    a0 = fma(wa, x0, a0);
    a1 = fma(wa, x1, a1);
    const wb = v128.load32_splat(w, 8);
    b0 = fma(wb, x0, b0);
    b1 = fma(wb, x1, b1);
    const wc = v128.load32_splat(w, 12);
    c0 = fma(wc, x0, c0);
    c1 = fma(wc, x1, c1);
    const wd = v128.load32_splat(w, 16);
    d0 = fma(wd, x0, d0);
    d1 = fma(wd, x1, d1);
    w += 20;
  }
  while (w < end) {
    const p = x + <usize>load<u32>(w);
    const x0 = v128.load(p);
    const x1 = v128.load(p, 16);
    const wa = v128.load32_splat(w, 4);
    a0 = fma(wa, x0, a0);
    a1 = fma(wa, x1, a1);
    const wb = v128.load32_splat(w, 8);
    b0 = fma(wb, x0, b0);
    b1 = fma(wb, x1, b1);
    const wc = v128.load32_splat(w, 12);
    c0 = fma(wc, x0, c0);
    c1 = fma(wc, x1, c1);
    const wd = v128.load32_splat(w, 16);
    d0 = fma(wd, x0, d0);
    d1 = fma(wd, x1, d1);
    w += 20;
  }
  v128.store(y, a1, 16);
  v128.store(y, a0);
  y += stride;
  v128.store(y, b1, 16);
  v128.store(y, b0);
  y += stride;
  v128.store(y, c1, 16);
  v128.store(y, c0);
  y += stride;
  v128.store(y, d1, 16);
  v128.store(y, d0);
}

function fourByOne(x: usize, w: usize, length: i32, y: usize, stride: usize): void {
  let a = v128.load32_splat(w);
  let b = v128.load32_splat(w, 4);
  let c = v128.load32_splat(w, 8);
  let d = v128.load32_splat(w, 12);
  w += 16;
  for (const end = w + <usize>length * 20; w < end; w += 20) {
    const x0 = v128.load(x + <usize>load<u32>(w));
    a = fma(v128.load32_splat(w, 4), x0, a);
    b = fma(v128.load32_splat(w, 8), x0, b);
    c = fma(v128.load32_splat(w, 12), x0, c);
    d = fma(v128.load32_splat(w, 16), x0, d);
  }
  v128.store(y, a);
  v128.store(y + stride, b);
  v128.store(y + 2 * stride, c);
  v128.store(y + 3 * stride, d);
}

function oneByEight(x: usize, w: usize, length: i32, y: usize): void {
  let y0 = v128.load32_splat(w);
  let y1 = y0;
  let y2 = y0;
  let y3 = y0;
  let y4 = y0;
  let y5 = y0;
  let y6 = y0;
  let y7 = y0;
  w += 4;
  for (const end = w + <usize>length * 8; w < end; w += 8) {
    const p = x + <usize>load<u32>(w);
    const s = v128.load32_splat(w, 4);
    y0 = fma(s, v128.load(p), y0);
    y1 = fma(s, v128.load(p, 16), y1);
    y2 = fma(s, v128.load(p, 32), y2);
    y3 = fma(s, v128.load(p, 48), y3);
    y4 = fma(s, v128.load(p, 64), y4);
    y5 = fma(s, v128.load(p, 80), y5);
    y6 = fma(s, v128.load(p, 96), y6);
    y7 = fma(s, v128.load(p, 112), y7);
  }
  v128.store(y, y1, 16);
  v128.store(y, y0);
  v128.store(y, y3, 48);
  v128.store(y, y2, 32);
  v128.store(y, y5, 80);
  v128.store(y, y4, 64);
  v128.store(y, y7, 112);
  v128.store(y, y6, 96);
}

function oneByTwo(x: usize, w: usize, length: i32, y: usize): void {
  let y0 = v128.load32_splat(w);
  let y1 = y0;
  w += 4;
  for (const end = w + <usize>length * 8; w < end; w += 8) {
    const p = x + <usize>load<u32>(w);
    const s = v128.load32_splat(w, 4);
    y0 = fma(s, v128.load(p), y0);
    y1 = fma(s, v128.load(p, 16), y1);
  }
  v128.store(y, y1, 16);
  v128.store(y, y0);
}
