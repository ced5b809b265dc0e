/**
 * The dense operations of a conv dictionary. The first eight arguments are the geometry (padding.ts), then the addresses in order.
 * Operations of each: 2 B |N| K |s| C.
 */
import { correlateLine, correlatePlanes, fillStream, mapSize, PACK, prepareStream, streamBytes } from "./correlation";
import { interleave, separate } from "./interleave";
import {
  channels,
  n0,
  n1,
  n2,
  paddedSize,
  padPlanes,
  planeSize,
  points,
  readGeometry,
  rowStart,
  s0,
  s1,
  s2,
  setGeometry,
  taps,
} from "./padding";
import { address, barrier, FOUND_NAN, int, next, report } from "./parallel";
import { selectLargest, selectScratch } from "./select";
import { fma, sumLanes, zero } from "./simd";

/** Kernels that a thread takes at a time: whole lines of the cache where concepts are the last axis. */
const GROUP: i32 = 16;

/** Bytes of scratch for one thread, for any of these operations that keeps at most `kept` points of a map. Not a kernel. */
export function convolutionScratch(
  points0: i32,
  points1: i32,
  points2: i32,
  taps0: i32,
  taps1: i32,
  taps2: i32,
  count: i32,
  kept: i32,
): usize {
  setGeometry(points0, points1, points2, taps0, taps1, taps2, count, true);
  const planes = <usize>paddedSize() << 2;
  const streams = (<usize>GROUP / PACK) * streamBytes(PACK) + 2 * streamBytes(1);
  const maps = <usize>(GROUP * (n2 + 64) + PACK * mapSize()) << 2;
  const gradient = (<usize>PACK * (n0 * n1 * ((n2 + 3) & ~3) + taps() * count)) << 2;
  return planes + streams + max(maps, gradient) + selectScratch(points(), kept) + (<usize>kept << 2) + 256;
}

/** convCorrelate: every line of sixteen maps, then turned to where concepts lie side by side. x, kernels, a, batch, concepts. */
export function convCorrelation(block: usize, thread: i32, threads: i32, scratch: usize): void {
  readGeometry(block);
  correlateAll(block, address(block, 8), address(block, 9), address(block, 10), int(block, 11), int(block, 12), scratch);
}

/**
 * convSynthesize: the same with codes for samples, concepts for channels and reflected kernels, which are written first.
 * z, kernels, x, batch, channels of x, memory for the kernels. The geometry counts concepts for channels.
 */
export function convSynthesis(block: usize, thread: i32, threads: i32, scratch: usize): void {
  readGeometry(block);
  const kernels = address(block, 9);
  const count = int(block, 12);
  const reflected = address(block, 13);
  const size = taps();
  const concepts = channels;
  for (let t = next(block, 1); t < size; t = next(block, 1)) {
    for (let c = 0; c < count; c++) {
      let to = reflected + (<usize>((c * size + size - 1 - t) * concepts) << 2);
      for (let k = 0; k < concepts; k++, to += 4) {
        store<f32>(to, load<f32>(kernels + (<usize>((k * size + t) * count + c) << 2)));
      }
    }
  }
  barrier(block);
  correlateAll(block, address(block, 8), reflected, address(block, 10), int(block, 11), count, scratch);
}

/** Samples with kernels `[count, ...s, C]` to `[batch, ...N, count]`. */
function correlateAll(
  block: usize,
  x: usize,
  kernels: usize,
  result: usize,
  batch: i32,
  count: i32,
  scratch: usize,
): void {
  const sample = <usize>(points() * channels) << 2;
  const kernel = <usize>(taps() * channels) << 2;
  const four = scratch + (<usize>paddedSize() << 2);
  const one = four + (<usize>GROUP / PACK) * streamBytes(PACK);
  const lines = one + 2 * streamBytes(1);
  const stride = <usize>(n2 + 64) << 2;
  for (let p: usize = 0; p < <usize>GROUP / PACK; p++) prepareStream(four + p * streamBytes(PACK), PACK);
  prepareStream(one, 1);
  prepareStream(one + streamBytes(1), 1);
  const groups = (count + GROUP - 1) / GROUP;
  let held = -1;
  for (let item = next(block, 0); item < batch * groups; item = next(block, 0)) {
    const b = item / groups;
    const first = (item - b * groups) * GROUP;
    const some = min(GROUP, count - first);
    // Of three left over a pack is quicker, of fewer one after the other.
    const packed = (some & 3) == 3 ? some + 1 : some & ~3;
    if (b != held) padPlanes(x + <usize>b * sample, scratch);
    held = b;
    for (let k = 0; k < packed; k++) {
      const stream = four + <usize>(k / PACK) * streamBytes(PACK);
      // What is beyond the last kernel is left out later.
      fillStream(stream, PACK, k % PACK, kernels + <usize>(first + min(k, some - 1)) * kernel, 0);
    }
    for (let k = packed; k < some; k++) {
      fillStream(one + <usize>(k - packed) * streamBytes(1), 1, 0, kernels + <usize>(first + k) * kernel, 0);
    }
    for (let i0 = 0; i0 < n0; i0++) {
      for (let i1 = 0; i1 < n1; i1++) {
        for (let k = 0; k < packed; k += PACK) {
          const stream = four + <usize>(k / PACK) * streamBytes(PACK);
          correlateLine(scratch, i0, i1, stream, PACK, lines + <usize>k * stride, stride);
        }
        for (let k = packed; k < some; k++) {
          const stream = one + <usize>(k - packed) * streamBytes(1);
          correlateLine(scratch, i0, i1, stream, 1, lines + <usize>k * stride, stride);
        }
        const row = ((b * n0 + i0) * n1 + i1) * n2;
        interleave(lines, stride, some, n2, result + ((<usize>row * count + first) << 2), count);
      }
    }
  }
}

/**
 * convKernelGradient: for four concepts one sample after the other, products of their maps with the sample moved by each tap; sums
 * in the order of samples, the same for any number of threads. x, a, kernels, batch, concepts, memory for all samples padded.
 */
export function convKernelGradient(block: usize, thread: i32, threads: i32, scratch: usize): void {
  readGeometry(block);
  const x = address(block, 8);
  const a = address(block, 9);
  const kernels = address(block, 10);
  const batch = int(block, 11);
  const concepts = int(block, 12);
  const padded = address(block, 13);
  const sample = <usize>(points() * channels) << 2;
  const size = <usize>paddedSize() << 2;
  for (let b = next(block, 0); b < batch; b = next(block, 0)) padPlanes(x + <usize>b * sample, padded + <usize>b * size);
  barrier(block);

  const line = <usize>((n2 + 3) & ~3) << 2;
  const map = <usize>(n0 * n1) * line;
  const sums = scratch + PACK * map;
  const length = taps() * channels;
  for (let item = next(block, 1); item * PACK < concepts; item = next(block, 1)) {
    const first = item * PACK;
    const some = min(PACK, concepts - first);
    memory.fill(sums, 0, <usize>(PACK * length) << 2);
    for (let b = 0; b < batch; b++) {
      for (let i = 0; i < n0 * n1; i++) {
        const from = a + ((<usize>((b * n0 * n1 + i) * n2) * concepts + first) << 2);
        separateMaps(from, concepts, some, scratch + <usize>i * line, map);
      }
      const sampleAt = padded + <usize>b * size;
      for (let j = 0; j < length; j += 2) {
        const left = sampleAt + tapOffset(j);
        const right = sampleAt + tapOffset(min(j + 1, length - 1));
        twoTaps(left, right, scratch, map, line, sums + (<usize>(PACK * j) << 2), j + 1 < length);
      }
    }
    for (let k = 0; k < some; k++) {
      const to = kernels + (<usize>((first + k) * length) << 2);
      for (let j: usize = 0; j < <usize>length << 2; j += 4) store<f32>(to + j, load<f32>(sums + PACK * j + (<usize>k << 2)));
    }
  }
}

/** A line of each of `count` maps, at most four; zeros up to whole vectors and for maps that are not there. */
function separateMaps(a: usize, concepts: i32, count: i32, lines: usize, stride: usize): void {
  const whole = <usize>((n2 + 3) & ~3) << 2;
  const length = <usize>n2 << 2;
  for (let k = 0; k < PACK; k++) {
    const line = lines + <usize>k * stride;
    if (k >= count) memory.fill(line, 0, whole);
    else for (let i = length; i < whole; i += 4) store<f32>(line + i, 0);
  }
  separate(a, concepts, count, n2, lines, stride);
}

/** Bytes from a padded sample to what tap j of a kernel, its channels side by side, meets at the first point. */
function tapOffset(j: i32): usize {
  const tap = j / channels;
  const row = tap / s2;
  return <usize>(rowStart(row / s1, row % s1) + (tap % s2) + (j % channels) * planeSize()) << 2;
}

/** Adds the inner products of four maps with a sample moved by two taps: sums of the first, then of the second. */
function twoTaps(left: usize, right: usize, maps: usize, map: usize, line: usize, sums: usize, both: bool): void {
  let a0 = zero();
  let a1 = zero();
  let b0 = zero();
  let b1 = zero();
  let c0 = zero();
  let c1 = zero();
  let d0 = zero();
  let d1 = zero();
  let p = maps;
  for (let i0 = 0; i0 < n0; i0++) {
    for (let i1 = 0; i1 < n1; i1++) {
      const at = <usize>rowStart(i0, i1) << 2;
      let l = left + at;
      let r = right + at;
      for (const end = p + line; p < end; p += 16, l += 16, r += 16) {
        const x0 = v128.load(l);
        const x1 = v128.load(r);
        let y = v128.load(p);
        a0 = fma(y, x0, a0);
        a1 = fma(y, x1, a1);
        let q = p + map;
        y = v128.load(q);
        b0 = fma(y, x0, b0);
        b1 = fma(y, x1, b1);
        q += map;
        y = v128.load(q);
        c0 = fma(y, x0, c0);
        c1 = fma(y, x1, c1);
        q += map;
        y = v128.load(q);
        d0 = fma(y, x0, d0);
        d1 = fma(y, x1, d1);
      }
    }
  }
  addTo(sums, a0, b0, c0, d0);
  if (both) addTo(sums + 16, a1, b1, c1, d1);
}

// @ts-expect-error: decorator
@inline
function addTo(sums: usize, a: v128, b: v128, c: v128, d: v128): void {
  store<f32>(sums, load<f32>(sums) + sumLanes(a));
  store<f32>(sums, load<f32>(sums, 4) + sumLanes(b), 4);
  store<f32>(sums, load<f32>(sums, 8) + sumLanes(c), 8);
  store<f32>(sums, load<f32>(sums, 12) + sumLanes(d), 12);
}

/**
 * convEnergies: four maps at a time in scratch memory, of each its energy. kind: 0 all points, 1 the positive ones, 2 the `count`
 * largest. x, kernels, bias, energies, batch, concepts, kind, count.
 */
export function convMapEnergies(block: usize, thread: i32, threads: i32, scratch: usize): void {
  readGeometry(block);
  const x = address(block, 8);
  const kernels = address(block, 9);
  const bias = address(block, 10);
  const energies = address(block, 11);
  const batch = int(block, 12);
  const concepts = int(block, 13);
  const kind = int(block, 14);
  const count = int(block, 15);
  const sample = <usize>(points() * channels) << 2;
  const kernel = <usize>(taps() * channels) << 2;
  const four = scratch + (<usize>paddedSize() << 2);
  const one = four + streamBytes(PACK);
  const maps = one + streamBytes(1);
  const stride = <usize>mapSize() << 2;
  const positions = maps + PACK * stride;
  const rest = positions + (<usize>count << 2);
  prepareStream(four, PACK);
  prepareStream(one, 1);
  const groups = (concepts + GROUP - 1) / GROUP;
  let held = -1;
  for (let item = next(block, 0); item < batch * groups; item = next(block, 0)) {
    const b = item / groups;
    const first = (item - b * groups) * GROUP;
    const last = min(first + GROUP, concepts);
    if (b != held) padPlanes(x + <usize>b * sample, scratch);
    held = b;
    let k = first;
    while (k < last) {
      const some = last - k >= PACK - 1 ? PACK : 1;
      const stream = some == PACK ? four : one;
      for (let j = 0; j < some; j++) {
        const own = min(k + j, last - 1);
        fillStream(stream, some, j, kernels + <usize>own * kernel, load<f32>(bias + (<usize>own << 2)));
      }
      correlatePlanes(scratch, stream, some, maps, stride);
      for (let j = 0; j < some && k < last; j++, k++) {
        const power = powerOf(maps + <usize>j * stride, points(), kind, count, positions, rest);
        if (kind == 2 && power != power) {
          report(block, FOUND_NAN);
          return;
        }
        store<f32>(energies + (<usize>(b * concepts + k) << 2), power / <f32>points());
      }
    }
  }
}

function powerOf(map: usize, n: i32, kind: i32, count: i32, positions: usize, scratch: usize): f32 {
  if (kind == 2) {
    if (!selectLargest(map, n, count, positions, scratch)) return f32.NaN;
    let sum: f32 = 0;
    for (let i: usize = 0; i < <usize>count << 2; i += 4) {
      const value = max<f32>(load<f32>(map + (<usize>load<i32>(positions + i) << 2)), 0);
      sum += value * value;
    }
    return sum;
  }
  const lowest = f32x4.splat(kind == 1 ? 0 : -f32.MAX_VALUE);
  let even = zero();
  let odd = zero();
  let i = 0;
  for (; i + 8 <= n; i += 8, map += 32) {
    const a = f32x4.max(v128.load(map), lowest);
    const b = f32x4.max(v128.load(map, 16), lowest);
    even = fma(a, a, even);
    odd = fma(b, b, odd);
  }
  let sum = sumLanes(f32x4.add(even, odd));
  for (; i < n; i++, map += 4) {
    const value = max<f32>(load<f32>(map), kind == 1 ? 0 : -f32.MAX_VALUE);
    sum += value * value;
  }
  return sum;
}
