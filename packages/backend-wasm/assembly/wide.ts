/**
 * Kernels for vectors of 256 bits, a module of its own: V8 makes one operation of two on neighboring vectors if it is asked to while it compiles
 * (src/runtime/wide-kernels.ts), and only in code like this, whose results end in stores that are neighbors. As vectors of 128 bits the sums would not fit
 * the registers. The same sums in the same order as in the kernels that these stand for.
 */
import { addProducts, zero } from "./simd";
import { narrowTile } from "./tiles";

/**
 * C[5, 16] = a b, or C + a b, of a left panel and two right ones (tiles.ts): 160 operations, or 320, for 84 bytes at each step of
 * the depth, in 13 registers.
 */
// @ts-expect-error: decorator
@inline
function tile<T>(a: usize, b: usize, depth: i32, c: usize, stride: usize, add: bool): void {
  const row1 = c + stride;
  const row2 = row1 + stride;
  const row3 = row2 + stride;
  const row4 = row3 + stride;
  let c00 = add ? v128.load(c) : zero();
  let c01 = add ? v128.load(c, 16) : zero();
  let c02 = add ? v128.load(c, 32) : zero();
  let c03 = add ? v128.load(c, 48) : zero();
  let c10 = add ? v128.load(row1) : zero();
  let c11 = add ? v128.load(row1, 16) : zero();
  let c12 = add ? v128.load(row1, 32) : zero();
  let c13 = add ? v128.load(row1, 48) : zero();
  let c20 = add ? v128.load(row2) : zero();
  let c21 = add ? v128.load(row2, 16) : zero();
  let c22 = add ? v128.load(row2, 32) : zero();
  let c23 = add ? v128.load(row2, 48) : zero();
  let c30 = add ? v128.load(row3) : zero();
  let c31 = add ? v128.load(row3, 16) : zero();
  let c32 = add ? v128.load(row3, 32) : zero();
  let c33 = add ? v128.load(row3, 48) : zero();
  let c40 = add ? v128.load(row4) : zero();
  let c41 = add ? v128.load(row4, 16) : zero();
  let c42 = add ? v128.load(row4, 32) : zero();
  let c43 = add ? v128.load(row4, 48) : zero();
  const end = b + (<usize>depth << 6);
  while (b < end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const b2 = v128.load(b, 32);
    const b3 = v128.load(b, 48);
    const x0 = v128.load32_splat(a);
    c00 = addProducts<T>(x0, b0, c00);
    c01 = addProducts<T>(x0, b1, c01);
    c02 = addProducts<T>(x0, b2, c02);
    c03 = addProducts<T>(x0, b3, c03);
    const x1 = v128.load32_splat(a, 4);
    c10 = addProducts<T>(x1, b0, c10);
    c11 = addProducts<T>(x1, b1, c11);
    c12 = addProducts<T>(x1, b2, c12);
    c13 = addProducts<T>(x1, b3, c13);
    const x2 = v128.load32_splat(a, 8);
    c20 = addProducts<T>(x2, b0, c20);
    c21 = addProducts<T>(x2, b1, c21);
    c22 = addProducts<T>(x2, b2, c22);
    c23 = addProducts<T>(x2, b3, c23);
    const x3 = v128.load32_splat(a, 12);
    c30 = addProducts<T>(x3, b0, c30);
    c31 = addProducts<T>(x3, b1, c31);
    c32 = addProducts<T>(x3, b2, c32);
    c33 = addProducts<T>(x3, b3, c33);
    const x4 = v128.load32_splat(a, 16);
    c40 = addProducts<T>(x4, b0, c40);
    c41 = addProducts<T>(x4, b1, c41);
    c42 = addProducts<T>(x4, b2, c42);
    c43 = addProducts<T>(x4, b3, c43);
    a += 20;
    b += 64;
  }
  v128.store(c, c00);
  v128.store(c, c01, 16);
  v128.store(c, c02, 32);
  v128.store(c, c03, 48);
  v128.store(row1, c10);
  v128.store(row1, c11, 16);
  v128.store(row1, c12, 32);
  v128.store(row1, c13, 48);
  v128.store(row2, c20);
  v128.store(row2, c21, 16);
  v128.store(row2, c22, 32);
  v128.store(row2, c23, 48);
  v128.store(row3, c30);
  v128.store(row3, c31, 16);
  v128.store(row3, c32, 32);
  v128.store(row3, c33, 48);
  v128.store(row4, c40);
  v128.store(row4, c41, 16);
  v128.store(row4, c42, 32);
  v128.store(row4, c43, 48);
}

export function floatTile(a: usize, b: usize, depth: i32, c: usize, stride: usize): void {
  tile<f32>(a, b, depth, c, stride, false);
}

export function addedFloatTile(a: usize, b: usize, depth: i32, c: usize, stride: usize): void {
  tile<f32>(a, b, depth, c, stride, true);
}

export function integerTile(a: usize, b: usize, depth: i32, c: usize, stride: usize): void {
  tile<i32>(a, b, depth, c, stride, false);
}

export function addedIntegerTile(a: usize, b: usize, depth: i32, c: usize, stride: usize): void {
  tile<i32>(a, b, depth, c, stride, true);
}

/** Eight columns in vectors of 128 bits, to compare times and sums. */
export function halfTile(a: usize, b: usize, depth: i32, c: usize, stride: usize): void {
  narrowTile<f32>(a, b, depth, c, stride, false);
}
