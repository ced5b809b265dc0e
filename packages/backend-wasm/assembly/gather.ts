/** Entries and maps that are chosen from all, and placed among all. Places may repeat: rows of codes are filled up with zeros, at any place. */
import { address, int, next } from "./parallel";

/** Points of a map (a cache line), and rows, that a thread moves at a time. */
const points: i32 = 16;
const rows: i32 = 64;

/**
 * chosen[b][i] = maps[b][:, concepts[b][i]]. 8 bytes for each of the k n values of a sample.
 *
 * Arguments: maps [B, n, K], concepts [B, k], chosen [B, k, n]; B, n, K, k.
 */
export function gatheredMaps(block: usize, thread: i32, threads: i32, scratch: usize): void {
  moveMaps(block, false);
}

/**
 * maps[b][:, concepts[b][i]] += chosen[b][i], from zero. 4 bytes for each of the n K values of a sample, and 8 for each of the chosen.
 *
 * Arguments: maps [B, n, K], concepts [B, k], chosen [B, k, n]; B, n, K, k.
 */
export function scatteredMaps(block: usize, thread: i32, threads: i32, scratch: usize): void {
  moveMaps(block, true);
}

// @ts-expect-error: decorator
@inline
function moveMaps(block: usize, place: bool): void {
  const n = int(block, 4);
  const size = int(block, 5);
  const k = int(block, 6);
  const tiles = (n + points - 1) / points;
  const all = int(block, 3) * tiles;
  const step = <usize>size << 2;
  for (let task = next(block, 0); task < all; task = next(block, 0)) {
    const b = task / tiles;
    const first = (task - b * tiles) * points;
    const count = min(points, n - first);
    const map = address(block, 0) + (<usize>b * n + first) * step;
    const concepts = address(block, 1) + ((<usize>b * k) << 2);
    let row = address(block, 2) + ((<usize>b * k * n + first) << 2);
    if (place) memory.fill(map, 0, <usize>count * step);
    for (let i = 0; i < k; i++, row += <usize>n << 2) {
      let at = map + (<usize>load<i32>(concepts + (<usize>i << 2)) << 2);
      for (let p = row, end = row + (<usize>count << 2); p < end; p += 4, at += step) {
        if (place) store<f32>(at, load<f32>(at) + load<f32>(p));
        else store<f32>(p, load<f32>(at));
      }
    }
  }
}

/**
 * values[r][i] = x[r][indices[r][i]].
 *
 * Arguments: x [R, n], indices [R, k], values [R, k]; R, n, k.
 */
export function gatheredRows(block: usize, thread: i32, threads: i32, scratch: usize): void {
  moveRows(block, false);
}

/**
 * x[r][indices[r][i]] += values[r][i], from zero.
 *
 * Arguments: x [R, n], indices [R, k], values [R, k]; R, n, k.
 */
export function scatteredRows(block: usize, thread: i32, threads: i32, scratch: usize): void {
  moveRows(block, true);
}

// @ts-expect-error: decorator
@inline
function moveRows(block: usize, place: bool): void {
  const all = int(block, 3);
  const n = int(block, 4);
  const k = int(block, 5);
  for (let task = next(block, 0); task * rows < all; task = next(block, 0)) {
    const count = min(rows, all - task * rows);
    let x = address(block, 0) + ((<usize>task * rows * n) << 2);
    let p = (<usize>task * rows * k) << 2;
    if (place) memory.fill(x, 0, (<usize>count * n) << 2);
    for (let r = 0; r < count; r++, x += <usize>n << 2) {
      for (const end = p + (<usize>k << 2); p < end; p += 4) {
        const at = x + (<usize>load<i32>(address(block, 1) + p) << 2);
        if (place) store<f32>(at, load<f32>(at) + load<f32>(address(block, 2) + p));
        else store<f32>(address(block, 2) + p, load<f32>(at));
      }
    }
  }
}
