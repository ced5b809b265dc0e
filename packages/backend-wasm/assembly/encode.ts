/** Scalar codes of a dense dictionary: a matrix product whose result is never stored, only the largest of each row. */
import { finish, listConcepts, listCount, listSize, listThreshold, listValues, merge } from "./candidates";
import { preCodes } from "./dense-rows";
import { PANEL_ROWS } from "./layout";
import { address, barrier, FOUND_NAN, int, next, report, participants } from "./parallel";
import { selectLargest, selectScratch } from "./select";
import { leftPanels, multiplyBlock, packLeft, packRight, rightPanels } from "./tiles";

/** Panels of x that one thread packs at a time, and that it multiplies at a time: packed, they stay in its second-level cache. */
const packed: i32 = 8;
const blockPanels: i32 = 12;

/** Rows that one thread finishes at a time. */
const finished: i32 = 8;

/**
 * The k largest of `relu(x atoms^T + bias)` of each row: x [B, n], atoms [K, n], bias [K] to concepts [B, k], ascending, and values [B, k].
 *
 * Threads take strips of `width` concepts, in ascending order, pack them once, and multiply them by all of x, packed once for all;
 * each keeps for each row a list of candidates: whatever exceeds its threshold, which is 0 until the list is first cut back to
 * its k largest, then the smallest of those. At the end the lists of a row are merged. 2 B n K operations for the product and B K for the
 * comparison; 4 (3 B n + 3 K n + 2 B k) bytes, x again from cache for every strip, and threads times B times a few k for the lists.
 *
 * Arguments: x, atoms, bias, concepts, values, packed x, lists; B, n, K, k; width, a multiple of 48; capacity of a list, at least
 * k + width; whether what is kept gets the values that `screenedTopK` gives it, which has another order of sums.
 */
export function encodeTopK(block: usize, thread: i32, threads: i32, scratch: usize): void {
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
  const again = int(block, 13) != 0;
  const size = listSize(capacity);

  const panels = leftPanels(rows);
  const parts = (panels + packed - 1) / packed;
  for (let part = next(block, 0); part < parts; part = next(block, 0)) {
    packLeft(x, depth, 1, rows, depth, part * packed, min((part + 1) * packed, panels), left);
  }
  const own = lists + <usize>thread * <usize>rows * size;
  for (let row = 0; row < rows; row++) store<i64>(own + <usize>row * size, 0);
  barrier(block);

  const right = scratch;
  const products = right + ((<usize>width * depth) << 2);
  const shift = products + ((<usize>(blockPanels * PANEL_ROWS) * width) << 2);
  const rest = shift + (<usize>width << 2);
  const strips = (concepts + width - 1) / width;
  let numbers = true;
  for (let strip = next(block, 1); strip < strips; strip = next(block, 1)) {
    const first = strip * width;
    const count = min(width, concepts - first);
    const columnPanels = rightPanels(count);
    packRight(atoms + ((<usize>first * depth) << 2), depth, 1, count, depth, 0, columnPanels, right);
    memory.copy(shift, bias + (<usize>first << 2), <usize>count << 2);
    for (let panel = 0; panel < panels; panel += blockPanels) {
      const height = min(blockPanels, panels - panel);
      const some = left + ((<usize>panel * depth * PANEL_ROWS) << 2);
      multiplyBlock<f32>(some, right, depth, products, blockPanels * PANEL_ROWS, width, width, 0, height, 0, columnPanels, false, 0);
      const from = panel * PANEL_ROWS;
      const to = min(from + height * PANEL_ROWS, rows);
      for (let row = from; row < to; row++) {
        const list = own + <usize>row * size;
        const product = products + ((<usize>(row - from) * width) << 2);
        if (!collect(product, shift, count, first, list, capacity)) numbers = false;
        if (listCount(list) > capacity - width) cutBack(list, capacity, k, rest);
      }
    }
  }
  if (!numbers) report(block, FOUND_NAN);
  barrier(block);

  const all = participants(block);
  const tasks = (rows + finished - 1) / finished;
  for (let task = next(block, 2); task < tasks; task = next(block, 2)) {
    for (let row = task * finished, end = min(rows, (task + 1) * finished); row < end; row++) {
      const target = (<usize>row * k) << 2;
      const list = lists + <usize>row * size;
      const total = merge(list, <usize>rows * size, all, capacity, scratch);
      finish(scratch, total, all * capacity, k, address(block, 3) + target, address(block, 4) + target);
      if (!again) continue;
      preCodes(x + ((<usize>row * depth) << 2), atoms, bias, depth, address(block, 3) + target, k, scratch);
      for (let j: usize = 0, last = <usize>k << 2; j < last; j += 4) {
        const value = address(block, 4) + target + j;
        if (load<f32>(value) > 0) store<f32>(value, max(0, load<f32>(scratch + j)));
      }
    }
  }
}

/** Adds to a list what of a row of products, plus bias, exceeds its threshold. Returns false for NaN. */
function collect(product: usize, bias: usize, count: i32, first: i32, list: usize, capacity: i32): bool {
  const threshold = f32x4.splat(listThreshold(list));
  const kept = listCount(list);
  const begin = listValues(list);
  let value = begin + (<usize>kept << 2);
  const apart = <usize>capacity << 2;
  let numbers = true;
  for (let column = 0; column < count; column += 16, product += 64, bias += 64) {
    // NaN is not less or equal either.
    const a = f32x4.le(f32x4.add(v128.load(product), v128.load(bias)), threshold);
    const b = f32x4.le(f32x4.add(v128.load(product, 16), v128.load(bias, 16)), threshold);
    const c = f32x4.le(f32x4.add(v128.load(product, 32), v128.load(bias, 32)), threshold);
    const d = f32x4.le(f32x4.add(v128.load(product, 48), v128.load(bias, 48)), threshold);
    const low = i16x8.narrow_i32x4_s(a, b);
    const high = i16x8.narrow_i32x4_s(c, d);
    let mask = i8x16.bitmask(i8x16.narrow_i16x8_s(low, high)) ^ 0xffff;
    if (count - column < 16) mask &= (1 << (count - column)) - 1;
    while (mask != 0) {
      const i = ctz(mask);
      mask &= mask - 1;
      const found = load<f32>(product + (<usize>i << 2)) + load<f32>(bias + (<usize>i << 2));
      if (found != found) numbers = false;
      store<f32>(value, found);
      store<i32>(value + apart, first + column + i);
      value += 4;
    }
  }
  store<i32>(list, <i32>((value - begin) >> 2));
  return numbers;
}

/** Leaves a list its k largest; the smallest of them is the threshold: what comes later and is equal has a higher index. */
function cutBack(list: usize, capacity: i32, k: i32, scratch: usize): void {
  const values = listValues(list);
  const concepts = listConcepts(list, capacity);
  const places = scratch;
  // Among NaN nothing is worth selecting: the caller fails.
  if (!selectLargest(values, listCount(list), k, places, scratch + (<usize>(k + 4) << 2))) {
    store<i32>(list, 0);
    return;
  }
  let threshold: f32 = Infinity;
  for (let i: usize = 0, end = <usize>k << 2; i < end; i += 4) {
    const place = <usize>load<i32>(places + i) << 2;
    const value = load<f32>(values + place);
    threshold = min(threshold, value);
    store<f32>(values + i, value);
    store<i32>(concepts + i, load<i32>(concepts + place));
  }
  store<i32>(list, k);
  store<f32>(list, threshold, 4);
}

/** Bytes of scratch that each thread needs. */
export function encodeScratch(depth: i32, k: i32, width: i32, capacity: i32, threads: i32): usize {
  const strip = <usize>(width * (depth + blockPanels * PANEL_ROWS + 1)) << 2;
  const cutting = (<usize>(k + 4) << 2) + selectScratch(capacity, k);
  const merging = (<usize>(threads * (2 * capacity + 1)) << 2) + selectScratch(threads * capacity, k);
  return max(strip + cutting, merging);
}
