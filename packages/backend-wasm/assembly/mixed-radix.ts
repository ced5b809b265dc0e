/**
 * Discrete Fourier transforms `y[n] = sum_w x[w] exp(+2 pi i w n / M)` of any length with factors 2, 3, 5, 7, four or eight at a time: an entry has
 * vectors of real parts, then of imaginary parts (entry.ts), so every operation is the same for all of them and nothing is shuffled.
 * Stages of radix 2, 3, 4, 5, 7 (here), 8 and 9 (high-radix.ts) go from one buffer to another and leave the result in order (Stockham). With n left to do of which
 * m = n / r, and s done, a stage is
 *     y[q + s (r p + j)] = exp(2 pi i j p / n) sum_k exp(2 pi i j k / r) x[q + s (p + k m)],   p < m, q < s.
 *
 * Where M is 8 times an odd radix both stages do without factors, if inputs and results are in another order (Good, Thomas).
 *
 * Plan, made by src/plans/transform-plan.ts, in words: length, stages, address of where each input belongs, address of where each result is, in
 * entries; for each stage radix, m, s, address of the factors exp(2 pi i j p / n) [p][j = 1 .. r-1][re, im] or 0 for radix 8 without, address of cos, sin (2 pi j k / r) [j = 1 .. (r-1)/2][k = 1 .. (r-1)/2][cos, sin] (radix 5, 7).
 * Operations for each entry: 8.5 vector operations a stage of radix 4.
 */
import { entryBytes } from "./entry";
import { byEight, byNine, lastNine, plainEight } from "./high-radix";
import { fma, fnma } from "./simd";

export function lengthOf(plan: usize): i32 {
  return load<i32>(plan);
}

/** Which entry input w is. */
// @ts-expect-error: decorator
@inline
export function inputPlace(plan: usize, w: i32): usize {
  return <usize>load<u32>(<usize>load<u32>(plan, 8) + (<usize>w << 2));
}

/** Bytes before input w. */
// @ts-expect-error: decorator
@inline
export function inputAt<T>(plan: usize, w: i32): usize {
  return inputPlace(plan, w) * entryBytes<T>();
}

/** Bytes before result n. */
// @ts-expect-error: decorator
@inline
export function resultAt<T>(plan: usize, n: i32): usize {
  return <usize>load<u32>(<usize>load<u32>(plan, 12) + (<usize>n << 2)) * entryBytes<T>();
}

/** Transforms what is in `a`; returns where the result is, `a` or `b`. */
export function transform<T>(plan: usize, a: usize, b: usize): usize {
  const stages = load<i32>(plan, 4);
  let stage = plan + 16;
  for (let i = 0; i < stages; i++, stage += 20) {
    const radix = load<i32>(stage);
    const m = load<i32>(stage, 4);
    const s = load<i32>(stage, 8);
    const factors = <usize>load<u32>(stage, 12);
    if (radix == 8) {
      if (factors == 0) plainEight<T>(a, b, m, s);
      else byEight<T>(a, b, m, s, factors);
    } else if (radix == 9) {
      if (m == 1) lastNine<T>(a, b, s);
      else byNine<T>(a, b, m, s, factors);
    } else {
      // Of two vectors one after the other.
      for (let v: usize = 0; v < offsetof<T>(); v += 16) {
        if (radix == 4) {
          if (m == 1) lastFour<T>(a + v, b + v, s);
          else byFour<T>(a + v, b + v, m, s, factors);
        } else if (radix == 2) {
          byTwo<T>(a + v, b + v, m, s, factors);
        } else if (radix == 3) {
          byThree<T>(a + v, b + v, m, s, factors);
        } else {
          byOdd<T>(a + v, b + v, radix, m, s, factors, <usize>load<u32>(stage, 16));
        }
      }
    }
    const swapped = a;
    a = b;
    b = swapped;
  }
  return a;
}

function byFour<T>(a: usize, b: usize, m: i32, s: i32, factors: usize): void {
  const step = <usize>(s * m) * entryBytes<T>();
  const run = <usize>s * entryBytes<T>();
  let from = a;
  let to = b;
  for (let p = 0; p < m; p++, factors += 24, to += 3 * run) {
    for (const end = from + run; from < end; from += entryBytes<T>(), to += entryBytes<T>()) {
      let q = from;
      const re0 = v128.load(q);
      const im0 = v128.load(q, offsetof<T>());
      q += step;
      const re1 = v128.load(q);
      const im1 = v128.load(q, offsetof<T>());
      q += step;
      const re2 = v128.load(q);
      const im2 = v128.load(q, offsetof<T>());
      q += step;
      const re3 = v128.load(q);
      const im3 = v128.load(q, offsetof<T>());
      const evenRe = f32x4.add(re0, re2);
      const evenIm = f32x4.add(im0, im2);
      const oddRe = f32x4.add(re1, re3);
      const oddIm = f32x4.add(im1, im3);
      v128.store(to, f32x4.add(evenRe, oddRe));
      v128.store(to, f32x4.add(evenIm, oddIm), offsetof<T>());
      const downRe = f32x4.sub(re0, re2);
      const downIm = f32x4.sub(im0, im2);
      const turnRe = f32x4.sub(im3, im1);
      const turnIm = f32x4.sub(re1, re3);
      q = to + run;
      storeTimes<T>(q, f32x4.add(downRe, turnRe), f32x4.add(downIm, turnIm), factors);
      q += run;
      storeTimes<T>(q, f32x4.sub(evenRe, oddRe), f32x4.sub(evenIm, oddIm), factors + 8);
      q += run;
      storeTimes<T>(q, f32x4.sub(downRe, turnRe), f32x4.sub(downIm, turnIm), factors + 16);
    }
  }
}

/** Radix 4 where nothing is left to do: all factors are 1. */
function lastFour<T>(a: usize, b: usize, s: i32): void {
  const run = <usize>s * entryBytes<T>();
  for (const end = a + run; a < end; a += entryBytes<T>(), b += entryBytes<T>()) {
    let q = a;
    const re0 = v128.load(q);
    const im0 = v128.load(q, offsetof<T>());
    q += run;
    const re1 = v128.load(q);
    const im1 = v128.load(q, offsetof<T>());
    q += run;
    const re2 = v128.load(q);
    const im2 = v128.load(q, offsetof<T>());
    q += run;
    const re3 = v128.load(q);
    const im3 = v128.load(q, offsetof<T>());
    const evenRe = f32x4.add(re0, re2);
    const evenIm = f32x4.add(im0, im2);
    const oddRe = f32x4.add(re1, re3);
    const oddIm = f32x4.add(im1, im3);
    const downRe = f32x4.sub(re0, re2);
    const downIm = f32x4.sub(im0, im2);
    const turnRe = f32x4.sub(im3, im1);
    const turnIm = f32x4.sub(re1, re3);
    q = b;
    v128.store(q, f32x4.add(evenRe, oddRe));
    v128.store(q, f32x4.add(evenIm, oddIm), offsetof<T>());
    q += run;
    v128.store(q, f32x4.add(downRe, turnRe));
    v128.store(q, f32x4.add(downIm, turnIm), offsetof<T>());
    q += run;
    v128.store(q, f32x4.sub(evenRe, oddRe));
    v128.store(q, f32x4.sub(evenIm, oddIm), offsetof<T>());
    q += run;
    v128.store(q, f32x4.sub(downRe, turnRe));
    v128.store(q, f32x4.sub(downIm, turnIm), offsetof<T>());
  }
}

function byTwo<T>(a: usize, b: usize, m: i32, s: i32, factors: usize): void {
  const step = <usize>(s * m) * entryBytes<T>();
  const run = <usize>s * entryBytes<T>();
  for (let p = 0; p < m; p++, factors += 8, b += run) {
    for (const end = a + run; a < end; a += entryBytes<T>(), b += entryBytes<T>()) {
      const re0 = v128.load(a);
      const im0 = v128.load(a, offsetof<T>());
      const re1 = v128.load(a + step);
      const im1 = v128.load(a + step, offsetof<T>());
      v128.store(b, f32x4.add(re0, re1));
      v128.store(b, f32x4.add(im0, im1), offsetof<T>());
      storeTimes<T>(b + run, f32x4.sub(re0, re1), f32x4.sub(im0, im1), factors);
    }
  }
}

function byThree<T>(a: usize, b: usize, m: i32, s: i32, factors: usize): void {
  const step = <usize>(s * m) * entryBytes<T>();
  const run = <usize>s * entryBytes<T>();
  const cosine = f32x4.splat(-0.5);
  const sine = f32x4.splat(0.8660254037844386);
  for (let p = 0; p < m; p++, factors += 16, b += 2 * run) {
    for (const end = a + run; a < end; a += entryBytes<T>(), b += entryBytes<T>()) {
      let q = a;
      const re0 = v128.load(q);
      const im0 = v128.load(q, offsetof<T>());
      q += step;
      const re1 = v128.load(q);
      const im1 = v128.load(q, offsetof<T>());
      q += step;
      const re2 = v128.load(q);
      const im2 = v128.load(q, offsetof<T>());
      const sumRe = f32x4.add(re1, re2);
      const sumIm = f32x4.add(im1, im2);
      v128.store(b, f32x4.add(re0, sumRe));
      v128.store(b, f32x4.add(im0, sumIm), offsetof<T>());
      const evenRe = fma(cosine, sumRe, re0);
      const evenIm = fma(cosine, sumIm, im0);
      const turnRe = f32x4.mul(sine, f32x4.sub(im2, im1));
      const turnIm = f32x4.mul(sine, f32x4.sub(re1, re2));
      storeTimes<T>(b + run, f32x4.add(evenRe, turnRe), f32x4.add(evenIm, turnIm), factors);
      storeTimes<T>(b + 2 * run, f32x4.sub(evenRe, turnRe), f32x4.sub(evenIm, turnIm), factors + 8);
    }
  }
}

/** Entries k and r - k go together: with their sums c and differences d, y_j and y_(r-j) are a_0 + sum cos c +- i sum sin d. */
function byOdd<T>(a: usize, b: usize, radix: i32, m: i32, s: i32, factors: usize, waves: usize): void {
  const step = <usize>(s * m) * entryBytes<T>();
  const run = <usize>s * entryBytes<T>();
  const half = (radix - 1) >> 1;
  const last = a + <usize>(radix - 1) * step;
  for (let p = 0; p < m; p++, factors += <usize>(radix - 1) << 3, b += <usize>(radix - 1) * run) {
    for (let q: usize = 0; q < run; q += entryBytes<T>(), b += entryBytes<T>()) {
      const at = <usize>p * run + q;
      const re0 = v128.load(a + at);
      const im0 = v128.load(a + at, offsetof<T>());
      let totalRe = re0;
      let totalIm = im0;
      let wave = waves;
      for (let j = 1; j <= half; j++) {
        let evenRe = re0;
        let evenIm = im0;
        let oddRe = i32x4.splat(0);
        let oddIm = oddRe;
        let low = a + at;
        let high = last + at;
        for (let k = 1; k <= half; k++, wave += 8, high -= step) {
          low += step;
          const lowRe = v128.load(low);
          const lowIm = v128.load(low, offsetof<T>());
          const highRe = v128.load(high);
          const highIm = v128.load(high, offsetof<T>());
          const cosine = v128.load32_splat(wave);
          const sine = v128.load32_splat(wave, 4);
          const sumRe = f32x4.add(lowRe, highRe);
          const sumIm = f32x4.add(lowIm, highIm);
          evenRe = fma(cosine, sumRe, evenRe);
          evenIm = fma(cosine, sumIm, evenIm);
          oddRe = fma(sine, f32x4.sub(lowRe, highRe), oddRe);
          oddIm = fma(sine, f32x4.sub(lowIm, highIm), oddIm);
          if (j == 1) {
            totalRe = f32x4.add(totalRe, sumRe);
            totalIm = f32x4.add(totalIm, sumIm);
          }
        }
        const up = factors + (<usize>(j - 1) << 3);
        const down = factors + (<usize>(radix - 1 - j) << 3);
        storeTimes<T>(b + <usize>j * run, f32x4.sub(evenRe, oddIm), f32x4.add(evenIm, oddRe), up);
        storeTimes<T>(b + <usize>(radix - j) * run, f32x4.add(evenRe, oddIm), f32x4.sub(evenIm, oddRe), down);
      }
      v128.store(b, totalRe);
      v128.store(b, totalIm, offsetof<T>());
    }
  }
}

/** Stores an entry times a factor. */
// @ts-expect-error: decorator
@inline
function storeTimes<T>(to: usize, re: v128, im: v128, factor: usize): void {
  const cosine = v128.load32_splat(factor);
  const sine = v128.load32_splat(factor, 4);
  v128.store(to, fnma(sine, im, f32x4.mul(cosine, re)));
  v128.store(to, fma(sine, re, f32x4.mul(cosine, im)), offsetof<T>());
}
