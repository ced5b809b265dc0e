/** Radix 8 and 9 of high-radix.ts for entries of two vectors each, which V8 joins (wide.ts): the same operations on both. */
import { CONSTANTS, constant } from "./radix-constants";
import { fma, fnma } from "./simd";

/** Stores an entry, times a factor unless nothing is left to do. */
// @ts-expect-error: decorator
@inline
function putTwo(to: usize, re0: v128, re1: v128, im0: v128, im1: v128, factor: usize, last: bool): void {
  if (last) {
    v128.store(to, re1, 16);
    v128.store(to, re0);
    v128.store(to, im1, 48);
    v128.store(to, im0, 32);
    return;
  }
  const cosine = v128.load32_splat(factor);
  const sine = v128.load32_splat(factor, 4);
  v128.store(to, fnma(sine, im1, f32x4.mul(cosine, re1)), 16);
  v128.store(to, fnma(sine, im0, f32x4.mul(cosine, re0)));
  v128.store(to, fma(sine, re1, f32x4.mul(cosine, im1)), 48);
  v128.store(to, fma(sine, re0, f32x4.mul(cosine, im0)), 32);
}

// @ts-expect-error: decorator
@inline
export function eightOfTwo(q: usize, step: usize, to: usize, run: usize, factors: usize, last: bool): void {
  const four = step << 2;
  let p = q + step;
  let r0 = v128.load(p);
  let r1 = v128.load(p, 16);
  let i0 = v128.load(p, 32);
  let i1 = v128.load(p, 48);
  let r20 = v128.load(p + four);
  let r21 = v128.load(p + four, 16);
  let i20 = v128.load(p + four, 32);
  let i21 = v128.load(p + four, 48);
  let sumRe0 = f32x4.add(r0, r20);
  let sumRe1 = f32x4.add(r1, r21);
  let sumIm0 = f32x4.add(i0, i20);
  let sumIm1 = f32x4.add(i1, i21);
  let downRe0 = f32x4.sub(r0, r20);
  let downRe1 = f32x4.sub(r1, r21);
  let downIm0 = f32x4.sub(i0, i20);
  let downIm1 = f32x4.sub(i1, i21);
  p += step << 1;
  r0 = v128.load(p);
  r1 = v128.load(p, 16);
  i0 = v128.load(p, 32);
  i1 = v128.load(p, 48);
  r20 = v128.load(p + four);
  r21 = v128.load(p + four, 16);
  i20 = v128.load(p + four, 32);
  i21 = v128.load(p + four, 48);
  let otherRe0 = f32x4.add(r0, r20);
  let otherRe1 = f32x4.add(r1, r21);
  let otherIm0 = f32x4.add(i0, i20);
  let otherIm1 = f32x4.add(i1, i21);
  let acrossRe0 = f32x4.sub(r0, r20);
  let acrossRe1 = f32x4.sub(r1, r21);
  let acrossIm0 = f32x4.sub(i0, i20);
  let acrossIm1 = f32x4.sub(i1, i21);
  const o0Re0 = f32x4.add(sumRe0, otherRe0);
  const o0Re1 = f32x4.add(sumRe1, otherRe1);
  const o0Im0 = f32x4.add(sumIm0, otherIm0);
  const o0Im1 = f32x4.add(sumIm1, otherIm1);
  const o2Re0 = f32x4.sub(sumRe0, otherRe0);
  const o2Re1 = f32x4.sub(sumRe1, otherRe1);
  const o2Im0 = f32x4.sub(sumIm0, otherIm0);
  const o2Im1 = f32x4.sub(sumIm1, otherIm1);
  // o1 and o3 turned by an eighth and by three, but for their length.
  const o1Re0 = f32x4.sub(downRe0, acrossIm0);
  const o1Re1 = f32x4.sub(downRe1, acrossIm1);
  const o1Im0 = f32x4.add(downIm0, acrossRe0);
  const o1Im1 = f32x4.add(downIm1, acrossRe1);
  const o3Re0 = f32x4.add(downRe0, acrossIm0);
  const o3Re1 = f32x4.add(downRe1, acrossIm1);
  const o3Im0 = f32x4.sub(downIm0, acrossRe0);
  const o3Im1 = f32x4.sub(downIm1, acrossRe1);
  const t1Re0 = f32x4.sub(o1Re0, o1Im0);
  const t1Re1 = f32x4.sub(o1Re1, o1Im1);
  const t1Im0 = f32x4.add(o1Re0, o1Im0);
  const t1Im1 = f32x4.add(o1Re1, o1Im1);
  const t3Re0 = f32x4.add(o3Re0, o3Im0);
  const t3Re1 = f32x4.add(o3Re1, o3Im1);
  const t3Im0 = f32x4.sub(o3Re0, o3Im0);
  const t3Im1 = f32x4.sub(o3Re1, o3Im1);

  r0 = v128.load(q);
  r1 = v128.load(q, 16);
  i0 = v128.load(q, 32);
  i1 = v128.load(q, 48);
  r20 = v128.load(q + four);
  r21 = v128.load(q + four, 16);
  i20 = v128.load(q + four, 32);
  i21 = v128.load(q + four, 48);
  sumRe0 = f32x4.add(r0, r20);
  sumRe1 = f32x4.add(r1, r21);
  sumIm0 = f32x4.add(i0, i20);
  sumIm1 = f32x4.add(i1, i21);
  downRe0 = f32x4.sub(r0, r20);
  downRe1 = f32x4.sub(r1, r21);
  downIm0 = f32x4.sub(i0, i20);
  downIm1 = f32x4.sub(i1, i21);
  p = q + (step << 1);
  r0 = v128.load(p);
  r1 = v128.load(p, 16);
  i0 = v128.load(p, 32);
  i1 = v128.load(p, 48);
  r20 = v128.load(p + four);
  r21 = v128.load(p + four, 16);
  i20 = v128.load(p + four, 32);
  i21 = v128.load(p + four, 48);
  otherRe0 = f32x4.add(r0, r20);
  otherRe1 = f32x4.add(r1, r21);
  otherIm0 = f32x4.add(i0, i20);
  otherIm1 = f32x4.add(i1, i21);
  acrossRe0 = f32x4.sub(r0, r20);
  acrossRe1 = f32x4.sub(r1, r21);
  acrossIm0 = f32x4.sub(i0, i20);
  acrossIm1 = f32x4.sub(i1, i21);
  const e0Re0 = f32x4.add(sumRe0, otherRe0);
  const e0Re1 = f32x4.add(sumRe1, otherRe1);
  const e0Im0 = f32x4.add(sumIm0, otherIm0);
  const e0Im1 = f32x4.add(sumIm1, otherIm1);
  const e2Re0 = f32x4.sub(sumRe0, otherRe0);
  const e2Re1 = f32x4.sub(sumRe1, otherRe1);
  const e2Im0 = f32x4.sub(sumIm0, otherIm0);
  const e2Im1 = f32x4.sub(sumIm1, otherIm1);
  const e1Re0 = f32x4.sub(downRe0, acrossIm0);
  const e1Re1 = f32x4.sub(downRe1, acrossIm1);
  const e1Im0 = f32x4.add(downIm0, acrossRe0);
  const e1Im1 = f32x4.add(downIm1, acrossRe1);
  const e3Re0 = f32x4.add(downRe0, acrossIm0);
  const e3Re1 = f32x4.add(downRe1, acrossIm1);
  const e3Im0 = f32x4.sub(downIm0, acrossRe0);
  const e3Im1 = f32x4.sub(downIm1, acrossRe1);

  const h = constant(0);
  v128.store(to, f32x4.add(e0Re1, o0Re1), 16);
  v128.store(to, f32x4.add(e0Re0, o0Re0));
  v128.store(to, f32x4.add(e0Im1, o0Im1), 48);
  v128.store(to, f32x4.add(e0Im0, o0Im0), 32);
  to += run;
  putTwo(to, fma(h, t1Re0, e1Re0), fma(h, t1Re1, e1Re1), fma(h, t1Im0, e1Im0), fma(h, t1Im1, e1Im1), factors, last);
  to += run;
  putTwo(to, f32x4.sub(e2Re0, o2Im0), f32x4.sub(e2Re1, o2Im1), f32x4.add(e2Im0, o2Re0), f32x4.add(e2Im1, o2Re1), factors + 8, last);
  to += run;
  putTwo(to, fnma(h, t3Re0, e3Re0), fnma(h, t3Re1, e3Re1), fma(h, t3Im0, e3Im0), fma(h, t3Im1, e3Im1), factors + 16, last);
  to += run;
  putTwo(to, f32x4.sub(e0Re0, o0Re0), f32x4.sub(e0Re1, o0Re1), f32x4.sub(e0Im0, o0Im0), f32x4.sub(e0Im1, o0Im1), factors + 24, last);
  to += run;
  putTwo(to, fnma(h, t1Re0, e1Re0), fnma(h, t1Re1, e1Re1), fnma(h, t1Im0, e1Im0), fnma(h, t1Im1, e1Im1), factors + 32, last);
  to += run;
  putTwo(to, f32x4.add(e2Re0, o2Im0), f32x4.add(e2Re1, o2Im1), f32x4.sub(e2Im0, o2Re0), f32x4.sub(e2Im1, o2Re1), factors + 40, last);
  to += run;
  putTwo(to, fma(h, t3Re0, e3Re0), fma(h, t3Re1, e3Re1), fnma(h, t3Im0, e3Im0), fnma(h, t3Im1, e3Im1), factors + 48, last);
}

// @ts-expect-error: decorator
@inline
export function nineOfTwo(q: usize, step: usize, to: usize, run: usize, factors: usize, last: bool): void {
  const skip = 3 * run;
  thirdOfTwo(q, 3 * step, to, run, 0, 0);
  thirdOfTwo(q + step, 3 * step, to + skip, run, 2, 4);
  thirdOfTwo(q + (step << 1), 3 * step, to + 2 * skip, run, 4, 6);
  togetherOfTwo(to, skip, factors - 8, true, last);
  togetherOfTwo(to + run, skip, factors, last, last);
  togetherOfTwo(to + 2 * run, skip, factors + 8, last, last);
}

// @ts-expect-error: decorator
@inline
function thirdOfTwo(p: usize, step: usize, to: usize, run: usize, second: usize, other: usize): void {
  const half = constant(8);
  const sine = constant(1);
  const aRe0 = v128.load(p);
  const aRe1 = v128.load(p, 16);
  const aIm0 = v128.load(p, 32);
  const aIm1 = v128.load(p, 48);
  p += step;
  const bRe0 = v128.load(p);
  const bRe1 = v128.load(p, 16);
  const bIm0 = v128.load(p, 32);
  const bIm1 = v128.load(p, 48);
  p += step;
  const cRe0 = v128.load(p);
  const cRe1 = v128.load(p, 16);
  const cIm0 = v128.load(p, 32);
  const cIm1 = v128.load(p, 48);
  const sumRe0 = f32x4.add(bRe0, cRe0);
  const sumRe1 = f32x4.add(bRe1, cRe1);
  const sumIm0 = f32x4.add(bIm0, cIm0);
  const sumIm1 = f32x4.add(bIm1, cIm1);
  const oddRe0 = f32x4.sub(bRe0, cRe0);
  const oddRe1 = f32x4.sub(bRe1, cRe1);
  const oddIm0 = f32x4.sub(bIm0, cIm0);
  const oddIm1 = f32x4.sub(bIm1, cIm1);
  const evenRe0 = fma(half, sumRe0, aRe0);
  const evenRe1 = fma(half, sumRe1, aRe1);
  const evenIm0 = fma(half, sumIm0, aIm0);
  const evenIm1 = fma(half, sumIm1, aIm1);
  v128.store(to, f32x4.add(aRe1, sumRe1), 16);
  v128.store(to, f32x4.add(aRe0, sumRe0));
  v128.store(to, f32x4.add(aIm1, sumIm1), 48);
  v128.store(to, f32x4.add(aIm0, sumIm0), 32);
  to += run;
  putTwo(to, fnma(sine, oddIm0, evenRe0), fnma(sine, oddIm1, evenRe1), fma(sine, oddRe0, evenIm0), fma(sine, oddRe1, evenIm1), CONSTANTS + (second << 2), second == 0);
  to += run;
  putTwo(to, fma(sine, oddIm0, evenRe0), fma(sine, oddIm1, evenRe1), fnma(sine, oddRe0, evenIm0), fnma(sine, oddRe1, evenIm1), CONSTANTS + (other << 2), other == 0);
}

// @ts-expect-error: decorator
@inline
function togetherOfTwo(to: usize, skip: usize, factors: usize, plain: bool, last: bool): void {
  const half = constant(8);
  const sine = constant(1);
  const aRe0 = v128.load(to);
  const aRe1 = v128.load(to, 16);
  const aIm0 = v128.load(to, 32);
  const aIm1 = v128.load(to, 48);
  const p = to + skip;
  const bRe0 = v128.load(p);
  const bRe1 = v128.load(p, 16);
  const bIm0 = v128.load(p, 32);
  const bIm1 = v128.load(p, 48);
  const q = p + skip;
  const cRe0 = v128.load(q);
  const cRe1 = v128.load(q, 16);
  const cIm0 = v128.load(q, 32);
  const cIm1 = v128.load(q, 48);
  const sumRe0 = f32x4.add(bRe0, cRe0);
  const sumRe1 = f32x4.add(bRe1, cRe1);
  const sumIm0 = f32x4.add(bIm0, cIm0);
  const sumIm1 = f32x4.add(bIm1, cIm1);
  const oddRe0 = f32x4.sub(bRe0, cRe0);
  const oddRe1 = f32x4.sub(bRe1, cRe1);
  const oddIm0 = f32x4.sub(bIm0, cIm0);
  const oddIm1 = f32x4.sub(bIm1, cIm1);
  const evenRe0 = fma(half, sumRe0, aRe0);
  const evenRe1 = fma(half, sumRe1, aRe1);
  const evenIm0 = fma(half, sumIm0, aIm0);
  const evenIm1 = fma(half, sumIm1, aIm1);
  putTwo(to, f32x4.add(aRe0, sumRe0), f32x4.add(aRe1, sumRe1), f32x4.add(aIm0, sumIm0), f32x4.add(aIm1, sumIm1), factors, plain);
  putTwo(p, fnma(sine, oddIm0, evenRe0), fnma(sine, oddIm1, evenRe1), fma(sine, oddRe0, evenIm0), fma(sine, oddRe1, evenIm1), factors + 24, last);
  putTwo(q, fma(sine, oddIm0, evenRe0), fma(sine, oddIm1, evenRe1), fnma(sine, oddRe0, evenIm0), fnma(sine, oddRe1, evenIm1), factors + 48, last);
}
