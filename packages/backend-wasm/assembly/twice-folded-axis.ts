/**
 * Synthesis along an axis of 32 i points, where even frequencies share more: with f = 4 u (ce, se) and f = 4 u + 2 (co, so) their sums at a base
 * point n and at N/4 - n are
 *     p0(n) = ce + co     p0(N/4 - n) = ce - co     p2(n) = se + so     p2(N/4 - n) = so - se
 * so that half of the base points need them (assembly/axis.ts has the rest).
 *
 * Operations for L lanes, in multiply-adds: 3 R L N / 16.
 */
import { fma, zero } from "./simd";
import { eighthPoint, twiceFoldedBlock, twiceFoldedPair, wide } from "./wide-imports";

/** Whether an axis is taken so; src/plans/fourier-plan.ts makes its table accordingly. */
// @ts-ignore: decorator
@inline
export function isTwiceFolded(N: i32, h: i32): bool {
  return (N & 31) == 0 && h >= 4;
}

/**
 * Table: for blocks of four points n = 0 .. N/8 - 1 the rows of ce, co, se, so, of odd cosines at n and at N/4 - n, and of odd sines,
 * [row][4 points] each; then the point N/8, [t][kind].
 */
export function synthesizeTwiceFolded(
  a: usize,
  strideA: usize,
  vectors: i32,
  y: usize,
  strideY: usize,
  table: usize,
  h: i32,
  N: i32,
  scratch: usize,
): void {
  const skip = strideA << 2;
  const width = <usize>vectors << 4;
  const first = (h + 1) >> 1;
  const second = h >> 1;
  const quarter = N >> 2;
  const kindBytes = <usize>h << 4;
  const blockBytes = 6 * kindBytes;
  for (let n = 0; n < N >> 3; n += 4, table += blockBytes) {
    let lane: usize = 0;
    for (; wide && lane + 64 <= width; lane += 64) {
      twiceFoldedBlock(a + lane, strideA, y + lane, strideY, table, h, N, n, scratch);
    }
    for (; wide && lane + 32 <= width; lane += 32) {
      twiceFoldedPair(a + lane, strideA, y + lane, strideY, table, h, N, n, scratch);
    }
    for (; lane < width; lane += 32) {
      // The last vector twice where it is alone.
      const gap: usize = lane + 32 <= width ? 16 : 0;
      const p = a + lane;
      let t = table;
      t = sumFour(p, gap, 2 * skip, first, t, scratch);
      t = sumFour(p + skip, gap, 2 * skip, second, t, scratch + 128);
      t = sumFour(p + 2 * strideA, gap, 2 * skip, first, t, scratch + 256);
      t = sumFour(p + 2 * strideA + skip, gap, 2 * skip, second, t, scratch + 384);
      t = sumFour(p + strideA, gap, skip, h, t, scratch + 512);
      t = sumFour(p + strideA, gap, skip, h, t, scratch + 640);
      t = sumFour(p + 3 * strideA, gap, skip, h, t, scratch + 768);
      sumFour(p + 3 * strideA, gap, skip, h, t, scratch + 896);
      for (let i = 0; i < 4; i++) {
        const s = scratch + (<usize>i << 5);
        spreadPair(s, n + i, quarter, y + lane, strideY, N);
        spreadPair(s + 16, n + i, quarter, y + lane + gap, strideY, N);
      }
    }
  }
  // The point N/8 is its own partner.
  const end = table + kindBytes;
  const joined = wide ? width & ~31 : 0;
  if (joined > 0) eighthPoint(a, strideA, y, strideY, table, h, N, joined);
  for (let lane = joined; lane < width; lane += 16) {
    let p = a + lane;
    let p0 = zero();
    let p1 = zero();
    let p2 = zero();
    let p3 = zero();
    for (let t = table; t < end; t += 16) {
      p0 = fma(v128.load32_splat(t), v128.load(p), p0);
      p += strideA;
      p1 = fma(v128.load32_splat(t, 4), v128.load(p), p1);
      p += strideA;
      p2 = fma(v128.load32_splat(t, 8), v128.load(p), p2);
      p += strideA;
      p3 = fma(v128.load32_splat(t, 12), v128.load(p), p3);
      p += strideA;
    }
    storeFour(p0, p1, p2, p3, N >> 3, y + lane, strideY, N);
  }
}

/** The sums of `rows` rows at four points, of two vectors: [4 points][2]; returns where the table goes on. */
// @ts-ignore: decorator
@inline
function sumFour(p: usize, gap: usize, step: usize, rows: i32, t: usize, to: usize): usize {
  let a0 = zero();
  let a1 = zero();
  let a2 = zero();
  let a3 = zero();
  let b0 = zero();
  let b1 = zero();
  let b2 = zero();
  let b3 = zero();
  for (const end = t + (<usize>rows << 4); t < end; t += 16, p += step) {
    const left = v128.load(p);
    const right = v128.load(p + gap);
    let w = v128.load32_splat(t);
    a0 = fma(w, left, a0);
    b0 = fma(w, right, b0);
    w = v128.load32_splat(t, 4);
    a1 = fma(w, left, a1);
    b1 = fma(w, right, b1);
    w = v128.load32_splat(t, 8);
    a2 = fma(w, left, a2);
    b2 = fma(w, right, b2);
    w = v128.load32_splat(t, 12);
    a3 = fma(w, left, a3);
    b3 = fma(w, right, b3);
  }
  v128.store(to, a0);
  v128.store(to, b0, 16);
  v128.store(to, a1, 32);
  v128.store(to, b1, 48);
  v128.store(to, a2, 64);
  v128.store(to, b2, 80);
  v128.store(to, a3, 96);
  v128.store(to, b3, 112);
  return t;
}

/** Writes the values at the eight points that share the sums of n and of its partner. */
// @ts-ignore: decorator
@inline
function spreadPair(s: usize, n: i32, quarter: i32, y: usize, strideY: usize, N: i32): void {
  const ce = v128.load(s);
  const co = v128.load(s, 128);
  const se = v128.load(s, 256);
  const so = v128.load(s, 384);
  storeFour(f32x4.add(ce, co), v128.load(s, 512), f32x4.add(se, so), v128.load(s, 768), n, y, strideY, N);
  storeFour(f32x4.sub(ce, co), v128.load(s, 640), f32x4.sub(so, se), v128.load(s, 896), quarter - n, y, strideY, N);
}

/** The values at n, N - n, N/2 - n and N/2 + n from the sums of the four kinds. */
// @ts-ignore: decorator
@inline
function storeFour(p0: v128, p1: v128, p2: v128, p3: v128, n: i32, y: usize, strideY: usize, N: i32): void {
  const half = N >> 1;
  const cosines = f32x4.add(p0, p1);
  const sines = f32x4.add(p2, p3);
  const cosines2 = f32x4.sub(p0, p1);
  const sines2 = f32x4.sub(p2, p3);
  v128.store(y + (n != 0 ? <usize>(N - n) : 0) * strideY, f32x4.sub(cosines, sines));
  v128.store(y + <usize>n * strideY, f32x4.add(cosines, sines));
  v128.store(y + <usize>(half - n) * strideY, f32x4.sub(cosines2, sines2));
  v128.store(y + <usize>(half + n) * strideY, f32x4.add(cosines2, sines2));
}
