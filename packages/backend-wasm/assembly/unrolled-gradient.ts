/**
 * Backpropagation through unrolled thresholding, each sample on the concepts that were active in any of its steps: U of K.
 * Lists are pairs of a weight and the offset of what it multiplies.
 */
import { LIST_COLUMNS } from "./layout";
import { address, float, int, next } from "./parallel";
import { fma, fnma, sumLanes, zero } from "./simd";

/** Samples, or concepts, that a thread takes at a time. */
const together: i32 = 8;

/** Columns of atoms and samples that are summed at a time. */
const width: i32 = LIST_COLUMNS;
const widthBytes: usize = 4 * LIST_COLUMNS;

/**
 * Which concepts are active in any step, ascending. 4 B K T bytes.
 *
 * Arguments: codes, trace, counts [B], concepts [B, K]; B, K, T.
 */
export function activeConcepts(block: usize, thread: i32, threads: i32, scratch: usize): void {
  const codes = address(block, 0);
  const trace = address(block, 1);
  const samples = int(block, 4);
  const concepts = int(block, 5);
  const iterations = int(block, 6);
  const row = <usize>concepts << 2;
  for (let task = next(block, 0); task * together < samples; task = next(block, 0)) {
    for (let b = task * together, end = min(samples, b + together); b < end; b++) {
      memory.fill(scratch, 0, row + 16);
      markActive(scratch, codes + <usize>b * row, concepts);
      for (let t = 0; t + 1 < iterations; t++) {
        markActive(scratch, trace + (<usize>t * samples + b) * row, concepts);
      }
      const list = address(block, 3) + <usize>b * row;
      let at = list;
      for (let i = 0; i < concepts; i += 4) {
        for (let bits = i32x4.bitmask(v128.load(scratch + (<usize>i << 2))); bits != 0; bits &= bits - 1) {
          store<i32>(at, i + ctz(bits));
          at += 4;
        }
      }
      store<i32>(address(block, 2) + (<usize>b << 2), <i32>((at - list) >> 2));
    }
  }
}

function markActive(marks: usize, values: usize, n: i32): void {
  let i: usize = 0;
  for (const end = <usize>(n & ~3) << 2; i < end; i += 16) {
    v128.store(marks + i, v128.or(v128.load(marks + i), f32x4.ne(v128.load(values + i), zero())));
  }
  for (const end = <usize>n << 2; i < end; i += 4) {
    if (load<f32>(values + i) != 0) store<i32>(marks + i, -1);
  }
}

/**
 * All steps back of each sample, on its own part of G. With g_t the gradient of the pre-activation of step t, masked by z_(t+1):
 * dc = a sum_t g_t, S = -a sum_t (g_t^T z_t + z_t^T g_t), and sum_t <g_t, u_t - z_t>.
 * 2 T U^2 operations for the steps, 4 T U^2 for S; U^2 entries gathered from G.
 *
 * Arguments: upstream, codes, trace, G, step size; counts [B] of concepts [B, K]; addresses of S [B], U rows each, padded to whole
 * sixteens; lists of dc (weight, offset of the atom in 32 columns), one after another, and the first entry of each sample [B];
 * address of the row of S for each entry, its sample; moved [B]; B, K, T; what codes lost of their magnitude.
 */
export function stepsBack(block: usize, thread: i32, threads: i32, scratch: usize): void {
  const upstream = address(block, 0);
  const codes = address(block, 1);
  const trace = address(block, 2);
  const gram = address(block, 3);
  const step = load<f32>(address(block, 4));
  const starts = address(block, 9);
  const samples = int(block, 13);
  const concepts = int(block, 14);
  const iterations = int(block, 15);
  const shift = float(block, 16);
  const row = <usize>concepts << 2;
  for (let b = next(block, 0); b < samples; b = next(block, 0)) {
    const count = load<i32>(address(block, 5) + (<usize>b << 2));
    const list = address(block, 6) + <usize>b * row;
    const padded = padding(count);
    const bytes = <usize>padded << 2;
    const part = scratch;
    const z = part + <usize>count * bytes;
    const gradients = z + <usize>iterations * bytes;
    const total = gradients + <usize>iterations * bytes;
    const gradient = total + bytes;

    for (let t = 1; t <= iterations; t++) {
      const from = t == iterations ? codes + <usize>b * row : trace + (<usize>(t - 1) * samples + b) * row;
      pick(from, list, count, padded, z + <usize>(t - 1) * bytes);
    }
    if (iterations > 1) {
      for (let i = 0; i < count; i++) {
        const concept = load<i32>(list + (<usize>i << 2));
        pick(gram + <usize>concept * row, list, count, padded, part + <usize>i * bytes);
      }
    }
    pick(upstream + <usize>b * row, list, count, padded, gradient);
    memory.fill(total, 0, bytes);

    let moved: f32 = 0;
    for (let t = iterations - 1; t >= 0; t--) {
      const g = gradients + <usize>t * bytes;
      const after = z + <usize>t * bytes;
      moved += mask(gradient, after, t > 0 ? after - bytes : 0, shift, g, total, bytes);
      if (t > 0) back(g, part, count, bytes, step, gradient);
    }
    store<f32>(address(block, 12) + (<usize>b << 2), moved);

    const products = address(block, 7) + (<usize>b << 2);
    const first = load<i32>(starts + (<usize>b << 2));
    for (let i = 0; i < count; i++) {
      const target = <usize>load<u32>(products) + <usize>i * bytes;
      outer(z, gradients, iterations, i, bytes, -step, target);
      const pair = address(block, 8) + (<usize>(first + i) << 3);
      store<f32>(pair, step * load<f32>(total + (<usize>i << 2)));
      store<u32>(pair, <u32>(<usize>load<i32>(list + (<usize>i << 2)) * widthBytes), 4);
      store<u32>(address(block, 10) + (<usize>(first + i) << 2), <u32>target);
      store<i32>(address(block, 11) + (<usize>(first + i) << 2), b);
    }
  }
}

// @ts-expect-error: decorator
@inline
function padding(count: i32): i32 {
  return (count + 15) & ~15;
}

/** Listed entries of a row, then zeros. */
function pick(row: usize, list: usize, count: i32, padded: i32, target: usize): void {
  const end = list + (<usize>count << 2);
  const last = target + (<usize>padded << 2);
  for (; list < end; list += 4, target += 4) {
    store<f32>(target, load<f32>(row + (<usize>load<i32>(list) << 2)));
  }
  for (; target < last; target += 4) store<f32>(target, 0);
}

/** g: the gradient where `after` is not zero, added to the total. Returns <g, u - before>, u being `after` with its magnitude restored. */
function mask(gradient: usize, after: usize, before: usize, shift: f32, target: usize, total: usize, bytes: usize): f32 {
  const lost = f32x4.splat(shift);
  let moved = zero();
  for (let i: usize = 0; i < bytes; i += 16) {
    const z = v128.load(after + i);
    const g = v128.and(v128.load(gradient + i), f32x4.ne(z, zero()));
    v128.store(target + i, g);
    v128.store(total + i, f32x4.add(v128.load(total + i), g));
    const u = f32x4.add(z, v128.or(lost, v128.and(z, i32x4.splat(i32.MIN_VALUE))));
    moved = fma(g, before != 0 ? f32x4.sub(u, v128.load(before + i)) : u, moved);
  }
  return sumLanes(moved);
}

/** g - a A g for the symmetric A [U, U], sixteen entries at a time. */
function back(g: usize, part: usize, count: i32, bytes: usize, step: f32, target: usize): void {
  const a = f32x4.splat(step);
  const end = g + (<usize>count << 2);
  for (let i: usize = 0; i < bytes; i += 64) {
    let s0 = zero();
    let s1 = zero();
    let s2 = zero();
    let s3 = zero();
    let p = part + i;
    for (let weight = g; weight < end; weight += 4, p += bytes) {
      const v = v128.load32_splat(weight);
      s0 = fma(v, v128.load(p), s0);
      s1 = fma(v, v128.load(p, 16), s1);
      s2 = fma(v, v128.load(p, 32), s2);
      s3 = fma(v, v128.load(p, 48), s3);
    }
    v128.store(target + i, fnma(a, s0, v128.load(g + i)));
    v128.store(target + i, fnma(a, s1, v128.load(g + i, 16)), 16);
    v128.store(target + i, fnma(a, s2, v128.load(g + i, 32)), 32);
    v128.store(target + i, fnma(a, s3, v128.load(g + i, 48)), 48);
  }
}

/** Row i of `factor sum_t (g_t^T z_t + z_t^T g_t)`, t from 1. */
function outer(z: usize, gradients: usize, iterations: i32, i: i32, bytes: usize, factor: f32, target: usize): void {
  const scale = f32x4.splat(factor);
  const at = <usize>i << 2;
  for (let j: usize = 0; j < bytes; j += 64) {
    let s0 = zero();
    let s1 = zero();
    let s2 = zero();
    let s3 = zero();
    // z_t is row t - 1.
    let p = z;
    let q = gradients + bytes;
    for (let t = 1; t < iterations; t++, p += bytes, q += bytes) {
      const ofZ = v128.load32_splat(p + at);
      const ofG = v128.load32_splat(q + at);
      const a = p + j;
      const b = q + j;
      s0 = fma(ofZ, v128.load(b), fma(ofG, v128.load(a), s0));
      s1 = fma(ofZ, v128.load(b, 16), fma(ofG, v128.load(a, 16), s1));
      s2 = fma(ofZ, v128.load(b, 32), fma(ofG, v128.load(a, 32), s2));
      s3 = fma(ofZ, v128.load(b, 48), fma(ofG, v128.load(a, 48), s3));
    }
    v128.store(target + j, f32x4.mul(scale, s0));
    v128.store(target + j, f32x4.mul(scale, s1), 16);
    v128.store(target + j, f32x4.mul(scale, s2), 32);
    v128.store(target + j, f32x4.mul(scale, s3), 48);
  }
}

/**
 * S summed over samples, in their order, one row for each concept: as a list of its non-zeros (weight, offset of the atom in 32 columns),
 * or as a row of a matrix; and after it on the list dc of each sample (offset of the sample, stored behind the atoms).
 *
 * Arguments: uses of each concept, `starts` [K + 1] into `uses` (src/kernels/unrolled.ts); counts [B], concepts [B, K]; for each entry
 * of the samples' lists its pair, row of S and sample; lists, the first of each concept [K], their lengths [K]; matrix, or 0; K.
 */
export function symmetricRows(block: usize, thread: i32, threads: i32, scratch: usize): void {
  const starts = address(block, 0);
  const uses = address(block, 1);
  const pairs = address(block, 4);
  const concepts = int(block, 11);
  const matrix = address(block, 10);
  const bytes = <usize>concepts << 2;
  for (let task = next(block, 0); task * together < concepts; task = next(block, 0)) {
    for (let c = task * together, end = min(concepts, c + together); c < end; c++) {
      const row = matrix != 0 ? matrix + <usize>c * bytes : scratch;
      const list = address(block, 7) + (<usize>load<i32>(address(block, 8) + (<usize>c << 2)) << 3);
      let at = list;
      memory.fill(row, 0, bytes);
      const from = uses + (<usize>load<i32>(starts + (<usize>c << 2)) << 2);
      const to = uses + (<usize>load<i32>(starts + (<usize>c << 2), 4) << 2);
      for (let use = from; use < to; use += 4) {
        const entry = <usize>load<i32>(use) << 2;
        const b = <usize>load<i32>(address(block, 6) + entry);
        const count = load<i32>(address(block, 2) + (b << 2));
        scatter(load<u32>(address(block, 5) + entry), address(block, 3) + b * bytes, count, row);
      }
      if (matrix == 0) {
        for (let i: usize = 0; i < bytes; i += 4) {
          const weight = load<f32>(row + i);
          if (weight == 0) continue;
          store<f32>(at, weight);
          store<u32>(at, <u32>((i >> 2) * widthBytes), 4);
          at += 8;
        }
      }
      for (let use = from; use < to; use += 4) {
        const entry = <usize>load<i32>(use);
        const b = <usize>load<i32>(address(block, 6) + (entry << 2));
        store<f32>(at, load<f32>(pairs + (entry << 3)));
        store<u32>(at, <u32>((<usize>concepts + b) * widthBytes), 4);
        at += 8;
      }
      store<i32>(address(block, 9) + (<usize>c << 2), <i32>((at - list) >> 3));
    }
  }
}

function scatter(values: usize, list: usize, count: i32, row: usize): void {
  for (const end = list + (<usize>count << 2); list < end; list += 4, values += 4) {
    const at = row + (<usize>load<i32>(list) << 2);
    store<f32>(at, load<f32>(at) + load<f32>(values));
  }
}

/**
 * Gradients of atoms and samples from their lists, 32 columns at a time: those of atoms and samples, packed, stay in the second-level
 * cache. 2 n operations for each entry of a list.
 *
 * Arguments: atoms, x, to atoms, to x; lists of the atoms, first of each [K], lengths [K]; lists of the samples, first of each [B],
 * lengths [B]; K, B, n; whether to add to what the atoms' gradient holds.
 */
export function unrolledColumns(block: usize, thread: i32, threads: i32, scratch: usize): void {
  const concepts = int(block, 10);
  const samples = int(block, 11);
  const n = int(block, 12);
  const accumulate = int(block, 13) != 0;
  const packed = scratch + widthBytes;
  for (let task = next(block, 0); task * width < n; task = next(block, 0)) {
    const columns = min(width, n - task * width);
    const shift = <usize>task * widthBytes;
    packColumns(address(block, 0) + shift, concepts, n, columns, packed);
    packColumns(address(block, 1) + shift, samples, n, columns, packed + <usize>concepts * widthBytes);
    sumLists(address(block, 4), address(block, 5), address(block, 6), concepts, packed, address(block, 2) + shift, n, columns, accumulate, scratch);
    sumLists(address(block, 7), address(block, 8), address(block, 9), samples, packed, address(block, 3) + shift, n, columns, false, scratch);
  }
}

function packColumns(from: usize, rows: i32, n: i32, columns: i32, to: usize): void {
  const bytes = <usize>columns << 2;
  for (let row = 0; row < rows; row++) {
    if (columns == width) {
      for (let i: usize = 0; i < widthBytes; i += 16) v128.store(to + i, v128.load(from + i));
    } else {
      memory.copy(to, from, bytes);
      memory.fill(to + bytes, 0, widthBytes - bytes);
    }
    from += <usize>n << 2;
    to += widthBytes;
  }
}

function sumLists(
  lists: usize,
  starts: usize,
  lengths: usize,
  rows: i32,
  packed: usize,
  target: usize,
  n: i32,
  columns: i32,
  accumulate: bool,
  spare: usize,
): void {
  const bytes = <usize>columns << 2;
  for (let row: usize = 0; row < <usize>rows; row++) {
    const list = lists + (<usize>load<i32>(starts + (row << 2)) << 3);
    const end = list + (<usize>load<i32>(lengths + (row << 2)) << 3);
    if (columns == width) {
      sumList(list, end, packed, target, accumulate);
    } else {
      if (accumulate) memory.copy(spare, target, bytes);
      sumList(list, end, packed, spare, accumulate);
      memory.copy(target, spare, bytes);
    }
    target += <usize>n << 2;
  }
}

/** The sum of weighted rows of 32. */
function sumList(list: usize, end: usize, rows: usize, target: usize, accumulate: bool): void {
  let s0 = zero();
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  let s4 = s0;
  let s5 = s0;
  let s6 = s0;
  let s7 = s0;
  if (accumulate) {
    s0 = v128.load(target);
    s1 = v128.load(target, 16);
    s2 = v128.load(target, 32);
    s3 = v128.load(target, 48);
    s4 = v128.load(target, 64);
    s5 = v128.load(target, 80);
    s6 = v128.load(target, 96);
    s7 = v128.load(target, 112);
  }
  for (; list < end; list += 8) {
    const v = v128.load32_splat(list);
    const p = rows + <usize>load<u32>(list, 4);
    s0 = fma(v, v128.load(p), s0);
    s1 = fma(v, v128.load(p, 16), s1);
    s2 = fma(v, v128.load(p, 32), s2);
    s3 = fma(v, v128.load(p, 48), s3);
    s4 = fma(v, v128.load(p, 64), s4);
    s5 = fma(v, v128.load(p, 80), s5);
    s6 = fma(v, v128.load(p, 96), s6);
    s7 = fma(v, v128.load(p, 112), s7);
  }
  v128.store(target, s0);
  v128.store(target, s1, 16);
  v128.store(target, s2, 32);
  v128.store(target, s3, 48);
  v128.store(target, s4, 64);
  v128.store(target, s5, 80);
  v128.store(target, s6, 96);
  v128.store(target, s7, 112);
}
