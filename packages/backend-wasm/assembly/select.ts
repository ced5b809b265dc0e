/**
 * Exact selection of the k largest of n float32. The bits of positive floats order as integers, so nothing is converted:
 * a lower bound of the k-th largest comes from the maxima of strided groups (each is an entry, so the k-th largest of them is
 * no larger than the k-th largest of all), the few entries above it are collected with their indices, and bisection on integer
 * bits among those finds the threshold. Where fewer than k are positive the same runs on keys that order all floats.
 *
 * Operations: about 3 n / 4 vector operations, 2 n / 4 of them in the scan that collects; bytes: 8 n.
 */
import { address, FOUND_NAN, int, next, report } from "./parallel";
import { maxLanes, zero } from "./simd";

/** Bits of a NaN are larger than these, as signed integers and as unsigned ones. */
const INFINITY_BITS: i32 = 0x7f800000;
const NEGATIVE_INFINITY_BITS: i32 = 0xff800000;

/** Bytes of scratch that selectLargest needs. */
export function selectScratch(n: i32, k: i32): usize {
  return (<usize>(3 * (n + 32) + 4 * (k + 4)) << 2);
}

/**
 * Writes the indices of the k largest of values[0 .. n), ascending, 0 < k <= n; of equal values the lower index.
 * Returns false if one is NaN: then nothing is written.
 */
export function selectLargest(values: usize, n: i32, k: i32, indices: usize, scratch: usize): bool {
  const keys = scratch;
  const rest = scratch + (<usize>(n + 32) << 2);
  const vectors = (n + 3) >> 2;
  let source = values;
  if ((n & 3) != 0) {
    memory.copy(keys, values, <usize>n << 2);
    // -0: the lowest key of all, and not positive.
    v128.store(keys + (<usize>n << 2), i32x4.splat(i32.MIN_VALUE));
    source = keys;
  }
  const found = selectKeys(source, vectors, k, 1, indices, rest, true);
  if (found < 0) return false;
  if (found == k) return true;
  // Fewer than k are positive.
  for (let i: usize = 0, end = <usize>vectors << 4; i < end; i += 16) {
    // x + 0 makes -0 equal to 0, except in the padding, which is left out.
    const bits = f32x4.add(v128.load(source + i), f32x4.splat(0));
    const flip = v128.and(i32x4.shr_s(bits, 31), i32x4.splat(i32.MAX_VALUE));
    v128.store(keys + i, v128.xor(bits, flip));
  }
  if ((n & 3) != 0) {
    for (let i = n; i < vectors << 2; i++) store<i32>(keys + (<usize>i << 2), i32.MIN_VALUE);
  }
  selectKeys(keys, vectors, k, i32.MIN_VALUE, indices, rest, false);
  return true;
}

/**
 * The k largest integer keys that are at least `lowest`, of `vectors` vectors of four: writes their indices, ascending, and
 * returns k; or returns how many there are where they are fewer; or -1 where `floats` and one is NaN.
 */
function selectKeys(
  keys: usize,
  vectors: i32,
  k: i32,
  lowest: i32,
  indices: usize,
  scratch: usize,
  floats: bool,
): i32 {
  const maxima = scratch;
  const candidates = scratch + (<usize>(4 * (k + 4)) << 2);
  const places = candidates + (<usize>((vectors << 2) + 16) << 2);

  let bound: i32;
  if (vectors >= 3 * k) {
    groupMaxima(keys, vectors, k, maxima);
    bound = lowerBound(maxima, k, k, lowest, k >> 3);
  } else {
    bound = lowerBound(keys, vectors, k, lowest, k >> 3);
  }

  const count = listAbove(keys, vectors, bound, candidates, places, floats);
  if (count < 0) return -1;
  let largest = i32x4.splat(i32.MIN_VALUE);
  v128.store(candidates + (<usize>count << 2), largest);
  const filled = (count + 3) >> 2;
  for (let i: usize = 0, end = <usize>filled << 4; i < end; i += 16) {
    largest = i32x4.max_s(largest, v128.load(candidates + i));
  }
  if (floats && maxLanes(largest) > INFINITY_BITS) return -1;
  if (count < k) return count;
  if (count == k) {
    memory.copy(indices, places, <usize>k << 2);
    return k;
  }

  // The threshold: at least k candidates reach it, fewer than k exceed it.
  let threshold: i64 = bound;
  let reaching = count;
  let above: i64 = <i64>maxLanes(largest) + 1;
  let exceeding = 0;
  while (above - threshold > 1 && reaching != k) {
    const middle = (threshold + above) >> 1;
    const reached = countAbove(candidates, filled, <i32>(middle - 1));
    if (reached >= k) {
      threshold = middle;
      reaching = reached;
    } else {
      above = middle;
      exceeding = reached;
    }
  }
  const limit = <i32>threshold;
  // Where nothing is equal to the threshold but what is kept, no branch has to be guessed.
  let ties = reaching == k ? k : k - exceeding;
  let kept: usize = 0;
  for (let i: usize = 0; kept < <usize>k << 2; i += 4) {
    const key = load<i32>(candidates + i);
    store<i32>(indices + kept, load<i32>(places + i));
    if (reaching == k) {
      kept += <usize>(key >= limit) << 2;
    } else if (key > limit || (key == limit && ties-- > 0)) {
      kept += 4;
    }
  }
  return k;
}

/**
 * The keys that are at least `bound`, and their indices, ascending; returns how many there are, or -1 where `floats` and one is a NaN with a sign. Whether a key is one of
 * them cannot be guessed, so the bits of 64 comparisons are gathered before one of them is looked at.
 */
function listAbove(keys: usize, vectors: i32, bound: i32, candidates: usize, places: usize, floats: bool): i32 {
  let most = zero();
  // Below the lowest integer there is nothing to compare with.
  const all = bound == i32.MIN_VALUE;
  const below = i32x4.splat(all ? bound : bound - 1);
  let at: usize = 0;
  let p = keys;
  for (let v = 0; v < vectors; ) {
    const first = v << 2;
    let bits: u64 = 0;
    let shift: u64 = 0;
    for (const end = min(v + 16, vectors & ~3); v < end; v += 4, p += 64, shift += 16) {
      const a = v128.load(p);
      const b = v128.load(p, 16);
      const c = v128.load(p, 32);
      const d = v128.load(p, 48);
      most = i32x4.max_u(most, i32x4.max_u(i32x4.max_u(a, b), i32x4.max_u(c, d)));
      const low = i16x8.narrow_i32x4_s(i32x4.gt_s(a, below), i32x4.gt_s(b, below));
      const high = i16x8.narrow_i32x4_s(i32x4.gt_s(c, below), i32x4.gt_s(d, below));
      bits |= <u64>i8x16.bitmask(i8x16.narrow_i16x8_s(low, high)) << shift;
    }
    for (const end = min(vectors, (first >> 2) + 16); v < end; v++, p += 16, shift += 4) {
      const a = v128.load(p);
      most = i32x4.max_u(most, a);
      bits |= <u64>i32x4.bitmask(i32x4.gt_s(a, below)) << shift;
    }
    if (all) bits = u64.MAX_VALUE >> (64 - shift);
    for (; bits != 0; bits &= bits - 1, at += 4) {
      const index = first + <i32>ctz(bits);
      store<i32>(places + at, index);
      store<i32>(candidates + at, load<i32>(keys + (<usize>index << 2)));
    }
  }
  return floats && v128.any_true(i32x4.gt_u(most, i32x4.splat(NEGATIVE_INFINITY_BITS))) ? -1 : <i32>(at >> 2);
}

/** Lane by lane the maxima over vectors i, i + groups, i + 2 groups ..; the last, incomplete round is left out. */
function groupMaxima(keys: usize, vectors: i32, groups: i32, maxima: usize): void {
  const step = <usize>groups << 4;
  const end = keys + (<usize>(vectors - (vectors % groups)) << 4);
  let g = 0;
  for (; g + 4 <= groups; g += 4) {
    let p = keys + (<usize>g << 4);
    let a = v128.load(p);
    let b = v128.load(p, 16);
    let c = v128.load(p, 32);
    let d = v128.load(p, 48);
    for (p += step; p < end; p += step) {
      a = i32x4.max_s(a, v128.load(p));
      b = i32x4.max_s(b, v128.load(p, 16));
      c = i32x4.max_s(c, v128.load(p, 32));
      d = i32x4.max_s(d, v128.load(p, 48));
    }
    const to = maxima + (<usize>g << 4);
    v128.store(to, a);
    v128.store(to, b, 16);
    v128.store(to, c, 32);
    v128.store(to, d, 48);
  }
  for (; g < groups; g++) {
    let p = keys + (<usize>g << 4);
    let a = v128.load(p);
    for (p += step; p < end; p += step) a = i32x4.max_s(a, v128.load(p));
    v128.store(maxima + (<usize>g << 4), a);
  }
}

/** A bound that at least k keys reach, and at most k + slack if that is soon found; `lowest` where fewer than k reach more. */
function lowerBound(keys: usize, vectors: i32, k: i32, lowest: i32, slack: i32): i32 {
  let largest = v128.load(keys);
  for (let i: usize = 16, end = <usize>vectors << 4; i < end; i += 16) {
    largest = i32x4.max_s(largest, v128.load(keys + i));
  }
  let bound: i64 = lowest;
  let above: i64 = <i64>maxLanes(largest) + 1;
  // Nearly always the k-th largest is within a factor of 16 of the largest.
  let middle = above - (4 << 23);
  if (middle <= bound) middle = (bound + above) >> 1;
  while (above - bound > 1) {
    const reached = countAbove(keys, vectors, <i32>(middle - 1));
    if (reached >= k) {
      bound = middle;
      if (reached <= k + slack) break;
    } else {
      above = middle;
    }
    middle = (bound + above) >> 1;
  }
  return <i32>bound;
}

/** How many keys are larger than `limit`. */
function countAbove(keys: usize, vectors: i32, limit: i32): i32 {
  const below = i32x4.splat(limit);
  let a = zero();
  let b = zero();
  let p = keys;
  const end = keys + (<usize>(vectors & ~1) << 4);
  for (; p < end; p += 32) {
    a = i32x4.sub(a, i32x4.gt_s(v128.load(p), below));
    b = i32x4.sub(b, i32x4.gt_s(v128.load(p, 16), below));
  }
  if ((vectors & 1) != 0) a = i32x4.sub(a, i32x4.gt_s(v128.load(p), below));
  a = i32x4.add(a, b);
  a = i32x4.add(a, v128.shuffle<i32>(a, a, 2, 3, 0, 1));
  return i32x4.extract_lane(a, 0) + i32x4.extract_lane(a, 1);
}

/**
 * separatePoints. maps, positions, rows, count, the sizes of three axes and the separation on each (axes that are missing have size 1).
 * Scratch: a map, padded. Operations: about 2 count |N| of a map; bytes: 4 rows (|N| + count).
 */
export function separatedPoints(block: usize, thread: i32, threads: i32, scratch: usize): void {
  const rows = int(block, 2);
  const count = int(block, 3);
  const points = int(block, 4) * int(block, 5) * int(block, 6);
  const axes = block + 16;
  for (let i = next(block, 0); i < rows; i = next(block, 0)) {
    const map = address(block, 0) + (<usize>(i * points) << 2);
    const positions = address(block, 1) + (<usize>(i * count) << 2);
    if (!selectSeparate(map, points, count, axes, positions, scratch)) {
      report(block, FOUND_NAN);
      return;
    }
  }
}

/**
 * The positions, ascending, of the largest points of a map that are apart; false where one is NaN. `axes` are three sizes and the separation
 * on each; scratch holds a map, padded.
 */
export function selectSeparate(map: usize, points: i32, count: i32, axes: usize, positions: usize, scratch: usize): bool {
  if (!copyFinite(map, points, scratch)) return false;
  let isApart = true;
  for (let n = 0; n < count; n++) {
    let best = isApart ? firstLargest(scratch, points) : -1;
    if (isApart && best < 0) {
      // None is left that is apart: what is not taken yet.
      isApart = false;
      copyFinite(map, points, scratch);
      for (let m = 0; m < n; m++) {
        store<f32>(scratch + (<usize>load<i32>(positions + (<usize>m << 2)) << 2), -f32.POSITIVE_INFINITY);
      }
    }
    if (!isApart) {
      best = firstLargest(scratch, points);
      store<f32>(scratch + (<usize>best << 2), -f32.POSITIVE_INFINITY);
    } else {
      leaveOutNear(axes, scratch, best);
    }
    insert(positions, n, best);
  }
  return true;
}

/** Values without infinities, the end padded with what is never taken; false where one is NaN. */
function copyFinite(from: usize, n: i32, to: usize): bool {
  const most = f32x4.splat(f32.MAX_VALUE);
  const least = f32x4.splat(-f32.MAX_VALUE);
  let nan = zero();
  memory.copy(to, from, <usize>n << 2);
  v128.store(to + (<usize>n << 2), f32x4.splat(-f32.MAX_VALUE));
  for (let w: usize = 0, end = <usize>((n + 3) >> 2) << 4; w < end; w += 16) {
    const a = v128.load(to + w);
    nan = v128.or(nan, f32x4.ne(a, a));
    v128.store(to + w, f32x4.min(most, f32x4.max(least, a)));
  }
  v128.store(to + (<usize>n << 2), f32x4.splat(-f32.POSITIVE_INFINITY));
  return !v128.any_true(nan);
}

/** The first index of the largest of n values, or -1 where all are minus infinity. */
function firstLargest(values: usize, n: i32): i32 {
  let best = f32x4.splat(-f32.POSITIVE_INFINITY);
  const end = <usize>((n + 3) >> 2) << 4;
  for (let w: usize = 0; w < end; w += 16) best = f32x4.pmax(best, v128.load(values + w));
  best = f32x4.pmax(best, v128.shuffle<f32>(best, best, 2, 3, 0, 1));
  best = f32x4.pmax(best, v128.shuffle<f32>(best, best, 1, 0, 3, 2));
  if (f32x4.extract_lane(best, 0) == -f32.POSITIVE_INFINITY) return -1;
  for (let w: usize = 0; w < end; w += 16) {
    const mask = i32x4.bitmask(f32x4.eq(v128.load(values + w), best));
    if (mask != 0) return (<i32>(w >> 2)) + ctz(mask);
  }
  return -1;
}

/** Sets to minus infinity what is within the separation of a point, on the torus. */
function leaveOutNear(axes: usize, values: usize, point: i32): void {
  const height = load<i32>(axes, 4);
  const width = load<i32>(axes, 8);
  const z = point / (height * width);
  const y = (point / width) % height;
  const x = point % width;
  const reachZ = min(load<i32>(axes, 12), load<i32>(axes) >> 1);
  const reachY = min(load<i32>(axes, 16), height >> 1);
  const reachX = min(load<i32>(axes, 20), width >> 1);
  for (let c = z - reachZ; c <= z + reachZ; c++) {
    const plane = ((c + load<i32>(axes)) % load<i32>(axes)) * height;
    for (let b = y - reachY; b <= y + reachY; b++) {
      const line = (plane + ((b + height) % height)) * width;
      for (let a = x - reachX; a <= x + reachX; a++) {
        store<f32>(values + (<usize>(line + ((a + width) % width)) << 2), -f32.POSITIVE_INFINITY);
      }
    }
  }
}

/** Puts an index in its place among `count` ascending ones. */
function insert(indices: usize, count: i32, index: i32): void {
  let at = count;
  while (at > 0 && load<i32>(indices + (<usize>(at - 1) << 2)) > index) {
    store<i32>(indices + (<usize>at << 2), load<i32>(indices + (<usize>(at - 1) << 2)));
    at--;
  }
  store<i32>(indices + (<usize>at << 2), index);
}
