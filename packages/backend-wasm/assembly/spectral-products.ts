/** Products of complex matrices at every frequency, by the contractions of assembly/concept-lists.ts, one row of the result a task. */
import { addProducts, correlateListed, listProduct, PRODUCT_BYTES, subtractListed } from "./concept-lists";
import { address, int, next } from "./parallel";

/**
 * spectralMatMul. M, aRe, aIm, bRe, bIm, re, im, rows P, inner Q, columns S, kind (0: a b, 1: a^H b, 2: a b^H).
 * Scratch: 4 S + 16 Q bytes. Operations: 8 P Q S M; bytes: 8 (P Q + Q S + P S) M.
 */
export function spectralProduct(block: usize, thread: i32, threads: i32, scratch: usize): void {
  const M = int(block, 0);
  const aRe = address(block, 1);
  const aIm = address(block, 2);
  const bRe = address(block, 3);
  const bIm = address(block, 4);
  const rows = int(block, 7);
  const inner = int(block, 8);
  const columns = int(block, 9);
  const kind = int(block, 10);
  const row = <usize>M << 2;
  const length = max(inner, columns);
  const products = scratch + ((<usize>(length + 3) & ~3) << 2);
  for (let i = 0; i < length; i++) store<i32>(scratch + (<usize>i << 2), i);
  for (let p = next(block, 0); p < rows; p = next(block, 0)) {
    const o = <usize>(p * columns) * row;
    const re = address(block, 5) + o;
    const im = address(block, 6) + o;
    const a = <usize>(p * inner) * row;
    if (kind == 2) {
      correlateListed(aRe + a, aIm + a, bRe, bIm, scratch, columns, inner, M, re, im);
    } else if (kind == 1) {
      let end = products;
      for (let q = 0; q < inner; q++) {
        const x = <usize>(q * columns) * row;
        const z = <usize>(q * rows + p) * row;
        end = listProduct(end, bRe + x, bIm + x, aRe + z, aIm + z);
      }
      addProducts(products, end, columns, M, re, im, false, 0, row);
    } else {
      memory.fill(re, 0, <usize>columns * row);
      memory.fill(im, 0, <usize>columns * row);
      subtractListed(re, im, bRe, bIm, scratch, inner, columns, M, aRe + a, aIm + a);
      negate(re, columns * M);
      negate(im, columns * M);
    }
  }
}

/** Bytes of scratch for one thread. Not a kernel. */
export function spectralProductScratch(inner: i32, columns: i32): usize {
  return (<usize>(max(inner, columns) + 4) << 2) + <usize>inner * PRODUCT_BYTES;
}

function negate(x: usize, n: i32): void {
  const end = x + (<usize>n << 2);
  for (; x + 16 <= end; x += 16) v128.store(x, f32x4.neg(v128.load(x)));
  for (; x < end; x += 4) store<f32>(x, -load<f32>(x));
}

/** centerGradient. theta, upstream, center, concepts, channels, M, the frequency 0. Operations: 2 K C; bytes: a cache line for each K C. */
export function centerGradient(block: usize, thread: i32, threads: i32, scratch: usize): void {
  const concepts = int(block, 3);
  const channels = int(block, 4);
  const row = <usize>int(block, 5) << 2;
  const step = <usize>(2 * channels) * row;
  for (let c = next(block, 0); c < channels; c = next(block, 0)) {
    let e = address(block, 0) + <usize>c * row + (<usize>int(block, 6) << 2);
    let sum: f32 = 0;
    for (let k = 0; k < concepts; k++, e += step) sum -= load<f32>(e) * load<f32>(address(block, 1) + (<usize>k << 2));
    store<f32>(address(block, 2) + (<usize>c << 2), sum);
  }
}
