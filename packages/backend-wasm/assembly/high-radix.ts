/**
 * Stages of radix 8 and 9 of the transforms of mixed-radix.ts: what two or three stages of smaller radices do, without the memory between
 * them. Operations for each entry, in vectors: 7 (radix 8) and 9.8 (radix 9), and 4 for each factor that is not 1.
 */
import { arePairs, entryBytes } from "./entry";
import { eightOfTwo, nineOfTwo } from "./high-radix-pairs";
import { CONSTANTS, constant } from "./radix-constants";
import { fma, fnma } from "./simd";

/** Radix 8 with factors for what is left to do. */
export function byEight<T>(a: usize, b: usize, m: i32, s: i32, factors: usize): void {
  const run = <usize>s * entryBytes<T>();
  const step = run * <usize>m;
  for (let p = 0; p < m; p++, factors += 56, b += 7 * run) {
    for (const end = a + run; a < end; a += entryBytes<T>(), b += entryBytes<T>()) eight<T>(a, step, b, run, factors, false);
  }
}

/** Radix 8 where all factors are 1. */
export function plainEight<T>(a: usize, b: usize, m: i32, s: i32): void {
  const run = <usize>s * entryBytes<T>();
  const step = run * <usize>m;
  for (let p = 0; p < m; p++, b += 7 * run) {
    for (const end = a + run; a < end; a += entryBytes<T>(), b += entryBytes<T>()) eight<T>(a, step, b, run, 0, true);
  }
}

export function byNine<T>(a: usize, b: usize, m: i32, s: i32, factors: usize): void {
  const run = <usize>s * entryBytes<T>();
  const step = run * <usize>m;
  for (let p = 0; p < m; p++, factors += 64, b += 8 * run) {
    for (const end = a + run; a < end; a += entryBytes<T>(), b += entryBytes<T>()) nine<T>(a, step, b, run, factors, false);
  }
}

export function lastNine<T>(a: usize, b: usize, s: i32): void {
  const run = <usize>s * entryBytes<T>();
  for (const end = a + run; a < end; a += entryBytes<T>(), b += entryBytes<T>()) nine<T>(a, run, b, run, 0, true);
}

/** Stores an entry, times a factor unless nothing is left to do. */
// @ts-expect-error: decorator
@inline
function put(to: usize, re: v128, im: v128, factor: usize, last: bool): void {
  if (last) {
    v128.store(to, re);
    v128.store(to, im, 16);
    return;
  }
  const cosine = v128.load32_splat(factor);
  const sine = v128.load32_splat(factor, 4);
  v128.store(to, fnma(sine, im, f32x4.mul(cosine, re)));
  v128.store(to, fma(sine, re, f32x4.mul(cosine, im)), 16);
}

// @ts-expect-error: decorator
@inline
function eight<T>(q: usize, step: usize, to: usize, run: usize, factors: usize, last: bool): void {
  if (arePairs<T>()) eightOfTwo(q, step, to, run, factors, last);
  else eightOfOne(q, step, to, run, factors, last);
}

// @ts-expect-error: decorator
@inline
function nine<T>(q: usize, step: usize, to: usize, run: usize, factors: usize, last: bool): void {
  if (arePairs<T>()) nineOfTwo(q, step, to, run, factors, last);
  else nineOfOne(q, step, to, run, factors, last);
}

/** Even and odd entries by radix 4, then both by radix 2. */
// @ts-expect-error: decorator
@inline
function eightOfOne(q: usize, step: usize, to: usize, run: usize, factors: usize, last: bool): void {
  const four = step << 2;
  let p = q + step;
  let r = v128.load(p);
  let i = v128.load(p, 16);
  let r2 = v128.load(p + four);
  let i2 = v128.load(p + four, 16);
  let sumRe = f32x4.add(r, r2);
  let sumIm = f32x4.add(i, i2);
  let downRe = f32x4.sub(r, r2);
  let downIm = f32x4.sub(i, i2);
  p += step << 1;
  r = v128.load(p);
  i = v128.load(p, 16);
  r2 = v128.load(p + four);
  i2 = v128.load(p + four, 16);
  let otherRe = f32x4.add(r, r2);
  let otherIm = f32x4.add(i, i2);
  let acrossRe = f32x4.sub(r, r2);
  let acrossIm = f32x4.sub(i, i2);
  const o0Re = f32x4.add(sumRe, otherRe);
  const o0Im = f32x4.add(sumIm, otherIm);
  const o2Re = f32x4.sub(sumRe, otherRe);
  const o2Im = f32x4.sub(sumIm, otherIm);
  // o1 and o3 turned by an eighth and by three, but for their length.
  const o1Re = f32x4.sub(downRe, acrossIm);
  const o1Im = f32x4.add(downIm, acrossRe);
  const o3Re = f32x4.add(downRe, acrossIm);
  const o3Im = f32x4.sub(downIm, acrossRe);
  const t1Re = f32x4.sub(o1Re, o1Im);
  const t1Im = f32x4.add(o1Re, o1Im);
  const t3Re = f32x4.add(o3Re, o3Im);
  const t3Im = f32x4.sub(o3Re, o3Im);

  r = v128.load(q);
  i = v128.load(q, 16);
  r2 = v128.load(q + four);
  i2 = v128.load(q + four, 16);
  sumRe = f32x4.add(r, r2);
  sumIm = f32x4.add(i, i2);
  downRe = f32x4.sub(r, r2);
  downIm = f32x4.sub(i, i2);
  p = q + (step << 1);
  r = v128.load(p);
  i = v128.load(p, 16);
  r2 = v128.load(p + four);
  i2 = v128.load(p + four, 16);
  otherRe = f32x4.add(r, r2);
  otherIm = f32x4.add(i, i2);
  acrossRe = f32x4.sub(r, r2);
  acrossIm = f32x4.sub(i, i2);
  const e0Re = f32x4.add(sumRe, otherRe);
  const e0Im = f32x4.add(sumIm, otherIm);
  const e2Re = f32x4.sub(sumRe, otherRe);
  const e2Im = f32x4.sub(sumIm, otherIm);
  const e1Re = f32x4.sub(downRe, acrossIm);
  const e1Im = f32x4.add(downIm, acrossRe);
  const e3Re = f32x4.add(downRe, acrossIm);
  const e3Im = f32x4.sub(downIm, acrossRe);

  const h = constant(0);
  v128.store(to, f32x4.add(e0Re, o0Re));
  v128.store(to, f32x4.add(e0Im, o0Im), 16);
  to += run;
  put(to, fma(h, t1Re, e1Re), fma(h, t1Im, e1Im), factors, last);
  to += run;
  put(to, f32x4.sub(e2Re, o2Im), f32x4.add(e2Im, o2Re), factors + 8, last);
  to += run;
  put(to, fnma(h, t3Re, e3Re), fma(h, t3Im, e3Im), factors + 16, last);
  to += run;
  put(to, f32x4.sub(e0Re, o0Re), f32x4.sub(e0Im, o0Im), factors + 24, last);
  to += run;
  put(to, fnma(h, t1Re, e1Re), fnma(h, t1Im, e1Im), factors + 32, last);
  to += run;
  put(to, f32x4.add(e2Re, o2Im), f32x4.sub(e2Im, o2Re), factors + 40, last);
  to += run;
  put(to, fma(h, t3Re, e3Re), fnma(h, t3Im, e3Im), factors + 48, last);
}

/** Three times radix 3 over every third entry, turned, then three times over what belongs together, in the place of the results. */
// @ts-expect-error: decorator
@inline
function nineOfOne(q: usize, step: usize, to: usize, run: usize, factors: usize, last: bool): void {
  const skip = 3 * run;
  third(q, 3 * step, to, run, 0, 0);
  third(q + step, 3 * step, to + skip, run, 2, 4);
  third(q + (step << 1), 3 * step, to + 2 * skip, run, 4, 6);
  together(to, skip, factors - 8, true, last);
  together(to + run, skip, factors, last, last);
  together(to + 2 * run, skip, factors + 8, last, last);
}

/** Radix 3; the second and the third result turned by constants, unless they are 0. */
// @ts-expect-error: decorator
@inline
function third(p: usize, step: usize, to: usize, run: usize, second: usize, other: usize): void {
  const half = constant(8);
  const sine = constant(1);
  const aRe = v128.load(p);
  const aIm = v128.load(p, 16);
  p += step;
  const bRe = v128.load(p);
  const bIm = v128.load(p, 16);
  p += step;
  const cRe = v128.load(p);
  const cIm = v128.load(p, 16);
  const sumRe = f32x4.add(bRe, cRe);
  const sumIm = f32x4.add(bIm, cIm);
  const oddRe = f32x4.sub(bRe, cRe);
  const oddIm = f32x4.sub(bIm, cIm);
  const evenRe = fma(half, sumRe, aRe);
  const evenIm = fma(half, sumIm, aIm);
  v128.store(to, f32x4.add(aRe, sumRe));
  v128.store(to, f32x4.add(aIm, sumIm), 16);
  to += run;
  put(to, fnma(sine, oddIm, evenRe), fma(sine, oddRe, evenIm), CONSTANTS + (second << 2), second == 0);
  to += run;
  put(to, fma(sine, oddIm, evenRe), fnma(sine, oddRe, evenIm), CONSTANTS + (other << 2), other == 0);
}

/** Radix 3 in place; `plain` where the factor of the first result is 1. */
// @ts-expect-error: decorator
@inline
function together(to: usize, skip: usize, factors: usize, plain: bool, last: bool): void {
  const half = constant(8);
  const sine = constant(1);
  const aRe = v128.load(to);
  const aIm = v128.load(to, 16);
  const p = to + skip;
  const bRe = v128.load(p);
  const bIm = v128.load(p, 16);
  const q = p + skip;
  const cRe = v128.load(q);
  const cIm = v128.load(q, 16);
  const sumRe = f32x4.add(bRe, cRe);
  const sumIm = f32x4.add(bIm, cIm);
  const oddRe = f32x4.sub(bRe, cRe);
  const oddIm = f32x4.sub(bIm, cIm);
  const evenRe = fma(half, sumRe, aRe);
  const evenIm = fma(half, sumIm, aIm);
  put(to, f32x4.add(aRe, sumRe), f32x4.add(aIm, sumIm), factors, plain);
  put(p, fnma(sine, oddIm, evenRe), fma(sine, oddRe, evenIm), factors + 24, last);
  put(q, fma(sine, oddIm, evenRe), fnma(sine, oddRe, evenIm), factors + 48, last);
}
