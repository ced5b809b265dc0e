/** Elementwise operations, sums and transposes, for the cases in which tfjs's own kernels are slow or use one thread. */
import { transpose } from "./axis";
import { SUM_CHUNK } from "./layout";
import { address, barrier, int, next } from "./parallel";
import { fma, loadPart, storePart, sumLanes, zero } from "./simd";

// @ts-ignore: decorator
@inline
function combine(operation: i32, a: v128, b: v128): v128 {
  if (operation == 0) return f32x4.add(a, b);
  if (operation == 1) return f32x4.sub(a, b);
  if (operation == 2) return f32x4.sub(b, a);
  if (operation == 3) return f32x4.mul(a, b);
  const difference = f32x4.sub(a, b);
  return f32x4.mul(difference, difference);
}

/**
 * y = a o b, b as long as a or repeated along it. Operation 0: a + b, 1: a - b, 2: b - a, 3: a b, 4: (a - b)^2.
 * operation, a, b, y, size, period of b. Scratch: 4 period + 64 floats. Operations: n; bytes: 12 n (8 n where b is short).
 */
export function binary(block: usize, thread: i32, threads: i32, scratch: usize): void {
  const operation = int(block, 0);
  if (operation == 0) binaryOf(block, scratch, 0);
  else if (operation == 1) binaryOf(block, scratch, 1);
  else if (operation == 2) binaryOf(block, scratch, 2);
  else if (operation == 3) binaryOf(block, scratch, 3);
  else binaryOf(block, scratch, 4);
}

// @ts-ignore: decorator
@inline
function binaryOf(block: usize, scratch: usize, operation: i32): void {
  const size = int(block, 4);
  const period = int(block, 5);
  const repeats = period < size;
  // Repeated to whole vectors.
  let length = SUM_CHUNK;
  if (repeats) {
    length = period * 4 * ((15 + period) / period);
    const source = address(block, 2);
    for (let i = 0; i < length; i += period) {
      memory.copy(scratch + (<usize>i << 2), source, <usize>period << 2);
    }
  }
  const chunk = length * ((SUM_CHUNK + length - 1) / length);
  for (let i = next(block, 0) * chunk; i < size; i = next(block, 0) * chunk) {
    const end = min(i + chunk, size);
    for (let from = i; from < end; from += length) {
      const count = min(length, end - from);
      const a = address(block, 1) + (<usize>from << 2);
      const b = repeats ? scratch : address(block, 2) + (<usize>from << 2);
      const y = address(block, 3) + (<usize>from << 2);
      let w: usize = 0;
      for (const whole = <usize>(count & ~3) << 2; w < whole; w += 16) {
        v128.store(y + w, combine(operation, v128.load(a + w), v128.load(b + w)));
      }
      const left = count & 3;
      if (left > 0) storePart(y + w, combine(operation, loadPart(a + w, left), loadPart(b + w, left)), left);
    }
  }
}

/**
 * Sums over the leading axis: x [rows, columns] to y [columns]; the same for any number of threads.
 * x, y, rows, columns, partial (memory [chunks, columns]), chunks, rows in a chunk. Scratch: 4 columns + 64 floats.
 * Operations: rows columns; bytes: 4 rows columns.
 */
export function columnSums(block: usize, thread: i32, threads: i32, scratch: usize): void {
  const rows = int(block, 2);
  const columns = int(block, 3);
  const partial = address(block, 4);
  const chunks = int(block, 5);
  const together = int(block, 6);
  // Several rows side by side fill vectors.
  const length = columns * 4 * ((15 + columns) / columns);
  for (let chunk = next(block, 0); chunk < chunks; chunk = next(block, 0)) {
    const begin = chunk * together;
    const size = (min(begin + together, rows) - begin) * columns;
    const x = address(block, 0) + (<usize>(begin * columns) << 2);
    memory.fill(scratch, 0, <usize>length << 2);
    let i = 0;
    for (; i + length <= size; i += length) {
      const from = x + (<usize>i << 2);
      for (let w: usize = 0; w < <usize>length << 2; w += 16) {
        v128.store(scratch + w, f32x4.add(v128.load(scratch + w), v128.load(from + w)));
      }
    }
    for (let j = 0; i + j < size; j++) {
      const at = scratch + (<usize>j << 2);
      store<f32>(at, load<f32>(at) + load<f32>(x + (<usize>(i + j) << 2)));
    }
    for (let c = 0; c < columns; c++) {
      let sum: f32 = 0;
      for (let j = c; j < length; j += columns) sum += load<f32>(scratch + (<usize>j << 2));
      store<f32>(partial + (<usize>(chunk * columns + c) << 2), sum);
    }
  }
  barrier(block);
  if (thread != 0) return;
  for (let c = 0; c < columns; c++) {
    let sum: f64 = 0;
    for (let chunk = 0; chunk < chunks; chunk++) sum += load<f32>(partial + (<usize>(chunk * columns + c) << 2));
    store<f32>(address(block, 1) + (<usize>c << 2), <f32>sum);
  }
}

/** Sums over the last axis: x, y, rows, columns. Operations: rows columns; bytes: 4 rows columns. */
export function rowSums(block: usize, thread: i32, threads: i32, scratch: usize): void {
  const rows = int(block, 2);
  const columns = int(block, 3);
  for (let r = next(block, 0) * 8; r < rows; r = next(block, 0) * 8) {
    for (let row = r; row < min(r + 8, rows); row++) {
      let p = address(block, 0) + (<usize>(row * columns) << 2);
      let s0 = zero();
      let s1 = zero();
      for (const end = p + (<usize>(columns & ~7) << 2); p < end; p += 32) {
        s0 = f32x4.add(s0, v128.load(p));
        s1 = f32x4.add(s1, v128.load(p, 16));
      }
      let left = columns & 7;
      if (left >= 4) {
        s0 = f32x4.add(s0, v128.load(p));
        p += 16;
        left -= 4;
      }
      if (left > 0) s1 = f32x4.add(s1, loadPart(p, left));
      store<f32>(address(block, 1) + (<usize>row << 2), sumLanes(f32x4.add(s0, s1)));
    }
  }
}

/** Batches of matrices turned: x [batch, rows, columns] to y [batch, columns, rows]. x, y, batch, rows, columns. Bytes: 8 an entry. */
export function transposed(block: usize, thread: i32, threads: i32, scratch: usize): void {
  const batch = int(block, 2);
  const rows = int(block, 3);
  const columns = int(block, 4);
  const strideX = <usize>columns << 2;
  const strideY = <usize>rows << 2;
  const bands = (rows + 63) >> 6;
  for (let i = next(block, 0); i < batch * bands; i = next(block, 0)) {
    const b = i / bands;
    const first = (i - b * bands) << 6;
    const count = min(64, rows - first);
    const x = address(block, 0) + (<usize>(b * rows * columns + first * columns) << 2);
    const y = address(block, 1) + (<usize>(b * rows * columns + first) << 2);
    const wholeRows = count & ~3;
    const wholeColumns = columns & ~3;
    transpose(x, strideX, wholeRows, wholeColumns, y, strideY);
    for (let r = 0; r < count; r++) {
      for (let c = r < wholeRows ? wholeColumns : 0; c < columns; c++) {
        store<f32>(y + <usize>c * strideY + (<usize>r << 2), load<f32>(x + <usize>r * strideX + (<usize>c << 2)));
      }
    }
  }
}

/** The mean of (x - y)^2; the same for any number of threads. x, y, mean, size, partial (memory [chunks]), chunks. Operations: 3 n; bytes: 8 n. */
export function meanSquare(block: usize, thread: i32, threads: i32, scratch: usize): void {
  const size = int(block, 3);
  const partial = address(block, 4);
  const chunks = int(block, 5);
  for (let chunk = next(block, 0); chunk < chunks; chunk = next(block, 0)) {
    const begin = chunk * SUM_CHUNK;
    const count = min(SUM_CHUNK, size - begin);
    const x = address(block, 0) + (<usize>begin << 2);
    const y = address(block, 1) + (<usize>begin << 2);
    let s0 = zero();
    let s1 = zero();
    let w: usize = 0;
    for (const whole = <usize>(count & ~7) << 2; w < whole; w += 32) {
      const a = f32x4.sub(v128.load(x + w), v128.load(y + w));
      const b = f32x4.sub(v128.load(x + w, 16), v128.load(y + w, 16));
      s0 = fma(a, a, s0);
      s1 = fma(b, b, s1);
    }
    let left = count & 7;
    if (left >= 4) {
      const a = f32x4.sub(v128.load(x + w), v128.load(y + w));
      s0 = fma(a, a, s0);
      w += 16;
      left -= 4;
    }
    if (left > 0) {
      const a = f32x4.sub(loadPart(x + w, left), loadPart(y + w, left));
      s1 = fma(a, a, s1);
    }
    store<f32>(partial + (<usize>chunk << 2), sumLanes(f32x4.add(s0, s1)));
  }
  barrier(block);
  if (thread != 0) return;
  let sum: f64 = 0;
  for (let chunk = 0; chunk < chunks; chunk++) sum += load<f32>(partial + (<usize>chunk << 2));
  store<f32>(address(block, 2), <f32>(sum / <f64>size));
}
