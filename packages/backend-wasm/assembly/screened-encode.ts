/**
 * Scalar codes of a dense dictionary with half the arithmetic: products of 16-bit integers bound what each concept can be, and what the bounds
 * leave is computed in floats. The same concepts and values as without.
 */
import { finish, listConcepts, listCount, listSize, listThreshold, listValues, merge } from "./candidates";
import { preCodes } from "./dense-rows";
import { PANEL_ROWS } from "./layout";
import { address, barrier, FOUND_NAN, int, next, participants, report, UNBOUNDED } from "./parallel";
import { selectLargest, selectScratch } from "./select";
import { fma, sumLanes, zero } from "./simd";
import { leftPanels, multiplyBlock, packLeft, packRight, rightPanels } from "./tiles";

/** Panels of x that one thread packs at a time, and that it multiplies at a time. */
const packed: i32 = 8;
const blockPanels: i32 = 12;

/** Rows that one thread finishes at a time. */
const finished: i32 = 8;

/** Half a unit, and what rounding in floats adds to it. */
const half: f32 = 0.51;

/** No norm of integers is larger: then no sum of products exceeds 32 bits. */
const largestNorm: f32 = 46340;

/**
 * The k largest of `relu(x atoms^T + bias)` of each row, as `encodeTopK` has them: x [B, n], atoms [K, n], bias [K] to concepts [B, k], ascending,
 * and values [B, k].
 *
 * Every row of x is s (q + e) with integers q and |e_i| <= 1/2, every atom t (p + f). So <x, a> is within `s t c` of s t <q, p>, where
 * c = |q| |f| + |e| |p| + |e| |f|, by Cauchy and Schwarz; `slack` is c with the rounding of the sums in floats, which makes the bounds hold for what is
 * computed rather than for what is exact. A thread keeps for each row the concepts whose upper bound reaches its k-th largest lower bound; the product in floats
 * of those, some k at the end, decides. Norms of |q| and |p| near 2^15.5 make the bounds 2 sqrt(n) / 2^15.5 of |x| |a| wide at most.
 *
 * B n K multiplications of integers, eight in an instruction, B K of floats for the bounds, 2 B k n at the end; 4 (B n + K n) bytes, x again from cache,
 * half as wide, for every strip, and what the product with chosen atoms reads; 2 K n instead of 4 K n where integers are kept.
 *
 * Reports UNBOUNDED where norms are not finite or too many concepts are within the bounds; nothing is written then that counts.
 *
 * Arguments: x, atoms, bias, concepts, values, packed x, lists; B, n, K, k; width, a multiple of 48; capacity of a list; t [K], s [B]; memory for the packed
 * integers of all strips, or 0 where they are not kept; whether they and t are there already.
 */
export function screenedTopK(block: usize, thread: i32, threads: i32, scratch: usize): void {
  const x = address(block, 0);
  const atoms = address(block, 1);
  const bias = address(block, 2);
  const left = address(block, 5);
  const lists = address(block, 6);
  const rows = int(block, 7);
  const depth = int(block, 8);
  const concepts = int(block, 9);
  const k = int(block, 10);
  const width = int(block, 11);
  const capacity = int(block, 12);
  const atomScales = address(block, 13);
  const rowScales = address(block, 14);
  const kept = address(block, 15);
  const ready = int(block, 16) != 0;
  const size = listSize(capacity);
  const words = (depth + 1) >> 1;
  const c = slack(depth);

  const panels = leftPanels(rows);
  const parts = (panels + packed - 1) / packed;
  let bounded = true;
  for (let part = next(block, 0); part < parts; part = next(block, 0)) {
    const panel = part * packed;
    const from = panel * PANEL_ROWS;
    const count = min(packed * PANEL_ROWS, rows - from);
    if (!quantize(x + ((<usize>from * depth) << 2), count, depth, scratch, rowScales + (<usize>from << 2))) bounded = false;
    packLeft(scratch, words, 1, count, words, 0, leftPanels(count), left + ((<usize>panel * words * PANEL_ROWS) << 2));
  }
  const own = lists + <usize>thread * <usize>rows * size;
  for (let row = 0; row < rows; row++) store<i64>(own + <usize>row * size, 0);
  barrier(block);

  const stripBytes = (<usize>width * words) << 2;
  const integers = scratch;
  const products = integers + 2 * stripBytes;
  const shift = products + ((<usize>(blockPanels * PANEL_ROWS) * width) << 2);
  const rest = shift + (<usize>width << 2);
  const strips = (concepts + width - 1) / width;
  let numbers = true;
  for (let strip = next(block, 1); strip < strips; strip = next(block, 1)) {
    const first = strip * width;
    const count = min(width, concepts - first);
    const columnPanels = rightPanels(count);
    const scales = atomScales + (<usize>first << 2);
    const right = kept != 0 ? kept + <usize>strip * stripBytes : integers + stripBytes;
    if (!ready) {
      if (!quantize(atoms + ((<usize>first * depth) << 2), count, depth, integers, scales)) bounded = false;
      packRight(integers, words, 1, count, words, 0, columnPanels, right);
    }
    memory.copy(shift, bias + (<usize>first << 2), <usize>count << 2);
    for (let panel = 0; panel < panels; panel += blockPanels) {
      const height = min(blockPanels, panels - panel);
      const some = left + ((<usize>panel * words * PANEL_ROWS) << 2);
      multiplyBlock<i32>(some, right, words, products, blockPanels * PANEL_ROWS, width, width, 0, height, 0, columnPanels, false, 0);
      const from = panel * PANEL_ROWS;
      const to = min(from + height * PANEL_ROWS, rows);
      for (let row = from; row < to; row++) {
        const list = own + <usize>row * size;
        const product = products + ((<usize>(row - from) * width) << 2);
        const scale = load<f32>(rowScales + (<usize>row << 2));
        if (!collectUpper(product, scales, shift, count, first, scale, c, list, capacity)) numbers = false;
        if (listCount(list) <= capacity - width) continue;
        cutList(list, capacity, k, atomScales, scale * c, rest);
        if (listCount(list) <= capacity - width) continue;
        store<i32>(list, 0);
        bounded = false;
      }
    }
  }
  if (!bounded) report(block, UNBOUNDED);
  if (!numbers) report(block, FOUND_NAN);
  barrier(block);
  if (!bounded || !numbers) return;

  const all = participants(block);
  const most = all * capacity;
  const found = scratch + (<usize>most << 2);
  const tasks = (rows + finished - 1) / finished;
  for (let task = next(block, 2); task < tasks; task = next(block, 2)) {
    for (let row = task * finished, end = min(rows, (task + 1) * finished); row < end; row++) {
      const list = lists + <usize>row * size;
      const error = load<f32>(rowScales + (<usize>row << 2)) * c;
      for (let t = 0; t < all; t++) cutList(list + <usize>t * <usize>rows * size, capacity, k, atomScales, error, scratch);
      let total = merge(list, <usize>rows * size, all, capacity, scratch);
      if (total > k) {
        const limit = lowerLimit(scratch, found, total, k, atomScales, error, scratch + (<usize>most << 3));
        total = keepReaching(scratch, found, total, limit);
      }
      total = computeExactly(x + ((<usize>row * depth) << 2), atoms, bias, depth, scratch, found, total);
      const target = (<usize>row * k) << 2;
      finish(scratch, total, most, k, address(block, 3) + target, address(block, 4) + target);
    }
  }
}

/**
 * What bounds are off by, in units of the products' scales: 2 |q| |f| + |e| |f| with |e|, |f| <= .51 sqrt(n), and the rounding of a sum of n products
 * of floats, n 2^-24 of |x| |a| at most, and of the bounds.
 */
function slack(depth: i32): f32 {
  const n = <f32>depth;
  return 2 * largestNorm * half * Mathf.sqrt(n) + n * (half * half) + 128 * (n + 16);
}

/**
 * Rows of floats to integers of 16 bits, rows padded to whole pairs, and their scales: row = scale (integers + e), |e| <= 1/2. The norm of the integers is
 * at most 46340. False where a norm is not finite. 5 operations for each entry.
 */
function quantize(source: usize, rows: i32, depth: i32, target: usize, scales: usize): bool {
  const norm = largestNorm - 8 - half * Mathf.sqrt(<f32>depth);
  const magic = f32x4.splat(12582912);
  const offset = i32x4.splat(0x4b400000);
  const stride = <usize>((depth + 1) >> 1) << 2;
  const whole = <usize>(depth & ~7) << 2;
  let finite = true;
  for (let row = 0; row < rows; row++, source += <usize>depth << 2, target += stride, scales += 4) {
    const scale = scaleOf(source, depth, norm);
    store<f32>(scales, scale);
    if (!(scale < Infinity)) finite = false;
    if (!(scale < Infinity) || scale == 0) {
      memory.fill(target, 0, stride);
      continue;
    }
    const inverse = f32x4.splat(1 / scale);
    let q = target;
    let p: usize = 0;
    // The sum with 1.5 2^23 has the nearest integer in its lowest bits.
    for (; p < whole; p += 32, q += 16) {
      const a = i32x4.sub(f32x4.add(f32x4.mul(v128.load(source + p), inverse), magic), offset);
      const b = i32x4.sub(f32x4.add(f32x4.mul(v128.load(source + p, 16), inverse), magic), offset);
      v128.store(q, i16x8.narrow_i32x4_s(a, b));
    }
    for (const end = <usize>depth << 2; p < end; p += 4, q += 2) store<i16>(q, <i16>nearest(load<f32>(source + p) * (1 / scale)));
    if ((depth & 1) != 0) store<i16>(q, 0);
  }
  return finite;
}

/** The scale at which a row's integers have at most this norm and fit 16 bits; 0 for a row of zeros, not finite where the row is not. */
function scaleOf(row: usize, depth: i32, norm: f32): f32 {
  let squares = zero();
  let moreSquares = zero();
  let largest = zero();
  let alsoLargest = zero();
  let p = row;
  for (const end = row + (<usize>(depth & ~7) << 2); p < end; p += 32) {
    const a = v128.load(p);
    const b = v128.load(p, 16);
    squares = fma(a, a, squares);
    moreSquares = fma(b, b, moreSquares);
    largest = f32x4.pmax(largest, f32x4.abs(a));
    alsoLargest = f32x4.pmax(alsoLargest, f32x4.abs(b));
  }
  for (const end = row + (<usize>depth << 2); p < end; p += 4) {
    const v = v128.load32_zero(p);
    squares = fma(v, v, squares);
    largest = f32x4.pmax(largest, f32x4.abs(v));
  }
  largest = f32x4.pmax(largest, alsoLargest);
  largest = f32x4.pmax(largest, v128.shuffle<f32>(largest, largest, 2, 3, 0, 1));
  const peak = max(f32x4.extract_lane(largest, 0), f32x4.extract_lane(largest, 1));
  const power = sumLanes(f32x4.add(squares, moreSquares));
  if (power == 0 && peak == 0) return 0;
  // Squares of tiny numbers are lost.
  const length = power < 1e-30 ? peak * Mathf.sqrt(<f32>depth) : Mathf.sqrt(power);
  return max(max(length / norm, peak / 32766), 1e-36);
}

/** Adds to a list the concepts whose upper bound, `s t (product + c) + bias`, exceeds its threshold. Returns false for NaN. */
function collectUpper(
  product: usize,
  scales: usize,
  bias: usize,
  count: i32,
  first: i32,
  scale: f32,
  c: f32,
  list: usize,
  capacity: i32,
): bool {
  const threshold = f32x4.splat(listThreshold(list));
  const s = f32x4.splat(scale);
  const margin = f32x4.splat(c);
  const begin = listValues(list);
  let value = begin + (<usize>listCount(list) << 2);
  const apart = <usize>capacity << 2;
  let numbers = true;
  for (let column = 0; column < count; column += 8, product += 32, bias += 32, scales += 32) {
    const a = upperBound(product, scales, bias, s, margin);
    const b = upperBound(product + 16, scales + 16, bias + 16, s, margin);
    // NaN is not less or equal either.
    let mask = i32x4.bitmask(f32x4.le(a, threshold)) | (i32x4.bitmask(f32x4.le(b, threshold)) << 4);
    mask ^= 0xff;
    if (count - column < 8) mask &= (1 << (count - column)) - 1;
    while (mask != 0) {
      const i = ctz(mask);
      mask &= mask - 1;
      const at = <usize>i << 2;
      const found = scale * (load<f32>(scales + at) * (<f32>load<i32>(product + at) + c)) + load<f32>(bias + at);
      if (found != found) numbers = false;
      store<f32>(value, found);
      store<i32>(value + apart, first + column + i);
      value += 4;
    }
  }
  store<i32>(list, <i32>((value - begin) >> 2));
  return numbers;
}

// @ts-expect-error: decorator
@inline
function upperBound(product: usize, scales: usize, bias: usize, s: v128, margin: v128): v128 {
  const sum = f32x4.add(f32x4.convert_i32x4_s(v128.load(product)), margin);
  return f32x4.add(f32x4.mul(s, f32x4.mul(v128.load(scales), sum)), v128.load(bias));
}

/** Leaves a list of more than k what may be among its k largest, and raises its threshold. */
function cutList(list: usize, capacity: i32, k: i32, atomScales: usize, error: f32, scratch: usize): void {
  const count = listCount(list);
  if (count <= k) return;
  const values = listValues(list);
  const concepts = listConcepts(list, capacity);
  const limit = lowerLimit(values, concepts, count, k, atomScales, error, scratch);
  store<f32>(list, max(limit, listThreshold(list)), 4);
  store<i32>(list, keepReaching(values, concepts, count, limit));
}

/**
 * The float below the k-th largest lower bound, or 0 where that is not positive: what does not reach it is not among the k largest, nor equal to the
 * last of them.
 */
function lowerLimit(upper: usize, concepts: usize, count: i32, k: i32, atomScales: usize, error: f32, scratch: usize): f32 {
  const places = scratch + (<usize>count << 2);
  for (let i: usize = 0, end = <usize>count << 2; i < end; i += 4) {
    const value = load<f32>(upper + i);
    const scale = load<f32>(atomScales + (<usize>load<i32>(concepts + i) << 2));
    store<f32>(scratch + i, value - 2.0001 * (error * scale) - abs(value) * 1e-6);
  }
  // Among NaN nothing is worth selecting: the caller fails.
  if (!selectLargest(scratch, count, k, places, places + (<usize>(k + 4) << 2))) return 0;
  let limit: f32 = Infinity;
  for (let i: usize = 0, end = <usize>k << 2; i < end; i += 4) {
    limit = min(limit, load<f32>(scratch + (<usize>load<i32>(places + i) << 2)));
  }
  return limit > 0 ? reinterpret<f32>(reinterpret<i32>(limit) - 1) : 0;
}

/** Moves together the candidates whose upper bound reaches a limit; returns how many there are. */
function keepReaching(values: usize, concepts: usize, count: i32, limit: f32): i32 {
  let kept: usize = 0;
  for (let i: usize = 0, end = <usize>count << 2; i < end; i += 4) {
    const value = load<f32>(values + i);
    if (value < limit) continue;
    store<f32>(values + kept, value);
    store<i32>(concepts + kept, load<i32>(concepts + i));
    kept += 4;
  }
  return <i32>(kept >> 2);
}

/** Puts the values of candidates in place of their bounds, and leaves out what is not positive; returns how many remain. */
function computeExactly(x: usize, atoms: usize, bias: usize, depth: i32, values: usize, concepts: usize, count: i32): i32 {
  preCodes(x, atoms, bias, depth, concepts, count, values);
  let kept: usize = 0;
  for (let i: usize = 0, end = <usize>count << 2; i < end; i += 4) {
    const value = load<f32>(values + i);
    if (!(value > 0)) continue;
    store<f32>(values + kept, value);
    store<i32>(concepts + kept, load<i32>(concepts + i));
    kept += 4;
  }
  return <i32>(kept >> 2);
}

/** Bytes of scratch that each thread needs. */
export function screenedScratch(depth: i32, k: i32, width: i32, capacity: i32, threads: i32): usize {
  const words = (depth + 1) >> 1;
  const strip = <usize>(width * (2 * words + blockPanels * PANEL_ROWS + 1)) << 2;
  const packing = <usize>(packed * PANEL_ROWS * words) << 2;
  const cutting = (<usize>(capacity + k + 4) << 2) + selectScratch(capacity, k);
  const most = threads * capacity;
  const merging = (<usize>(3 * most + threads + k + 4) << 2) + selectScratch(most, k);
  return max(max(strip + cutting, packing), max(merging, cutting));
}
