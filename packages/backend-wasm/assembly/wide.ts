/**
 * Kernels for vectors of 256 bits, a module of its own: V8 makes one operation of two on neighboring vectors if it is asked to while it compiles
 * (src/runtime/wide-kernels.ts), and only in code like this, whose results end in stores that are neighbors. As vectors of 128 bits the sums would not fit
 * the registers. The same sums in the same order as in the kernels that these stand for.
 */
import { energiesOfEntries } from "./conv-spectra";
import { fourLines } from "./correlation";
import { One, Two } from "./entry";
import { energiesOfSamples } from "./grid-energies";
import { addProducts, fma, fnma, zero } from "./simd";
import { narrowTile } from "./tiles";

/**
 * C[3, 24] = a b, or C + a b, of half of a left panel and of a group of right ones (tiles.ts): 144 operations, or 288, for 108 bytes at each step of the depth,
 * in 13 registers. V8 repeats a loop of this size, so that addresses stay in registers, and not one that is a row longer. Stored vectors begin as many bytes
 * apart as `Vector` has.
 */
// @ts-expect-error: decorator
@inline
function tile<T, Vector>(a: usize, b: usize, depth: i32, c: usize, stride: usize, add: bool): void {
  const row1 = c + stride;
  const row2 = row1 + stride;
  let c00 = add ? v128.load(c) : zero();
  let c01 = add ? v128.load(c, 16) : zero();
  let c02 = add ? v128.load(c, 32) : zero();
  let c03 = add ? v128.load(c, 48) : zero();
  let c04 = add ? v128.load(c, 64) : zero();
  let c05 = add ? v128.load(c, 80) : zero();
  let c10 = add ? v128.load(row1) : zero();
  let c11 = add ? v128.load(row1, 16) : zero();
  let c12 = add ? v128.load(row1, 32) : zero();
  let c13 = add ? v128.load(row1, 48) : zero();
  let c14 = add ? v128.load(row1, 64) : zero();
  let c15 = add ? v128.load(row1, 80) : zero();
  let c20 = add ? v128.load(row2) : zero();
  let c21 = add ? v128.load(row2, 16) : zero();
  let c22 = add ? v128.load(row2, 32) : zero();
  let c23 = add ? v128.load(row2, 48) : zero();
  let c24 = add ? v128.load(row2, 64) : zero();
  let c25 = add ? v128.load(row2, 80) : zero();
  const end = b + <usize>depth * 96;
  while (b < end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const b2 = v128.load(b, 32);
    const b3 = v128.load(b, 48);
    const b4 = v128.load(b, 64);
    const b5 = v128.load(b, 80);
    const x0 = v128.load32_splat(a);
    c00 = addProducts<T>(x0, b0, c00);
    c01 = addProducts<T>(x0, b1, c01);
    c02 = addProducts<T>(x0, b2, c02);
    c03 = addProducts<T>(x0, b3, c03);
    c04 = addProducts<T>(x0, b4, c04);
    c05 = addProducts<T>(x0, b5, c05);
    const x1 = v128.load32_splat(a, 4);
    c10 = addProducts<T>(x1, b0, c10);
    c11 = addProducts<T>(x1, b1, c11);
    c12 = addProducts<T>(x1, b2, c12);
    c13 = addProducts<T>(x1, b3, c13);
    c14 = addProducts<T>(x1, b4, c14);
    c15 = addProducts<T>(x1, b5, c15);
    const x2 = v128.load32_splat(a, 8);
    c20 = addProducts<T>(x2, b0, c20);
    c21 = addProducts<T>(x2, b1, c21);
    c22 = addProducts<T>(x2, b2, c22);
    c23 = addProducts<T>(x2, b3, c23);
    c24 = addProducts<T>(x2, b4, c24);
    c25 = addProducts<T>(x2, b5, c25);
    a += 24;
    b += 96;
  }
  v128.store(c, c01, offsetof<Vector>());
  v128.store(c, c00);
  v128.store(c, c03, offsetof<Vector>() * 3);
  v128.store(c, c02, offsetof<Vector>() * 2);
  v128.store(c, c05, offsetof<Vector>() * 5);
  v128.store(c, c04, offsetof<Vector>() * 4);
  v128.store(row1, c11, offsetof<Vector>());
  v128.store(row1, c10);
  v128.store(row1, c13, offsetof<Vector>() * 3);
  v128.store(row1, c12, offsetof<Vector>() * 2);
  v128.store(row1, c15, offsetof<Vector>() * 5);
  v128.store(row1, c14, offsetof<Vector>() * 4);
  v128.store(row2, c21, offsetof<Vector>());
  v128.store(row2, c20);
  v128.store(row2, c23, offsetof<Vector>() * 3);
  v128.store(row2, c22, offsetof<Vector>() * 2);
  v128.store(row2, c25, offsetof<Vector>() * 5);
  v128.store(row2, c24, offsetof<Vector>() * 4);
}

export function floatTile(a: usize, b: usize, depth: i32, c: usize, stride: usize): void {
  tile<f32, One>(a, b, depth, c, stride, false);
}

export function addedFloatTile(a: usize, b: usize, depth: i32, c: usize, stride: usize): void {
  tile<f32, One>(a, b, depth, c, stride, true);
}

export function integerTile(a: usize, b: usize, depth: i32, c: usize, stride: usize): void {
  tile<i32, One>(a, b, depth, c, stride, false);
}

export function addedIntegerTile(a: usize, b: usize, depth: i32, c: usize, stride: usize): void {
  tile<i32, One>(a, b, depth, c, stride, true);
}

/** A left panel and a right one as tiles.ts has them: what sums are compared with. */
export function narrowFloatTile(a: usize, b: usize, depth: i32, c: usize, stride: usize): void {
  narrowTile<f32>(a, b, depth, c, stride, false);
}

/** `floatTile` with gaps between the vectors that it stores, which are not joined then: to compare times. */
export function apartTile(a: usize, b: usize, depth: i32, c: usize, stride: usize): void {
  tile<f32, Two>(a, b, depth, c, stride, false);
}

/** As many bytes as lie between the four weights of a row: next to each other, or as tables of analyses have them. */
@unmanaged
class Adjacent {
  a: f32;
}
@unmanaged
class EveryFourth {
  a: u64;
  b: u64;
}

/**
 * Sums of `rows` rows of four vectors, `step` bytes apart, with four weights each, `weightStep` bytes from one row to the next, to four rows `toStep` bytes
 * apart; returns where the weights go on.
 */
// @ts-expect-error: decorator
@inline
function sumFour<Weight>(p: usize, step: usize, rows: i32, w: usize, weightStep: usize, to: usize, toStep: usize): usize {
  let a00 = zero();
  let a01 = zero();
  let a02 = zero();
  let a03 = zero();
  let a10 = zero();
  let a11 = zero();
  let a12 = zero();
  let a13 = zero();
  let a20 = zero();
  let a21 = zero();
  let a22 = zero();
  let a23 = zero();
  let a30 = zero();
  let a31 = zero();
  let a32 = zero();
  let a33 = zero();
  for (let row = 0; row < rows; row++, p += step, w += weightStep) {
    const x0 = v128.load(p);
    const x1 = v128.load(p, 16);
    const x2 = v128.load(p, 32);
    const x3 = v128.load(p, 48);
    const w0 = v128.load32_splat(w);
    a00 = fma(w0, x0, a00);
    a01 = fma(w0, x1, a01);
    a02 = fma(w0, x2, a02);
    a03 = fma(w0, x3, a03);
    const w1 = v128.load32_splat(w, offsetof<Weight>());
    a10 = fma(w1, x0, a10);
    a11 = fma(w1, x1, a11);
    a12 = fma(w1, x2, a12);
    a13 = fma(w1, x3, a13);
    const w2 = v128.load32_splat(w, offsetof<Weight>() * 2);
    a20 = fma(w2, x0, a20);
    a21 = fma(w2, x1, a21);
    a22 = fma(w2, x2, a22);
    a23 = fma(w2, x3, a23);
    const w3 = v128.load32_splat(w, offsetof<Weight>() * 3);
    a30 = fma(w3, x0, a30);
    a31 = fma(w3, x1, a31);
    a32 = fma(w3, x2, a32);
    a33 = fma(w3, x3, a33);
  }
  const to1 = to + toStep;
  const to2 = to1 + toStep;
  const to3 = to2 + toStep;
  v128.store(to, a01, 16);
  v128.store(to, a00);
  v128.store(to, a03, 48);
  v128.store(to, a02, 32);
  v128.store(to1, a11, 16);
  v128.store(to1, a10);
  v128.store(to1, a13, 48);
  v128.store(to1, a12, 32);
  v128.store(to2, a21, 16);
  v128.store(to2, a20);
  v128.store(to2, a23, 48);
  v128.store(to2, a22, 32);
  v128.store(to3, a31, 16);
  v128.store(to3, a30);
  v128.store(to3, a33, 48);
  v128.store(to3, a32, 32);
  return w;
}

/** Sums at four points of an axis, of four vectors: `[4 points][4]`; returns where the weights go on. */
// @ts-expect-error: decorator
@inline
function sumPoints(p: usize, step: usize, rows: i32, t: usize, to: usize): usize {
  return sumFour<Adjacent>(p, step, rows, t, 16, to, 64);
}

/** The values of two vectors at n, N - n, N/2 + n and N/2 - n, which share the sums of the four kinds (axis.ts). */
// @ts-expect-error: decorator
@inline
function spreadPair(
  p00: v128,
  p01: v128,
  p10: v128,
  p11: v128,
  p20: v128,
  p21: v128,
  p30: v128,
  p31: v128,
  n: i32,
  N: i32,
  y: usize,
  strideY: usize,
): void {
  const up = y + <usize>n * strideY;
  const down = y + <usize>(n == 0 ? 0 : N - n) * strideY;
  const upHalf = y + <usize>((N >> 1) + n) * strideY;
  const downHalf = y + <usize>((N >> 1) - n) * strideY;
  const cosines0 = f32x4.add(p00, p10);
  const cosines1 = f32x4.add(p01, p11);
  const sines0 = f32x4.add(p20, p30);
  const sines1 = f32x4.add(p21, p31);
  v128.store(down, f32x4.sub(cosines1, sines1), 16);
  v128.store(down, f32x4.sub(cosines0, sines0));
  v128.store(up, f32x4.add(cosines1, sines1), 16);
  v128.store(up, f32x4.add(cosines0, sines0));
  const others0 = f32x4.sub(p00, p10);
  const others1 = f32x4.sub(p01, p11);
  const otherSines0 = f32x4.sub(p20, p30);
  const otherSines1 = f32x4.sub(p21, p31);
  v128.store(downHalf, f32x4.sub(others1, otherSines1), 16);
  v128.store(downHalf, f32x4.sub(others0, otherSines0));
  v128.store(upHalf, f32x4.add(others1, otherSines1), 16);
  v128.store(upHalf, f32x4.add(others0, otherSines0));
}

/** The values of two vectors at the points that share the sums of n and of N/4 - n, which are `kind` bytes apart (twice-folded-axis.ts). */
// @ts-expect-error: decorator
@inline
function spreadTwice(s: usize, kind: usize, n: i32, N: i32, y: usize, strideY: usize): void {
  const sines = s + 2 * kind;
  const odd = s + 4 * kind;
  const oddSines = s + 6 * kind;
  const ce0 = v128.load(s);
  const ce1 = v128.load(s, 16);
  const co0 = v128.load(s + kind);
  const co1 = v128.load(s + kind, 16);
  const se0 = v128.load(sines);
  const se1 = v128.load(sines, 16);
  const so0 = v128.load(sines + kind);
  const so1 = v128.load(sines + kind, 16);
  const p0 = v128.load(odd);
  const p1 = v128.load(odd, 16);
  const q0 = v128.load(oddSines);
  const q1 = v128.load(oddSines, 16);
  spreadPair(f32x4.add(ce0, co0), f32x4.add(ce1, co1), p0, p1, f32x4.add(se0, so0), f32x4.add(se1, so1), q0, q1, n, N, y, strideY);
  const r0 = v128.load(odd + kind);
  const r1 = v128.load(odd + kind, 16);
  const t0 = v128.load(oddSines + kind);
  const t1 = v128.load(oddSines + kind, 16);
  spreadPair(f32x4.sub(ce0, co0), f32x4.sub(ce1, co1), r0, r1, f32x4.sub(so0, se0), f32x4.sub(so1, se1), t0, t1, (N >> 2) - n, N, y, strideY);
}

/** The values of two vectors at the four points of spreadPair, from the sums of the kinds, `kind` bytes apart. */
// @ts-expect-error: decorator
@inline
function spreadKinds(s: usize, kind: usize, n: i32, N: i32, y: usize, strideY: usize): void {
  const sines = s + 2 * kind;
  const p0 = v128.load(s);
  const p1 = v128.load(s, 16);
  const q0 = v128.load(s + kind);
  const q1 = v128.load(s + kind, 16);
  const r0 = v128.load(sines);
  const r1 = v128.load(sines, 16);
  const t0 = v128.load(sines + kind);
  const t1 = v128.load(sines + kind, 16);
  spreadPair(p0, p1, q0, q1, r0, r1, t0, t1, n, N, y, strideY);
}

/**
 * A block of synthesizeTwiceFolded (twice-folded-axis.ts): the points that share the sums of four base points from `n` on, of four vectors; `scratch` 2048
 * bytes.
 */
export function twiceFoldedBlock(
  a: usize,
  strideA: usize,
  y: usize,
  strideY: usize,
  table: usize,
  h: i32,
  N: i32,
  n: i32,
  scratch: usize,
): void {
  const skip = strideA << 2;
  const first = (h + 1) >> 1;
  const second = h >> 1;
  let t = sumPoints(a, 2 * skip, first, table, scratch);
  t = sumPoints(a + skip, 2 * skip, second, t, scratch + 256);
  t = sumPoints(a + 2 * strideA, 2 * skip, first, t, scratch + 512);
  t = sumPoints(a + 2 * strideA + skip, 2 * skip, second, t, scratch + 768);
  t = sumPoints(a + strideA, skip, h, t, scratch + 1024);
  t = sumPoints(a + strideA, skip, h, t, scratch + 1280);
  t = sumPoints(a + 3 * strideA, skip, h, t, scratch + 1536);
  sumPoints(a + 3 * strideA, skip, h, t, scratch + 1792);
  for (let i = n; i < n + 4; i++, scratch += 64) {
    spreadTwice(scratch, 256, i, N, y, strideY);
    spreadTwice(scratch + 32, 256, i, N, y + 32, strideY);
  }
}

/** The same of two vectors. */
export function twiceFoldedPair(
  a: usize,
  strideA: usize,
  y: usize,
  strideY: usize,
  table: usize,
  h: i32,
  N: i32,
  n: i32,
  scratch: usize,
): void {
  const skip = strideA << 2;
  const first = (h + 1) >> 1;
  const kind = <usize>h << 4;
  sumTwoKinds(a, 2 * strideA, 2 * skip, first, table, kind, scratch, 256);
  sumTwoKinds(a + skip, 2 * strideA, 2 * skip, h >> 1, table + (<usize>first << 4), kind, scratch + 128, 256);
  sumTwoKinds(a + strideA, 0, skip, h, table + 2 * kind, kind, scratch + 512, 128);
  sumTwoKinds(a + 3 * strideA, 0, skip, h, table + 4 * kind, kind, scratch + 768, 128);
  for (let i = n; i < n + 4; i++, scratch += 32) spreadTwice(scratch, 128, i, N, y, strideY);
}

/** A block of synthesizeAxis (axis.ts) for even N, likewise; `scratch` 1024 bytes. */
export function foldedBlock(
  a: usize,
  strideA: usize,
  y: usize,
  strideY: usize,
  table: usize,
  h: i32,
  N: i32,
  n: i32,
  scratch: usize,
): void {
  let t = table;
  for (let kind: usize = 0; kind < 4; kind++) t = sumPoints(a + kind * strideA, strideA << 2, h, t, scratch + (kind << 8));
  for (let i = n; i < n + 4; i++, scratch += 64) {
    spreadKinds(scratch, 256, i, N, y, strideY);
    spreadKinds(scratch + 32, 256, i, N, y + 32, strideY);
  }
}

/** The same of two vectors. */
export function foldedPair(
  a: usize,
  strideA: usize,
  y: usize,
  strideY: usize,
  table: usize,
  h: i32,
  N: i32,
  n: i32,
  scratch: usize,
): void {
  const kind = <usize>h << 4;
  sumTwoKinds(a, strideA, strideA << 2, h, table, kind, scratch, 128);
  sumTwoKinds(a + 2 * strideA, strideA, strideA << 2, h, table + 2 * kind, kind, scratch + 256, 128);
  for (let i = n; i < n + 4; i++, scratch += 32) spreadKinds(scratch, 128, i, N, y, strideY);
}

/**
 * Sums at four points of two vectors, of rows from `p` and of others `apart` bytes further, whose weights are `tableApart` further: `[4 points][2]`, and again
 * `toApart` further.
 */
// @ts-expect-error: decorator
@inline
function sumTwoKinds(p: usize, apart: usize, step: usize, rows: i32, w: usize, tableApart: usize, to: usize, toApart: usize): void {
  let a00 = zero();
  let a01 = zero();
  let a10 = zero();
  let a11 = zero();
  let a20 = zero();
  let a21 = zero();
  let a30 = zero();
  let a31 = zero();
  let b00 = zero();
  let b01 = zero();
  let b10 = zero();
  let b11 = zero();
  let b20 = zero();
  let b21 = zero();
  let b30 = zero();
  let b31 = zero();
  for (let row = 0; row < rows; row++, p += step, w += 16) {
    const x0 = v128.load(p);
    const x1 = v128.load(p, 16);
    const q = p + apart;
    const y0 = v128.load(q);
    const y1 = v128.load(q, 16);
    const u = w + tableApart;
    const w0 = v128.load32_splat(w);
    a00 = fma(w0, x0, a00);
    a01 = fma(w0, x1, a01);
    const w1 = v128.load32_splat(w, 4);
    a10 = fma(w1, x0, a10);
    a11 = fma(w1, x1, a11);
    const w2 = v128.load32_splat(w, 8);
    a20 = fma(w2, x0, a20);
    a21 = fma(w2, x1, a21);
    const w3 = v128.load32_splat(w, 12);
    a30 = fma(w3, x0, a30);
    a31 = fma(w3, x1, a31);
    const u0 = v128.load32_splat(u);
    b00 = fma(u0, y0, b00);
    b01 = fma(u0, y1, b01);
    const u1 = v128.load32_splat(u, 4);
    b10 = fma(u1, y0, b10);
    b11 = fma(u1, y1, b11);
    const u2 = v128.load32_splat(u, 8);
    b20 = fma(u2, y0, b20);
    b21 = fma(u2, y1, b21);
    const u3 = v128.load32_splat(u, 12);
    b30 = fma(u3, y0, b30);
    b31 = fma(u3, y1, b31);
  }
  const to2 = to + toApart;
  v128.store(to, a01, 16);
  v128.store(to, a00);
  v128.store(to, a11, 48);
  v128.store(to, a10, 32);
  v128.store(to, a21, 80);
  v128.store(to, a20, 64);
  v128.store(to, a31, 112);
  v128.store(to, a30, 96);
  v128.store(to2, b01, 16);
  v128.store(to2, b00);
  v128.store(to2, b11, 48);
  v128.store(to2, b10, 32);
  v128.store(to2, b21, 80);
  v128.store(to2, b20, 64);
  v128.store(to2, b31, 112);
  v128.store(to2, b30, 96);
}

/** Four rows of analyzeAxis (axis.ts), `skip` bytes apart, of four vectors: sums over `points` rows of folded values. */
export function analyzedRows(
  p: usize,
  folded: usize,
  points: i32,
  w: usize,
  tableStep: usize,
  row: usize,
  skip: usize,
): void {
  sumFour<EveryFourth>(p, folded, points, w, tableStep, row, skip);
}

/** What analyzeAxis sums of the four points that share weights: pairs of vectors, up to the address `end` of the first. */
export function foldPoints(a: usize, b: usize, c: usize, d: usize, to: usize, width: usize, end: usize): void {
  let to1 = to + width;
  let to2 = to1 + width;
  let to3 = to2 + width;
  for (; a < end; a += 32, b += 32, c += 32, d += 32, to += 32, to1 += 32, to2 += 32, to3 += 32) {
    const a0 = v128.load(a);
    const b0 = v128.load(b);
    const c0 = v128.load(c);
    const d0 = v128.load(d);
    const e0 = f32x4.add(a0, b0);
    const f0 = f32x4.sub(a0, b0);
    const g0 = f32x4.add(c0, d0);
    const h0 = f32x4.sub(c0, d0);
    const a1 = v128.load(a, 16);
    const b1 = v128.load(b, 16);
    const c1 = v128.load(c, 16);
    const d1 = v128.load(d, 16);
    const e1 = f32x4.add(a1, b1);
    const f1 = f32x4.sub(a1, b1);
    const g1 = f32x4.add(c1, d1);
    const h1 = f32x4.sub(c1, d1);
    v128.store(to, f32x4.add(e1, g1), 16);
    v128.store(to, f32x4.add(e0, g0));
    v128.store(to1, f32x4.sub(e1, g1), 16);
    v128.store(to1, f32x4.sub(e0, g0));
    v128.store(to2, f32x4.sub(f1, h1), 16);
    v128.store(to2, f32x4.sub(f0, h0));
    v128.store(to3, f32x4.add(f1, h1), 16);
    v128.store(to3, f32x4.add(f0, h0));
  }
}

/**
 * Contractions of spectra (contractions.ts), sixteen frequencies at a time: `bytes` of a row, whole sixteens. z = sum_c conj(e_c) x_c. (One loop for the three
 * that follow was tried: V8 does not join the sums over uses in it.)
 */
export function correlateSpectra(
  xRe: usize,
  xIm: usize,
  eRe: usize,
  eIm: usize,
  channels: i32,
  row: usize,
  zRe: usize,
  zIm: usize,
  bytes: usize,
  add: bool,
): void {
  for (let w: usize = 0; w < bytes; w += 64) {
    if (add) correlateSixteen(xRe + w, xIm + w, eRe + w, eIm + w, channels, row, zRe + w, zIm + w, true);
    else correlateSixteen(xRe + w, xIm + w, eRe + w, eIm + w, channels, row, zRe + w, zIm + w, false);
  }
}

// @ts-expect-error: decorator
@inline
function correlateSixteen(xRe: usize, xIm: usize, eRe: usize, eIm: usize, channels: i32, row: usize, zRe: usize, zIm: usize, add: bool): void {
  let re0 = add ? v128.load(zRe) : zero();
  let re1 = add ? v128.load(zRe, 16) : zero();
  let re2 = add ? v128.load(zRe, 32) : zero();
  let re3 = add ? v128.load(zRe, 48) : zero();
  let im0 = add ? v128.load(zIm) : zero();
  let im1 = add ? v128.load(zIm, 16) : zero();
  let im2 = add ? v128.load(zIm, 32) : zero();
  let im3 = add ? v128.load(zIm, 48) : zero();
  for (let c = 0; c < channels; c++, xRe += row, xIm += row, eRe += row, eIm += row) {
    const a0 = v128.load(xRe);
    const a1 = v128.load(xRe, 16);
    const a2 = v128.load(xRe, 32);
    const a3 = v128.load(xRe, 48);
    const b0 = v128.load(xIm);
    const b1 = v128.load(xIm, 16);
    const b2 = v128.load(xIm, 32);
    const b3 = v128.load(xIm, 48);
    const p0 = v128.load(eRe);
    const p1 = v128.load(eRe, 16);
    const p2 = v128.load(eRe, 32);
    const p3 = v128.load(eRe, 48);
    const q0 = v128.load(eIm);
    const q1 = v128.load(eIm, 16);
    const q2 = v128.load(eIm, 32);
    const q3 = v128.load(eIm, 48);
    re0 = fma(p0, a0, fma(q0, b0, re0));
    re1 = fma(p1, a1, fma(q1, b1, re1));
    re2 = fma(p2, a2, fma(q2, b2, re2));
    re3 = fma(p3, a3, fma(q3, b3, re3));
    im0 = fma(p0, b0, fnma(q0, a0, im0));
    im1 = fma(p1, b1, fnma(q1, a1, im1));
    im2 = fma(p2, b2, fnma(q2, a2, im2));
    im3 = fma(p3, b3, fnma(q3, a3, im3));
  }
  v128.store(zRe, re1, 16);
  v128.store(zRe, re0);
  v128.store(zRe, re3, 48);
  v128.store(zRe, re2, 32);
  v128.store(zIm, im1, 16);
  v128.store(zIm, im0);
  v128.store(zIm, im3, 48);
  v128.store(zIm, im2, 32);
}

/** The same for x = sum_j d[concepts_j] z_j; `end` of the list of concepts. */
export function decodeSpectra(
  zRe: usize,
  zIm: usize,
  dRe: usize,
  dIm: usize,
  stride: usize,
  concepts: usize,
  end: usize,
  row: usize,
  xRe: usize,
  xIm: usize,
  bytes: usize,
): void {
  for (let w: usize = 0; w < bytes; w += 64) {
    let re0 = zero();
    let im0 = zero();
    let re1 = zero();
    let im1 = zero();
    let re2 = zero();
    let im2 = zero();
    let re3 = zero();
    let im3 = zero();
    for (let at = concepts, o = w; at < end; at += 4, o += row) {
      const d = <usize>load<i32>(at) * stride + w;
      const fromRe = zRe + o;
      const fromIm = zIm + o;
      const withRe = dRe + d;
      const withIm = dIm + d;
      const a0 = v128.load(fromRe);
      const a1 = v128.load(fromRe, 16);
      const a2 = v128.load(fromRe, 32);
      const a3 = v128.load(fromRe, 48);
      const b0 = v128.load(fromIm);
      const b1 = v128.load(fromIm, 16);
      const b2 = v128.load(fromIm, 32);
      const b3 = v128.load(fromIm, 48);
      const p0 = v128.load(withRe);
      const p1 = v128.load(withRe, 16);
      const p2 = v128.load(withRe, 32);
      const p3 = v128.load(withRe, 48);
      const q0 = v128.load(withIm);
      const q1 = v128.load(withIm, 16);
      const q2 = v128.load(withIm, 32);
      const q3 = v128.load(withIm, 48);
      re0 = fma(p0, a0, fnma(q0, b0, re0));
      re1 = fma(p1, a1, fnma(q1, b1, re1));
      re2 = fma(p2, a2, fnma(q2, b2, re2));
      re3 = fma(p3, a3, fnma(q3, b3, re3));
      im0 = fma(p0, b0, fma(q0, a0, im0));
      im1 = fma(p1, b1, fma(q1, a1, im1));
      im2 = fma(p2, b2, fma(q2, a2, im2));
      im3 = fma(p3, b3, fma(q3, a3, im3));
    }
    const toRe = xRe + w;
    const toIm = xIm + w;
    v128.store(toRe, re1, 16);
    v128.store(toRe, re0);
    v128.store(toRe, re3, 48);
    v128.store(toRe, re2, 32);
    v128.store(toIm, im1, 16);
    v128.store(toIm, im0);
    v128.store(toIm, im3, 48);
    v128.store(toIm, im2, 32);
  }
}

/** The same for the sum over uses of p conj(q); `end` of the list of uses. */
export function accumulateSpectra(
  pRe: usize,
  pIm: usize,
  qRe: usize,
  qIm: usize,
  uses: usize,
  end: usize,
  toRe: usize,
  toIm: usize,
  bytes: usize,
  add: bool,
): void {
  for (let w: usize = 0; w < bytes; w += 64) {
    if (add) accumulateSixteen(pRe + w, pIm + w, qRe + w, qIm + w, uses, end, toRe + w, toIm + w, true);
    else accumulateSixteen(pRe + w, pIm + w, qRe + w, qIm + w, uses, end, toRe + w, toIm + w, false);
  }
}

// @ts-expect-error: decorator
@inline
function accumulateSixteen(pRe: usize, pIm: usize, qRe: usize, qIm: usize, uses: usize, end: usize, toRe: usize, toIm: usize, add: bool): void {
  let re0 = add ? v128.load(toRe) : zero();
  let re1 = add ? v128.load(toRe, 16) : zero();
  let re2 = add ? v128.load(toRe, 32) : zero();
  let re3 = add ? v128.load(toRe, 48) : zero();
  let im0 = add ? v128.load(toIm) : zero();
  let im1 = add ? v128.load(toIm, 16) : zero();
  let im2 = add ? v128.load(toIm, 32) : zero();
  let im3 = add ? v128.load(toIm, 48) : zero();
  for (; uses < end; uses += 8) {
    const i = <usize>load<u32>(uses);
    const j = <usize>load<u32>(uses, 4);
    const aAt = pRe + i;
    const bAt = pIm + i;
    const cAt = qRe + j;
    const dAt = qIm + j;
    const a0 = v128.load(aAt);
    const a1 = v128.load(aAt, 16);
    const a2 = v128.load(aAt, 32);
    const a3 = v128.load(aAt, 48);
    const b0 = v128.load(bAt);
    const b1 = v128.load(bAt, 16);
    const b2 = v128.load(bAt, 32);
    const b3 = v128.load(bAt, 48);
    const c0 = v128.load(cAt);
    const c1 = v128.load(cAt, 16);
    const c2 = v128.load(cAt, 32);
    const c3 = v128.load(cAt, 48);
    const d0 = v128.load(dAt);
    const d1 = v128.load(dAt, 16);
    const d2 = v128.load(dAt, 32);
    const d3 = v128.load(dAt, 48);
    re0 = fma(a0, c0, fma(b0, d0, re0));
    re1 = fma(a1, c1, fma(b1, d1, re1));
    re2 = fma(a2, c2, fma(b2, d2, re2));
    re3 = fma(a3, c3, fma(b3, d3, re3));
    im0 = fma(b0, c0, fnma(a0, d0, im0));
    im1 = fma(b1, c1, fnma(a1, d1, im1));
    im2 = fma(b2, c2, fnma(a2, d2, im2));
    im3 = fma(b3, c3, fnma(a3, d3, im3));
  }
  v128.store(toRe, re1, 16);
  v128.store(toRe, re0);
  v128.store(toRe, re3, 48);
  v128.store(toRe, re2, 32);
  v128.store(toIm, im1, 16);
  v128.store(toIm, im0);
  v128.store(toIm, im3, 48);
  v128.store(toIm, im2, 32);
}

/** correlateFour of contractions.ts at eight frequencies: entries are two vectors. */
export function correlateFourPairs(
  xRe: usize,
  xIm: usize,
  step: usize,
  eRe: usize,
  eIm: usize,
  channels: i32,
  zRe: usize,
  zIm: usize,
  zStep: usize,
  add: bool,
): void {
  if (add) fourPairs(xRe, xIm, step, eRe, eIm, channels, zRe, zIm, zStep, true);
  else fourPairs(xRe, xIm, step, eRe, eIm, channels, zRe, zIm, zStep, false);
}

// @ts-expect-error: decorator
@inline
function fourPairs(
  xRe: usize,
  xIm: usize,
  step: usize,
  eRe: usize,
  eIm: usize,
  channels: i32,
  zRe: usize,
  zIm: usize,
  zStep: usize,
  add: bool,
): void {
  const zRe1 = zRe + zStep;
  const zIm1 = zIm + zStep;
  let xRe1 = xRe + step;
  let xIm1 = xIm + step;
  const zRe2 = zRe1 + zStep;
  const zIm2 = zIm1 + zStep;
  let xRe2 = xRe1 + step;
  let xIm2 = xIm1 + step;
  const zRe3 = zRe2 + zStep;
  const zIm3 = zIm2 + zStep;
  let xRe3 = xRe2 + step;
  let xIm3 = xIm2 + step;
  let re00 = add ? v128.load(zRe) : zero();
  let re01 = add ? v128.load(zRe, 16) : zero();
  let im00 = add ? v128.load(zIm) : zero();
  let im01 = add ? v128.load(zIm, 16) : zero();
  let re10 = add ? v128.load(zRe1) : zero();
  let re11 = add ? v128.load(zRe1, 16) : zero();
  let im10 = add ? v128.load(zIm1) : zero();
  let im11 = add ? v128.load(zIm1, 16) : zero();
  let re20 = add ? v128.load(zRe2) : zero();
  let re21 = add ? v128.load(zRe2, 16) : zero();
  let im20 = add ? v128.load(zIm2) : zero();
  let im21 = add ? v128.load(zIm2, 16) : zero();
  let re30 = add ? v128.load(zRe3) : zero();
  let re31 = add ? v128.load(zRe3, 16) : zero();
  let im30 = add ? v128.load(zIm3) : zero();
  let im31 = add ? v128.load(zIm3, 16) : zero();
  for (const end = eRe + (<usize>channels << 5); eRe < end; eRe += 32, eIm += 32) {
    const p0 = v128.load(eRe);
    const p1 = v128.load(eRe, 16);
    const q0 = v128.load(eIm);
    const q1 = v128.load(eIm, 16);
    const a00 = v128.load(xRe);
    const a01 = v128.load(xRe, 16);
    const b00 = v128.load(xIm);
    const b01 = v128.load(xIm, 16);
    re00 = fma(p0, a00, fma(q0, b00, re00));
    re01 = fma(p1, a01, fma(q1, b01, re01));
    im00 = fma(p0, b00, fnma(q0, a00, im00));
    im01 = fma(p1, b01, fnma(q1, a01, im01));
    xRe += 32;
    xIm += 32;
    const a10 = v128.load(xRe1);
    const a11 = v128.load(xRe1, 16);
    const b10 = v128.load(xIm1);
    const b11 = v128.load(xIm1, 16);
    re10 = fma(p0, a10, fma(q0, b10, re10));
    re11 = fma(p1, a11, fma(q1, b11, re11));
    im10 = fma(p0, b10, fnma(q0, a10, im10));
    im11 = fma(p1, b11, fnma(q1, a11, im11));
    xRe1 += 32;
    xIm1 += 32;
    const a20 = v128.load(xRe2);
    const a21 = v128.load(xRe2, 16);
    const b20 = v128.load(xIm2);
    const b21 = v128.load(xIm2, 16);
    re20 = fma(p0, a20, fma(q0, b20, re20));
    re21 = fma(p1, a21, fma(q1, b21, re21));
    im20 = fma(p0, b20, fnma(q0, a20, im20));
    im21 = fma(p1, b21, fnma(q1, a21, im21));
    xRe2 += 32;
    xIm2 += 32;
    const a30 = v128.load(xRe3);
    const a31 = v128.load(xRe3, 16);
    const b30 = v128.load(xIm3);
    const b31 = v128.load(xIm3, 16);
    re30 = fma(p0, a30, fma(q0, b30, re30));
    re31 = fma(p1, a31, fma(q1, b31, re31));
    im30 = fma(p0, b30, fnma(q0, a30, im30));
    im31 = fma(p1, b31, fnma(q1, a31, im31));
    xRe3 += 32;
    xIm3 += 32;
  }
  v128.store(zRe, re01, 16);
  v128.store(zRe, re00);
  v128.store(zIm, im01, 16);
  v128.store(zIm, im00);
  v128.store(zRe1, re11, 16);
  v128.store(zRe1, re10);
  v128.store(zIm1, im11, 16);
  v128.store(zIm1, im10);
  v128.store(zRe2, re21, 16);
  v128.store(zRe2, re20);
  v128.store(zIm2, im21, 16);
  v128.store(zIm2, im20);
  v128.store(zRe3, re31, 16);
  v128.store(zRe3, re30);
  v128.store(zIm3, im31, 16);
  v128.store(zIm3, im30);
}

/** Energies of maps (conv-spectra.ts), of sixteen at a time. */
export function convEnergiesOfTwo(block: usize, scratch: usize): void {
  energiesOfEntries<Two>(block, scratch);
}

/** fourLines of correlation.ts, sixteen points at a time as far as that goes: 64 products for seven loads. */
export function wideFourLines(x: usize, count: i32, stream: usize, length: i32, y: usize, stride: usize): void {
  let i = 0;
  for (; i + 8 < count; i += 16) {
    const at = <usize>i << 2;
    fourByFour(x + at, stream, length, y + at, stride);
  }
  if (i < count) fourLines(x + (<usize>i << 2), count - i, stream, length, y + (<usize>i << 2), stride);
}

// @ts-expect-error: decorator
@inline
function fourByFour(x: usize, w: usize, length: i32, y: usize, stride: usize): void {
  let a0 = v128.load32_splat(w);
  let a1 = a0;
  let a2 = a0;
  let a3 = a0;
  let b0 = v128.load32_splat(w, 4);
  let b1 = b0;
  let b2 = b0;
  let b3 = b0;
  let c0 = v128.load32_splat(w, 8);
  let c1 = c0;
  let c2 = c0;
  let c3 = c0;
  let d0 = v128.load32_splat(w, 12);
  let d1 = d0;
  let d2 = d0;
  let d3 = d0;
  w += 16;
  for (const end = w + <usize>length * 20; w < end; w += 20) {
    const p = x + <usize>load<u32>(w);
    const x0 = v128.load(p);
    const x1 = v128.load(p, 16);
    const x2 = v128.load(p, 32);
    const x3 = v128.load(p, 48);
    const wa = v128.load32_splat(w, 4);
    a0 = fma(wa, x0, a0);
    a1 = fma(wa, x1, a1);
    a2 = fma(wa, x2, a2);
    a3 = fma(wa, x3, a3);
    const wb = v128.load32_splat(w, 8);
    b0 = fma(wb, x0, b0);
    b1 = fma(wb, x1, b1);
    b2 = fma(wb, x2, b2);
    b3 = fma(wb, x3, b3);
    const wc = v128.load32_splat(w, 12);
    c0 = fma(wc, x0, c0);
    c1 = fma(wc, x1, c1);
    c2 = fma(wc, x2, c2);
    c3 = fma(wc, x3, c3);
    const wd = v128.load32_splat(w, 16);
    d0 = fma(wd, x0, d0);
    d1 = fma(wd, x1, d1);
    d2 = fma(wd, x2, d2);
    d3 = fma(wd, x3, d3);
  }
  v128.store(y, a1, 16);
  v128.store(y, a0);
  v128.store(y, a3, 48);
  v128.store(y, a2, 32);
  y += stride;
  v128.store(y, b1, 16);
  v128.store(y, b0);
  v128.store(y, b3, 48);
  v128.store(y, b2, 32);
  y += stride;
  v128.store(y, c1, 16);
  v128.store(y, c0);
  v128.store(y, c3, 48);
  v128.store(y, c2, 32);
  y += stride;
  v128.store(y, d1, 16);
  v128.store(y, d0);
  v128.store(y, d3, 48);
  v128.store(y, d2, 32);
}

/** Energies of maps (grid-energies.ts), of eight samples at a time. */
export function gridEnergiesOfTwo(block: usize, scratch: usize): void {
  energiesOfSamples<Two>(block, scratch);
}

/** What analyzeKept (fourier.ts) adds to lines for the points up to the address `end` of the last; rows of whole pairs of vectors. */
export function addPoints(values: usize, positions: usize, end: usize, share: f32, N: u32, row: usize, lines: usize, table: usize): void {
  for (; positions < end; positions += 4, values += 4) {
    const position = load<u32>(positions);
    const n = position / N;
    const v = f32x4.splat(load<f32>(values) * share);
    addPairs(lines + <usize>n * row, v, table + <usize>(position - n * N) * row, row);
  }
}

/** y <- y + v x of whole pairs of vectors. */
// @ts-expect-error: decorator
@inline
function addPairs(y: usize, v: v128, x: usize, bytes: usize): void {
  for (const end = y + bytes; y < end; y += 32, x += 32) {
    const a = fma(v, v128.load(x), v128.load(y));
    const b = fma(v, v128.load(x, 16), v128.load(y, 16));
    v128.store(y, b, 16);
    v128.store(y, a);
  }
}

/** What addRows (unrolled.ts) does with `bytes` of each row, whole fours of vectors. */
export function addFourRows(at: usize, to: usize, bytes: usize, more: bool): void {
  if (more) fourRows(at, to, bytes, true);
  else fourRows(at, to, bytes, false);
}

// @ts-expect-error: decorator
@inline
function fourRows(at: usize, to: usize, bytes: usize, more: bool): void {
  const v0 = v128.load32_splat(at);
  const v1 = v128.load32_splat(at, 8);
  const v2 = v128.load32_splat(at, 16);
  const v3 = v128.load32_splat(at, 24);
  let a = <usize>load<u32>(at, 4);
  let b = <usize>load<u32>(at, 12);
  let c = <usize>load<u32>(at, 20);
  let d = <usize>load<u32>(at, 28);
  for (const end = to + bytes; to < end; to += 64, a += 64, b += 64, c += 64, d += 64) {
    let s0 = more ? v128.load(to) : zero();
    let s1 = more ? v128.load(to, 16) : zero();
    let s2 = more ? v128.load(to, 32) : zero();
    let s3 = more ? v128.load(to, 48) : zero();
    s0 = fma(v1, v128.load(b), fma(v0, v128.load(a), s0));
    s1 = fma(v1, v128.load(b, 16), fma(v0, v128.load(a, 16), s1));
    s2 = fma(v1, v128.load(b, 32), fma(v0, v128.load(a, 32), s2));
    s3 = fma(v1, v128.load(b, 48), fma(v0, v128.load(a, 48), s3));
    s0 = fma(v3, v128.load(d), fma(v2, v128.load(c), s0));
    s1 = fma(v3, v128.load(d, 16), fma(v2, v128.load(c, 16), s1));
    s2 = fma(v3, v128.load(d, 32), fma(v2, v128.load(c, 32), s2));
    s3 = fma(v3, v128.load(d, 48), fma(v2, v128.load(c, 48), s3));
    v128.store(to, s1, 16);
    v128.store(to, s0);
    v128.store(to, s3, 48);
    v128.store(to, s2, 32);
  }
}

/** y = x f of whole pairs of vectors. */
export function scalePairs(x: usize, factors: usize, y: usize, bytes: usize): void {
  for (const end = x + bytes; x < end; x += 32, factors += 32, y += 32) {
    const a = f32x4.mul(v128.load(x), v128.load(factors));
    const b = f32x4.mul(v128.load(x, 16), v128.load(factors, 16));
    v128.store(y, b, 16);
    v128.store(y, a);
  }
}

/** The points that share the sums of N/8, which is its own partner (twice-folded-axis.ts), of whole pairs of vectors. */
export function eighthPoint(a: usize, strideA: usize, y: usize, strideY: usize, table: usize, h: i32, N: i32, bytes: usize): void {
  const skip = strideA << 2;
  for (const last = a + bytes; a < last; a += 32, y += 32) {
    let p00 = zero();
    let p01 = zero();
    let p10 = zero();
    let p11 = zero();
    let p20 = zero();
    let p21 = zero();
    let p30 = zero();
    let p31 = zero();
    let p = a;
    for (let t = table, end = table + (<usize>h << 4); t < end; t += 16, p += skip) {
      const w0 = v128.load32_splat(t);
      p00 = fma(w0, v128.load(p), p00);
      p01 = fma(w0, v128.load(p, 16), p01);
      const q = p + strideA;
      const w1 = v128.load32_splat(t, 4);
      p10 = fma(w1, v128.load(q), p10);
      p11 = fma(w1, v128.load(q, 16), p11);
      const r = q + strideA;
      const w2 = v128.load32_splat(t, 8);
      p20 = fma(w2, v128.load(r), p20);
      p21 = fma(w2, v128.load(r, 16), p21);
      const s = r + strideA;
      const w3 = v128.load32_splat(t, 12);
      p30 = fma(w3, v128.load(s), p30);
      p31 = fma(w3, v128.load(s, 16), p31);
    }
    spreadPair(p00, p01, p10, p11, p20, p21, p30, p31, N >> 3, N, y, strideY);
  }
}

/** What sampleKept (fourier.ts) sums for each point, `[2][4]` before its lanes are added, to `to`; rows of whole pairs of vectors. */
export function samplePoints(positions: usize, end: usize, N: u32, row: usize, lines: usize, table: usize, to: usize): void {
  for (; positions < end; positions += 4, to += 32) {
    const position = load<u32>(positions);
    const n = position / N;
    let p = lines + <usize>n * row;
    let t = table + <usize>(position - n * N) * row;
    let even = zero();
    let odd = zero();
    for (const stop = p + row; p < stop; p += 32, t += 32) {
      even = fma(v128.load(p), v128.load(t), even);
      odd = fma(v128.load(p, 16), v128.load(t, 16), odd);
    }
    v128.store(to, odd, 16);
    v128.store(to, even);
  }
}

/** What addRows (conv-points.ts) adds to `rows` rows. */
export function addRowsOfPairs(to: usize, toStep: usize, from: usize, step: usize, rows: i32, bytes: usize, value: f32): void {
  const v = f32x4.splat(value);
  const pairs = bytes & ~31;
  for (let row = 0; row < rows; row++, to += toStep, from += step) {
    addPairs(to, v, from, pairs);
    if (pairs < bytes) v128.store(to + pairs, fma(v, v128.load(from + pairs), v128.load(to + pairs)));
  }
}
