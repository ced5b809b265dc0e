/** Elementwise operations, cut into blocks of 16384 entries that threads take in turn. */
import { address, int, next } from "./parallel";
import { loadPart, storePart } from "./simd";

const BLOCK: i32 = 16384;

/** y = a - b, all of one size. Arguments: a, b, y, size. Operations: n; bytes: 12 n. */
export function subtract(block: usize, thread: i32, threads: i32, scratch: usize): void {
  const size = int(block, 3);
  for (let i = next(block, 0); i * BLOCK < size; i = next(block, 0)) {
    const from = (<usize>(i * BLOCK)) << 2;
    let a = address(block, 0) + from;
    let b = address(block, 1) + from;
    let y = address(block, 2) + from;
    const count = min(BLOCK, size - i * BLOCK);
    for (const end = a + ((<usize>(count & ~3)) << 2); a < end; a += 16, b += 16, y += 16) {
      v128.store(y, f32x4.sub(v128.load(a), v128.load(b)));
    }
    const left = count & 3;
    if (left > 0) storePart(y, f32x4.sub(loadPart(a, left), loadPart(b, left)), left);
  }
}
