/** Products with codes of which few are not zero: codes [B, K], atoms [K, n], x [B, n]. */
import { sumUses } from "./dense-rows";
import { address, int, next } from "./parallel";
import { dot, zero } from "./simd";

/** Samples, and concepts (a cache line of codes), that a thread takes at a time. */
const samples: i32 = 4;
const concepts: i32 = 16;

/** How many of n entries are not zero. 4 n bytes. */
export function nonZeros(values: usize, n: i32): i32 {
  let counts = zero();
  const end = values + (<usize>(n & ~3) << 2);
  for (; values < end; values += 16) counts = i32x4.sub(counts, f32x4.ne(v128.load(values), zero()));
  let count = 0;
  for (const last = end + (<usize>(n & 3) << 2); values < last; values += 4) count += i32(load<f32>(values) != 0);
  return (
    count +
    i32x4.extract_lane(counts, 0) +
    i32x4.extract_lane(counts, 1) +
    i32x4.extract_lane(counts, 2) +
    i32x4.extract_lane(counts, 3)
  );
}

/**
 * x = z D. 2 n operations and 4 n bytes for each code that is not zero.
 *
 * Arguments: codes, atoms, x; B, K, n.
 */
export function codeDecoding(block: usize, thread: i32, threads: i32, scratch: usize): void {
  const rows = int(block, 3);
  const count = int(block, 4);
  const n = int(block, 5);
  for (let task = next(block, 0); task * samples < rows; task = next(block, 0)) {
    for (let b = task * samples, end = min(rows, b + samples); b < end; b++) {
      const code = address(block, 0) + ((<usize>b * count) << 2);
      let atom = address(block, 1);
      let at = scratch;
      for (let p = code, last = code + (<usize>count << 2); p < last; p += 4, atom += <usize>n << 2) {
        at = append(at, load<f32>(p), atom);
      }
      sumUses(scratch, at, address(block, 2) + ((<usize>b * n) << 2), n);
    }
  }
}

/**
 * <x_b, atoms[c]> where the code is not zero. 2 n operations and 4 n bytes for each of these.
 *
 * Arguments: x, codes, atoms, values; B, K, n.
 */
export function codeCorrelation(block: usize, thread: i32, threads: i32, scratch: usize): void {
  const rows = int(block, 4);
  const count = int(block, 5);
  const n = int(block, 6);
  for (let task = next(block, 0); task * samples < rows; task = next(block, 0)) {
    for (let b = task * samples, end = min(rows, b + samples); b < end; b++) {
      const x = address(block, 0) + ((<usize>b * n) << 2);
      const code = address(block, 1) + ((<usize>b * count) << 2);
      const target = address(block, 3) + ((<usize>b * count) << 2);
      let atom = address(block, 2);
      for (let i: usize = 0, last = <usize>count << 2; i < last; i += 4, atom += <usize>n << 2) {
        store<f32>(target + i, load<f32>(code + i) != 0 ? dot(x, atom, n) : 0);
      }
    }
  }
}

/**
 * atoms[c] = sum_b z_bc x_b, samples in their order. 2 n operations for each code that is not zero.
 *
 * Arguments: x, codes, atoms; B, K, n.
 */
export function codeAccumulation(block: usize, thread: i32, threads: i32, scratch: usize): void {
  const rows = int(block, 3);
  const count = int(block, 4);
  const n = int(block, 5);
  // One list of (code, sample) for each concept, as long as it can be, and where each ends.
  const capacity = <usize>rows << 3;
  const ends = scratch + concepts * capacity;
  for (let task = next(block, 0); task * concepts < count; task = next(block, 0)) {
    const from = task * concepts;
    const width = min(concepts, count - from);
    for (let i = 0; i < width; i++) store<u32>(ends + (<usize>i << 2), <u32>(scratch + <usize>i * capacity));
    let x = address(block, 0);
    for (let b = 0; b < rows; b++, x += <usize>n << 2) {
      const code = address(block, 1) + ((<usize>b * count + from) << 2);
      for (let i: usize = 0, last = <usize>width << 2; i < last; i += 4) {
        if (load<f32>(code + i) != 0) store<u32>(ends + i, <u32>append(load<u32>(ends + i), load<f32>(code + i), x));
      }
    }
    for (let i = 0; i < width; i++) {
      const target = address(block, 2) + ((<usize>(from + i) * n) << 2);
      sumUses(scratch + <usize>i * capacity, load<u32>(ends + (<usize>i << 2)), target, n);
    }
  }
}

// @ts-expect-error: decorator
@inline
function append(at: usize, weight: f32, row: usize): usize {
  if (weight == 0) return at;
  store<f32>(at, weight);
  store<u32>(at, <u32>row, 4);
  return at + 8;
}
