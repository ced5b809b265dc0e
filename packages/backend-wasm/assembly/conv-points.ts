/**
 * A conv dictionary at kept points: nothing here touches a map that was not chosen, nor a point that was not kept, but to choose it.
 * The first eight arguments are the geometry (padding.ts), then the addresses in order.
 */
import { correlatePlanes, fillStream, mapSize, PACK, prepareStream, streamBytes } from "./correlation";
import {
  channels,
  foldRows,
  paddedSize,
  padPlanes,
  padRows,
  patchStart,
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
import { addRowsOfPairs, wide } from "./wide-imports";

/** Bytes of scratch for one thread, for any of these operations. Not a kernel. */
export function convPointsScratch(
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
  const maps = streamBytes(PACK) + streamBytes(1) + (<usize>(PACK * mapSize()) << 2) + selectScratch(points(), kept);
  return (<usize>paddedSize() << 2) + max(maps, <usize>(s0 * s1) * kernelRow()) + 256;
}

/** Bytes of a kernel's row of taps with its channels side by side, filled up to whole vectors. */
function kernelRow(): usize {
  return <usize>((s2 * channels + 3) & ~3) << 2;
}

/**
 * encodeConvPoints: four of a sample's chosen maps at a time, in scratch memory; of each the largest points, rectified.
 * x, kernels, bias, concepts, values, positions, batch, chosen, count. 2 B k |N| |s| C operations.
 */
export function convEncodedPoints(block: usize, thread: i32, threads: i32, scratch: usize): void {
  readGeometry(block);
  const x = address(block, 8);
  const kernels = address(block, 9);
  const bias = address(block, 10);
  const concepts = address(block, 11);
  const batch = int(block, 14);
  const chosen = int(block, 15);
  const count = int(block, 16);
  const sample = <usize>(points() * channels) << 2;
  const kernel = <usize>(taps() * channels) << 2;
  const four = scratch + (<usize>paddedSize() << 2);
  const one = four + streamBytes(PACK);
  const maps = one + streamBytes(1);
  const stride = <usize>mapSize() << 2;
  const rest = maps + PACK * stride;
  prepareStream(four, PACK);
  prepareStream(one, 1);
  const packs = (chosen + PACK - 1) / PACK;
  let held = -1;
  for (let item = next(block, 0); item < batch * packs; item = next(block, 0)) {
    const b = item / packs;
    const first = (item - b * packs) * PACK;
    const last = min(first + PACK, chosen);
    if (b != held) padPlanes(x + <usize>b * sample, scratch);
    held = b;
    let j = first;
    while (j < last) {
      const some = last - j >= PACK - 1 ? PACK : 1;
      const stream = some == PACK ? four : one;
      for (let lane = 0; lane < some; lane++) {
        const k = load<i32>(concepts + (<usize>(b * chosen + min(j + lane, last - 1)) << 2));
        fillStream(stream, some, lane, kernels + <usize>k * kernel, load<f32>(bias + (<usize>k << 2)));
      }
      correlatePlanes(scratch, stream, some, maps, stride);
      for (let lane = 0; lane < some && j < last; lane++, j++) {
        const map = maps + <usize>lane * stride;
        const to = <usize>((b * chosen + j) * count) << 2;
        const values = address(block, 12) + to;
        const positions = address(block, 13) + to;
        if (!selectLargest(map, points(), count, positions, rest)) {
          report(block, FOUND_NAN);
          return;
        }
        for (let i: usize = 0; i < <usize>count << 2; i += 4) {
          store<f32>(values + i, max<f32>(load<f32>(map + (<usize>load<i32>(positions + i) << 2)), 0));
        }
      }
    }
  }
}

/**
 * decodeConvPoints: of every sample one padded copy, to which each kept point adds its value times the kernel; then the border is
 * folded back. values, positions, kernels, concepts, x, batch, chosen, count. 2 B k s |s| C operations, 8 bytes from cache for each.
 */
export function convDecodedPoints(block: usize, thread: i32, threads: i32, scratch: usize): void {
  readGeometry(block);
  const values = address(block, 8);
  const positions = address(block, 9);
  const kernels = address(block, 10);
  const concepts = address(block, 11);
  const x = address(block, 12);
  const batch = int(block, 13);
  const chosen = int(block, 14);
  const count = int(block, 15);
  const size = <usize>paddedSize() << 2;
  const kernel = scratch + size;
  for (let b = next(block, 0); b < batch; b = next(block, 0)) {
    memory.fill(scratch, 0, size);
    for (let use = b * chosen; use < (b + 1) * chosen; use++) {
      fillRows(kernels, load<i32>(concepts + (<usize>use << 2)), kernel);
      const from = <usize>(use * count) << 2;
      for (let i: usize = 0; i < <usize>count << 2; i += 4) {
        const value = load<f32>(values + from + i);
        // Nothing is active there.
        if (value == 0) continue;
        addPatch(scratch + patchStart(load<i32>(positions + from + i)), kernel, value);
      }
    }
    foldRows(scratch, x + (<usize>(b * points() * channels) << 2));
  }
}

/** A kernel `[...s, C]` row by row, zeros after each. */
function fillRows(kernels: usize, k: i32, to: usize): void {
  const whole = <usize>(s2 * channels) << 2;
  const row = kernelRow();
  let from = kernels + <usize>(k * s0 * s1) * whole;
  for (const end = to + <usize>(s0 * s1) * row; to < end; to += row, from += whole) {
    v128.store(to + row - 16, zero());
    for (let i: usize = 0; i < whole; i += 4) store<f32>(to + i, load<f32>(from + i));
  }
}

/** The patch of a padded sample plus a value times a kernel. */
function addPatch(patch: usize, kernel: usize, value: f32): void {
  const row = kernelRow();
  const line = <usize>(rowStart(0, 1) * channels) << 2;
  const layer = <usize>(rowStart(1, 0) * channels) << 2;
  for (let j0 = 0; j0 < s0; j0++, patch += layer, kernel += <usize>s1 * row) addRows(patch, line, kernel, row, row, value);
}

/** Adds to `s1` rows of `bytes`, `toStep` apart, a value times others, `step` apart. */
function addRows(to: usize, toStep: usize, from: usize, step: usize, bytes: usize, value: f32): void {
  if (wide) return addRowsOfPairs(to, toStep, from, step, s1, bytes, value);
  const v = f32x4.splat(value);
  for (let j1 = 0; j1 < s1; j1++, to += toStep, from += step) {
    for (let i: usize = 0; i < bytes; i += 16) v128.store(to + i, fma(v, v128.load(from + i), v128.load(to + i)));
  }
}

/**
 * sampleConvPoints: at each kept point the inner product of the patch of the sample with the kernel.
 * x, kernels, positions, concepts, values, batch, chosen, count. 2 B k s |s| C operations, 4 bytes from cache for each.
 */
export function convSampledPoints(block: usize, thread: i32, threads: i32, scratch: usize): void {
  readGeometry(block);
  const x = address(block, 8);
  const kernels = address(block, 9);
  const positions = address(block, 10);
  const concepts = address(block, 11);
  const values = address(block, 12);
  const batch = int(block, 13);
  const chosen = int(block, 14);
  const count = int(block, 15);
  const kernel = scratch + (<usize>paddedSize() << 2);
  for (let b = next(block, 0); b < batch; b = next(block, 0)) {
    padRows(x + (<usize>(b * points() * channels) << 2), scratch);
    for (let use = b * chosen; use < (b + 1) * chosen; use++) {
      fillRows(kernels, load<i32>(concepts + (<usize>use << 2)), kernel);
      const at = <usize>(use * count) << 2;
      for (let i: usize = 0; i < <usize>count << 2; i += 4) {
        store<f32>(values + at + i, patchProduct(scratch + patchStart(load<i32>(positions + at + i)), kernel));
      }
    }
  }
}

function patchProduct(patch: usize, kernel: usize): f32 {
  const row = kernelRow();
  const line = <usize>(rowStart(0, 1) * channels) << 2;
  const layer = <usize>(rowStart(1, 0) * channels) << 2;
  let sum = zero();
  for (let j0 = 0; j0 < s0; j0++, patch += layer) {
    let p = patch;
    for (let j1 = 0; j1 < s1; j1++, p += line, kernel += row) {
      for (let i: usize = 0; i < row; i += 16) sum = fma(v128.load(p + i), v128.load(kernel + i), sum);
    }
  }
  return sumLanes(sum);
}

/**
 * accumulateConvPoints: for one concept after the other the patches at its kept points times their values, in the order of samples:
 * the same for any number of threads. x, values, positions, concepts, kernels, batch, chosen, count, concept count, memory for all
 * samples padded. 2 B k s |s| C operations, 8 bytes from cache for each.
 */
export function convAccumulatedPoints(block: usize, thread: i32, threads: i32, scratch: usize): void {
  readGeometry(block);
  const x = address(block, 8);
  const values = address(block, 9);
  const positions = address(block, 10);
  const concepts = address(block, 11);
  const kernels = address(block, 12);
  const batch = int(block, 13);
  const chosen = int(block, 14);
  const count = int(block, 15);
  const conceptCount = int(block, 16);
  const padded = address(block, 17);
  const size = <usize>paddedSize() << 2;
  const sample = <usize>(points() * channels) << 2;
  for (let b = next(block, 0); b < batch; b = next(block, 0)) padRows(x + <usize>b * sample, padded + <usize>b * size);
  barrier(block);

  const row = kernelRow();
  const whole = <usize>(s2 * channels) << 2;
  for (let k = next(block, 1); k < conceptCount; k = next(block, 1)) {
    memory.fill(scratch, 0, <usize>(s0 * s1) * row);
    for (let use = 0; use < batch * chosen; use++) {
      if (load<i32>(concepts + (<usize>use << 2)) != k) continue;
      const from = padded + <usize>(use / chosen) * size;
      const at = <usize>(use * count) << 2;
      for (let i: usize = 0; i < <usize>count << 2; i += 4) {
        const value = load<f32>(values + at + i);
        if (value == 0) continue;
        gatherPatch(scratch, from + patchStart(load<i32>(positions + at + i)), value);
      }
    }
    const to = kernels + <usize>(k * s0 * s1) * whole;
    for (let j: usize = 0; j < <usize>(s0 * s1); j++) memory.copy(to + j * whole, scratch + j * row, whole);
  }
}

/** A kernel plus a value times the patch of a padded sample. */
function gatherPatch(kernel: usize, patch: usize, value: f32): void {
  const row = kernelRow();
  const line = <usize>(rowStart(0, 1) * channels) << 2;
  const layer = <usize>(rowStart(1, 0) * channels) << 2;
  for (let j0 = 0; j0 < s0; j0++, patch += layer, kernel += <usize>s1 * row) addRows(kernel, row, patch, line, row, value);
}
