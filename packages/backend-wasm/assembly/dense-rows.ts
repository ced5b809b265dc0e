/** Products with the chosen atoms of a dense dictionary, and their gradient. Indices and values are [B, k], atoms [K, n]. */
import { address, barrier, int, next } from "./parallel";
import { addScaled, dot, fma, loadPart, storePart, sumLanes, zero } from "./simd";

/** Samples, or concepts, that a thread takes at a time. */
const samples: i32 = 4;
const together: i32 = 32;

/**
 * x_b = sum_j v_bj atoms[c_bj]. Four atoms at a time, each read once from end to end, so that four of its lines are under way.
 * 2 B k n operations, 4 (B k n + B n + 2 B k) bytes: bound by memory where the atoms are more than the caches hold.
 *
 * Arguments: values, concepts, atoms, x; B, k, n.
 */
export function rowDecoding(block: usize, thread: i32, threads: i32, scratch: usize): void {
  const values = address(block, 0);
  const concepts = address(block, 1);
  const atoms = address(block, 2);
  const rows = int(block, 4);
  const k = int(block, 5);
  const n = int(block, 6);
  const bytes = <usize>n << 2;
  for (let task = next(block, 0); task * samples < rows; task = next(block, 0)) {
    for (let row = task * samples, end = min(rows, row + samples); row < end; row++) {
      const x = address(block, 3) + <usize>row * bytes;
      let v = values + ((<usize>row * k) << 2);
      let c = concepts + ((<usize>row * k) << 2);
      memory.fill(x, 0, bytes);
      let j = 0;
      for (; j + 4 <= k; j += 4, v += 16, c += 16) {
        addFour(x, v, atom(atoms, c, bytes), atom(atoms, c + 4, bytes), atom(atoms, c + 8, bytes), atom(atoms, c + 12, bytes), n);
      }
      for (; j < k; j++, v += 4, c += 4) addScaled(x, load<f32>(v), atom(atoms, c, bytes), n);
    }
  }
}

/**
 * v_bj = <x_b, atoms[c_bj]>, four atoms at a time. 2 B k n operations, 4 (B k n + B n + 2 B k) bytes.
 *
 * Arguments: x, concepts, atoms, values; B, k, n.
 */
export function rowCorrelation(block: usize, thread: i32, threads: i32, scratch: usize): void {
  const concepts = address(block, 1);
  const atoms = address(block, 2);
  const values = address(block, 3);
  const rows = int(block, 4);
  const k = int(block, 5);
  const n = int(block, 6);
  const bytes = <usize>n << 2;
  for (let task = next(block, 0); task * samples < rows; task = next(block, 0)) {
    for (let row = task * samples, end = min(rows, row + samples); row < end; row++) {
      const x = address(block, 0) + <usize>row * bytes;
      let v = values + ((<usize>row * k) << 2);
      let c = concepts + ((<usize>row * k) << 2);
      let j = 0;
      for (; j + 4 <= k; j += 4, v += 16, c += 16) {
        dotFour(x, atom(atoms, c, bytes), atom(atoms, c + 4, bytes), atom(atoms, c + 8, bytes), atom(atoms, c + 12, bytes), n, v);
      }
      for (; j < k; j++, v += 4, c += 4) store<f32>(v, dot(x, atom(atoms, c, bytes), n));
    }
  }
}

/**
 * atoms[c] = sum of v_bj x_b over the uses (b, j) of c, in their order: threads share the concepts, so sums are the same however many
 * there are. The uses are given as a list for each concept: `starts` [K + 1] into `uses` [B k], flat indices b k + j.
 * 2 B k n operations, 4 (B k n + K n + 4 B k + K) bytes; x is read from cache, atoms are written once.
 *
 * Arguments: atoms; n, K; then what sumOfUses takes. Scratch: as for sumOfUses.
 */
export function rowAccumulation(block: usize, thread: i32, threads: i32, scratch: usize): void {
  const n = int(block, 1);
  const concepts = int(block, 2);
  const bytes = <usize>n << 2;
  for (let task = next(block, 0); task * together < concepts; task = next(block, 0)) {
    for (let c = task * together, end = min(concepts, c + together); c < end; c++) {
      sumOfUses(block, 3, c, address(block, 0) + <usize>c * bytes, n, scratch);
    }
  }
}

/**
 * Row c of a sum, or of a sum of such sums, to `target` [n]; arguments from `first` on: how many sums; values, uses, starts, x, k of each.
 * Scratch: a row, and 8 bytes for each use of a concept.
 */
export function sumOfUses(block: usize, first: i32, c: i32, target: usize, n: i32, scratch: usize): void {
  const bytes = <usize>n << 2;
  const list = scratch + (bytes + 63 & ~63);
  for (let sum = 0, count = int(block, first); sum < count; sum++) {
    const at = first + 1 + 5 * sum;
    const end = listOfUses(block, at, c, bytes, list);
    if (sum == 0 && end == list) memory.fill(target, 0, bytes);
    else if (sum == 0) sumUses(list, end, target, n);
    else if (end > list) {
      sumUses(list, end, scratch, n);
      addScaled(target, 1, scratch, n);
    }
  }
}

/** What each use of c adds, side by side: weight, then address; returns the end of the list. */
function listOfUses(block: usize, first: i32, c: i32, bytes: usize, list: usize): usize {
  const values = address(block, first);
  const uses = address(block, first + 1);
  const starts = address(block, first + 2) + (<usize>c << 2);
  const x = address(block, first + 3);
  const k = int(block, first + 4);
  for (let i = load<i32>(starts), to = load<i32>(starts, 4); i < to; i++, list += 8) {
    const use = load<i32>(uses + (<usize>i << 2));
    store<f32>(list, load<f32>(values + (<usize>use << 2)));
    store<u32>(list, <u32>(x + <usize>(use / k) * bytes), 4);
  }
  return list;
}

/**
 * Chosen codes to and from codes of all concepts: values [B, k] placed at concepts [B, k] in rows of zeros [B, K], or read there.
 * 4 B (K + 2 k) bytes, 12 B k to read.
 *
 * Arguments: values, concepts, codes; B, k, K; whether to read.
 */
export function chosenOfAll(block: usize, thread: i32, threads: i32, scratch: usize): void {
  const rows = int(block, 3);
  const k = int(block, 4);
  const all = <usize>int(block, 5) << 2;
  const reads = int(block, 6) != 0;
  for (let task = next(block, 0); task * samples < rows; task = next(block, 0)) {
    for (let row = task * samples, end = min(rows, row + samples); row < end; row++) {
      const codes = address(block, 2) + <usize>row * all;
      const from = (<usize>row * k) << 2;
      const values = address(block, 0) + from;
      const concepts = address(block, 1) + from;
      if (!reads) memory.fill(codes, 0, all);
      for (let j: usize = 0, last = <usize>k << 2; j < last; j += 4) {
        const code = codes + (<usize>load<i32>(concepts + j) << 2);
        if (reads) store<f32>(values + j, load<f32>(code));
        else store<f32>(code, load<f32>(values + j));
      }
    }
  }
}

/** The uses of each concept, by counting: concepts [count] to starts [K + 1] and uses [count]. On one thread: 4 passes over 4 (count + K) bytes. */
export function listUses(concepts: usize, count: i32, conceptCount: i32, starts: usize, uses: usize): void {
  memory.fill(starts, 0, (<usize>conceptCount + 1) << 2);
  for (let i: usize = 0, end = <usize>count << 2; i < end; i += 4) {
    const at = starts + (<usize>load<i32>(concepts + i) << 2);
    store<i32>(at, load<i32>(at) + 1);
  }
  let total = 0;
  for (let at = starts, end = starts + (<usize>conceptCount << 2); at <= end; at += 4) {
    total += load<i32>(at);
    store<i32>(at, total);
  }
  // Filled from behind, each start ends where its list begins.
  for (let i = count - 1; i >= 0; i--) {
    const at = starts + (<usize>load<i32>(concepts + (<usize>i << 2)) << 2);
    const place = load<i32>(at) - 1;
    store<i32>(at, place);
    store<i32>(uses + (<usize>place << 2), i);
  }
}

/**
 * `<x, d_c> + bias_c` of some concepts c, whatever else is computed with them: all by `dotFour`, so that equal atoms have equal values. Room for three more values
 * than there are.
 */
export function preCodes(x: usize, atoms: usize, bias: usize, n: i32, concepts: usize, count: i32, values: usize): void {
  const bytes = <usize>n << 2;
  for (let i = 0; i < count; i += 4) {
    const c = concepts + (<usize>i << 2);
    const v = values + (<usize>i << 2);
    const last = <usize>min(3, count - 1 - i);
    dotFour(
      x,
      atom(atoms, c, bytes),
      atom(atoms, c + (min(1, last) << 2), bytes),
      atom(atoms, c + (min(2, last) << 2), bytes),
      atom(atoms, c + (last << 2), bytes),
      n,
      v,
    );
    for (let j: usize = 0; j <= last; j++) {
      store<f32>(v + (j << 2), load<f32>(v + (j << 2)) + load<f32>(bias + (<usize>load<i32>(c + (j << 2)) << 2)));
    }
  }
}

// @ts-expect-error: decorator
@inline
function atom(atoms: usize, concept: usize, bytes: usize): usize {
  return atoms + <usize>load<i32>(concept) * bytes;
}

/** y <- y + v_0 a + v_1 b + v_2 c + v_3 d. */
function addFour(y: usize, v: usize, a: usize, b: usize, c: usize, d: usize, n: i32): void {
  const v0 = v128.load32_splat(v);
  const v1 = v128.load32_splat(v, 4);
  const v2 = v128.load32_splat(v, 8);
  const v3 = v128.load32_splat(v, 12);
  let i: usize = 0;
  for (const end = <usize>(n & ~3) << 2; i < end; i += 16) {
    const first = fma(v1, v128.load(b + i), fma(v0, v128.load(a + i), v128.load(y + i)));
    v128.store(y + i, fma(v3, v128.load(d + i), fma(v2, v128.load(c + i), first)));
  }
  const left = n & 3;
  if (left == 0) return;
  const first = fma(v1, loadPart(b + i, left), fma(v0, loadPart(a + i, left), loadPart(y + i, left)));
  storePart(y + i, fma(v3, loadPart(d + i, left), fma(v2, loadPart(c + i, left), first)), left);
}

/** The products of x with a, b, c and d to target [4]. */
function dotFour(x: usize, a: usize, b: usize, c: usize, d: usize, n: i32, target: usize): void {
  let s0 = zero();
  let s1 = zero();
  let s2 = zero();
  let s3 = zero();
  let i: usize = 0;
  for (const end = <usize>(n & ~3) << 2; i < end; i += 16) {
    const v = v128.load(x + i);
    s0 = fma(v, v128.load(a + i), s0);
    s1 = fma(v, v128.load(b + i), s1);
    s2 = fma(v, v128.load(c + i), s2);
    s3 = fma(v, v128.load(d + i), s3);
  }
  const left = n & 3;
  if (left > 0) {
    const v = loadPart(x + i, left);
    s0 = fma(v, loadPart(a + i, left), s0);
    s1 = fma(v, loadPart(b + i, left), s1);
    s2 = fma(v, loadPart(c + i, left), s2);
    s3 = fma(v, loadPart(d + i, left), s3);
  }
  store<f32>(target, sumLanes(s0));
  store<f32>(target, sumLanes(s1), 4);
  store<f32>(target, sumLanes(s2), 8);
  store<f32>(target, sumLanes(s3), 12);
}

/** The sum of weighted rows, 32 entries at a time in registers. */
export function sumUses(uses: usize, end: usize, target: usize, n: i32): void {
  let i: usize = 0;
  for (const last = <usize>(n & ~31) << 2; i < last; i += 128) {
    let s0 = zero();
    let s1 = zero();
    let s2 = zero();
    let s3 = zero();
    let s4 = zero();
    let s5 = zero();
    let s6 = zero();
    let s7 = zero();
    for (let use = uses; use < end; use += 8) {
      const v = v128.load32_splat(use);
      const p = <usize>load<u32>(use, 4) + i;
      s0 = fma(v, v128.load(p), s0);
      s1 = fma(v, v128.load(p, 16), s1);
      s2 = fma(v, v128.load(p, 32), s2);
      s3 = fma(v, v128.load(p, 48), s3);
      s4 = fma(v, v128.load(p, 64), s4);
      s5 = fma(v, v128.load(p, 80), s5);
      s6 = fma(v, v128.load(p, 96), s6);
      s7 = fma(v, v128.load(p, 112), s7);
    }
    const q = target + i;
    v128.store(q, s0);
    v128.store(q, s1, 16);
    v128.store(q, s2, 32);
    v128.store(q, s3, 48);
    v128.store(q, s4, 64);
    v128.store(q, s5, 80);
    v128.store(q, s6, 96);
    v128.store(q, s7, 112);
  }
  for (const last = <usize>(n & ~3) << 2; i < last; i += 16) {
    let s = zero();
    for (let use = uses; use < end; use += 8) {
      s = fma(v128.load32_splat(use), v128.load(<usize>load<u32>(use, 4) + i), s);
    }
    v128.store(target + i, s);
  }
  for (const last = <usize>n << 2; i < last; i += 4) {
    let s: f32 = 0;
    for (let use = uses; use < end; use += 8) s += load<f32>(use) * load<f32>(<usize>load<u32>(use, 4) + i);
    store<f32>(target + i, s);
  }
}

/**
 * `sum_k w_k row_k`: rows [K, n], weights [K], sum [n], partial [chunks, n], K, n, chunks, rows in a chunk. Four rows at a time are added to the sum of a
 * chunk, which stays in cache; the same for any number of threads. 2 K n operations; 4 K n bytes.
 */
export function weightedRows(block: usize, thread: i32, threads: i32, scratch: usize): void {
  const partial = address(block, 3);
  const count = int(block, 4);
  const size = int(block, 5);
  const bytes = <usize>size << 2;
  const whole = bytes & ~15;
  const chunks = int(block, 6);
  const together = int(block, 7);
  for (let chunk = next(block, 0); chunk < chunks; chunk = next(block, 0)) {
    const sum = partial + <usize>chunk * bytes;
    memory.fill(sum, 0, bytes);
    const end = min((chunk + 1) * together, count);
    let k = chunk * together;
    let row = address(block, 0) + <usize>k * bytes;
    let weight = address(block, 1) + (<usize>k << 2);
    for (; k + 4 <= end; k += 4, row += 4 * bytes, weight += 16) {
      const a = v128.load32_splat(weight);
      const b = v128.load32_splat(weight, 4);
      const c = v128.load32_splat(weight, 8);
      const d = v128.load32_splat(weight, 12);
      for (let at: usize = 0; at < whole; at += 16) {
        const p = row + at;
        const first = fma(b, v128.load(p + bytes), fma(a, v128.load(p), v128.load(sum + at)));
        v128.store(sum + at, fma(d, v128.load(p + 3 * bytes), fma(c, v128.load(p + 2 * bytes), first)));
      }
      for (let j: usize = 0; j < 4; j++) {
        addScaled(sum + whole, load<f32>(weight + (j << 2)), row + j * bytes + whole, size & 3);
      }
    }
    for (; k < end; k++, row += bytes, weight += 4) addScaled(sum, load<f32>(weight), row, size);
  }
  barrier(block);
  if (thread != 0) return;
  const target = address(block, 2);
  memory.fill(target, 0, bytes);
  for (let chunk = 0; chunk < chunks; chunk++) addScaled(target, 1, partial + <usize>chunk * bytes, size);
}
