/**
 * Kernels for vectors of 256 bits, a module of its own: V8 makes one operation of two on neighboring vectors if it is asked to while it compiles
 * (src/runtime/wide-kernels.ts), and only in code like this, whose results end in stores that are neighbors. As vectors of 128 bits the sums would not fit
 * the registers. The same sums in the same order as in the kernels that these stand for.
 */
import { addProducts, fma, zero } from "./simd";
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

/** Sums of `rows` rows with the weights of four points, of four vectors: `[4 points][4]`; returns where the weights go on. */
// @ts-expect-error: decorator
@inline
function sumFour(p: usize, step: usize, rows: i32, t: usize, to: usize): usize {
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
  for (const end = t + (<usize>rows << 4); t < end; t += 16, p += step) {
    const x0 = v128.load(p);
    const x1 = v128.load(p, 16);
    const x2 = v128.load(p, 32);
    const x3 = v128.load(p, 48);
    const w0 = v128.load32_splat(t);
    a00 = fma(w0, x0, a00);
    a01 = fma(w0, x1, a01);
    a02 = fma(w0, x2, a02);
    a03 = fma(w0, x3, a03);
    const w1 = v128.load32_splat(t, 4);
    a10 = fma(w1, x0, a10);
    a11 = fma(w1, x1, a11);
    a12 = fma(w1, x2, a12);
    a13 = fma(w1, x3, a13);
    const w2 = v128.load32_splat(t, 8);
    a20 = fma(w2, x0, a20);
    a21 = fma(w2, x1, a21);
    a22 = fma(w2, x2, a22);
    a23 = fma(w2, x3, a23);
    const w3 = v128.load32_splat(t, 12);
    a30 = fma(w3, x0, a30);
    a31 = fma(w3, x1, a31);
    a32 = fma(w3, x2, a32);
    a33 = fma(w3, x3, a33);
  }
  v128.store(to, a00);
  v128.store(to, a01, 16);
  v128.store(to, a02, 32);
  v128.store(to, a03, 48);
  v128.store(to, a10, 64);
  v128.store(to, a11, 80);
  v128.store(to, a12, 96);
  v128.store(to, a13, 112);
  v128.store(to, a20, 128);
  v128.store(to, a21, 144);
  v128.store(to, a22, 160);
  v128.store(to, a23, 176);
  v128.store(to, a30, 192);
  v128.store(to, a31, 208);
  v128.store(to, a32, 224);
  v128.store(to, a33, 240);
  return t;
}

/**
 * A block of synthesizeTwiceFolded (twice-folded-axis.ts): the points that share the sums of four base points from `n` on, of four vectors; `scratch` 2048 bytes.
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
  let t = sumFour(a, 2 * skip, first, table, scratch);
  t = sumFour(a + skip, 2 * skip, second, t, scratch + 256);
  t = sumFour(a + 2 * strideA, 2 * skip, first, t, scratch + 512);
  t = sumFour(a + 2 * strideA + skip, 2 * skip, second, t, scratch + 768);
  t = sumFour(a + strideA, skip, h, t, scratch + 1024);
  t = sumFour(a + strideA, skip, h, t, scratch + 1280);
  t = sumFour(a + 3 * strideA, skip, h, t, scratch + 1536);
  sumFour(a + 3 * strideA, skip, h, t, scratch + 1792);
  const half = N >> 1;
  for (let i = 0, s = scratch; i < 4; i++, s += 64) {
    const at = n + i;
    const other = (N >> 2) - at;
    const upA = y + <usize>at * strideY;
    const downA = y + <usize>(at == 0 ? 0 : N - at) * strideY;
    const upHalfA = y + <usize>(half + at) * strideY;
    const downHalfA = y + <usize>(half - at) * strideY;
    const upB = y + <usize>other * strideY;
    const downB = y + <usize>(other == 0 ? 0 : N - other) * strideY;
    const upHalfB = y + <usize>(half + other) * strideY;
    const downHalfB = y + <usize>(half - other) * strideY;
    const ce0 = v128.load(s);
    const co0 = v128.load(s, 256);
    const se0 = v128.load(s, 512);
    const so0 = v128.load(s, 768);
    const c0 = v128.load(s, 1024);
    const d0 = v128.load(s, 1280);
    const s0 = v128.load(s, 1536);
    const r0 = v128.load(s, 1792);
    const ce1 = v128.load(s, 16);
    const co1 = v128.load(s, 272);
    const se1 = v128.load(s, 528);
    const so1 = v128.load(s, 784);
    const c1 = v128.load(s, 1040);
    const d1 = v128.load(s, 1296);
    const s1 = v128.load(s, 1552);
    const r1 = v128.load(s, 1808);
    const g0 = f32x4.add(ce0, co0);
    const h0 = f32x4.add(se0, so0);
    const i0 = f32x4.sub(ce0, co0);
    const j0 = f32x4.sub(so0, se0);
    const kA0 = f32x4.add(g0, c0);
    const lA0 = f32x4.add(h0, s0);
    const mA0 = f32x4.sub(g0, c0);
    const nA0 = f32x4.sub(h0, s0);
    const kB0 = f32x4.add(i0, d0);
    const lB0 = f32x4.add(j0, r0);
    const mB0 = f32x4.sub(i0, d0);
    const nB0 = f32x4.sub(j0, r0);
    const g1 = f32x4.add(ce1, co1);
    const h1 = f32x4.add(se1, so1);
    const i1 = f32x4.sub(ce1, co1);
    const j1 = f32x4.sub(so1, se1);
    const kA1 = f32x4.add(g1, c1);
    const lA1 = f32x4.add(h1, s1);
    const mA1 = f32x4.sub(g1, c1);
    const nA1 = f32x4.sub(h1, s1);
    const kB1 = f32x4.add(i1, d1);
    const lB1 = f32x4.add(j1, r1);
    const mB1 = f32x4.sub(i1, d1);
    const nB1 = f32x4.sub(j1, r1);
    v128.store(downA, f32x4.sub(kA0, lA0));
    v128.store(downA, f32x4.sub(kA1, lA1), 16);
    v128.store(upA, f32x4.add(kA0, lA0));
    v128.store(upA, f32x4.add(kA1, lA1), 16);
    v128.store(downHalfA, f32x4.sub(mA0, nA0));
    v128.store(downHalfA, f32x4.sub(mA1, nA1), 16);
    v128.store(upHalfA, f32x4.add(mA0, nA0));
    v128.store(upHalfA, f32x4.add(mA1, nA1), 16);
    v128.store(downB, f32x4.sub(kB0, lB0));
    v128.store(downB, f32x4.sub(kB1, lB1), 16);
    v128.store(upB, f32x4.add(kB0, lB0));
    v128.store(upB, f32x4.add(kB1, lB1), 16);
    v128.store(downHalfB, f32x4.sub(mB0, nB0));
    v128.store(downHalfB, f32x4.sub(mB1, nB1), 16);
    v128.store(upHalfB, f32x4.add(mB0, nB0));
    v128.store(upHalfB, f32x4.add(mB1, nB1), 16);
    const ce2 = v128.load(s, 32);
    const co2 = v128.load(s, 288);
    const se2 = v128.load(s, 544);
    const so2 = v128.load(s, 800);
    const c2 = v128.load(s, 1056);
    const d2 = v128.load(s, 1312);
    const s2 = v128.load(s, 1568);
    const r2 = v128.load(s, 1824);
    const ce3 = v128.load(s, 48);
    const co3 = v128.load(s, 304);
    const se3 = v128.load(s, 560);
    const so3 = v128.load(s, 816);
    const c3 = v128.load(s, 1072);
    const d3 = v128.load(s, 1328);
    const s3 = v128.load(s, 1584);
    const r3 = v128.load(s, 1840);
    const g2 = f32x4.add(ce2, co2);
    const h2 = f32x4.add(se2, so2);
    const i2 = f32x4.sub(ce2, co2);
    const j2 = f32x4.sub(so2, se2);
    const kA2 = f32x4.add(g2, c2);
    const lA2 = f32x4.add(h2, s2);
    const mA2 = f32x4.sub(g2, c2);
    const nA2 = f32x4.sub(h2, s2);
    const kB2 = f32x4.add(i2, d2);
    const lB2 = f32x4.add(j2, r2);
    const mB2 = f32x4.sub(i2, d2);
    const nB2 = f32x4.sub(j2, r2);
    const g3 = f32x4.add(ce3, co3);
    const h3 = f32x4.add(se3, so3);
    const i3 = f32x4.sub(ce3, co3);
    const j3 = f32x4.sub(so3, se3);
    const kA3 = f32x4.add(g3, c3);
    const lA3 = f32x4.add(h3, s3);
    const mA3 = f32x4.sub(g3, c3);
    const nA3 = f32x4.sub(h3, s3);
    const kB3 = f32x4.add(i3, d3);
    const lB3 = f32x4.add(j3, r3);
    const mB3 = f32x4.sub(i3, d3);
    const nB3 = f32x4.sub(j3, r3);
    v128.store(downA, f32x4.sub(kA2, lA2), 32);
    v128.store(downA, f32x4.sub(kA3, lA3), 48);
    v128.store(upA, f32x4.add(kA2, lA2), 32);
    v128.store(upA, f32x4.add(kA3, lA3), 48);
    v128.store(downHalfA, f32x4.sub(mA2, nA2), 32);
    v128.store(downHalfA, f32x4.sub(mA3, nA3), 48);
    v128.store(upHalfA, f32x4.add(mA2, nA2), 32);
    v128.store(upHalfA, f32x4.add(mA3, nA3), 48);
    v128.store(downB, f32x4.sub(kB2, lB2), 32);
    v128.store(downB, f32x4.sub(kB3, lB3), 48);
    v128.store(upB, f32x4.add(kB2, lB2), 32);
    v128.store(upB, f32x4.add(kB3, lB3), 48);
    v128.store(downHalfB, f32x4.sub(mB2, nB2), 32);
    v128.store(downHalfB, f32x4.sub(mB3, nB3), 48);
    v128.store(upHalfB, f32x4.add(mB2, nB2), 32);
    v128.store(upHalfB, f32x4.add(mB3, nB3), 48);
  }
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
  for (let kind: usize = 0; kind < 4; kind++) t = sumFour(a + kind * strideA, strideA << 2, h, t, scratch + (kind << 8));
  const half = N >> 1;
  for (let i = 0, s = scratch; i < 4; i++, s += 64) {
    const at = n + i;
    const upA = y + <usize>at * strideY;
    const downA = y + <usize>(at == 0 ? 0 : N - at) * strideY;
    const upHalfA = y + <usize>(half + at) * strideY;
    const downHalfA = y + <usize>(half - at) * strideY;
    const p00 = v128.load(s);
    const p10 = v128.load(s, 256);
    const p20 = v128.load(s, 512);
    const p30 = v128.load(s, 768);
    const p01 = v128.load(s, 16);
    const p11 = v128.load(s, 272);
    const p21 = v128.load(s, 528);
    const p31 = v128.load(s, 784);
    const kA0 = f32x4.add(p00, p10);
    const lA0 = f32x4.add(p20, p30);
    const mA0 = f32x4.sub(p00, p10);
    const nA0 = f32x4.sub(p20, p30);
    const kA1 = f32x4.add(p01, p11);
    const lA1 = f32x4.add(p21, p31);
    const mA1 = f32x4.sub(p01, p11);
    const nA1 = f32x4.sub(p21, p31);
    v128.store(downA, f32x4.sub(kA0, lA0));
    v128.store(downA, f32x4.sub(kA1, lA1), 16);
    v128.store(upA, f32x4.add(kA0, lA0));
    v128.store(upA, f32x4.add(kA1, lA1), 16);
    v128.store(downHalfA, f32x4.sub(mA0, nA0));
    v128.store(downHalfA, f32x4.sub(mA1, nA1), 16);
    v128.store(upHalfA, f32x4.add(mA0, nA0));
    v128.store(upHalfA, f32x4.add(mA1, nA1), 16);
    const p02 = v128.load(s, 32);
    const p12 = v128.load(s, 288);
    const p22 = v128.load(s, 544);
    const p32 = v128.load(s, 800);
    const p03 = v128.load(s, 48);
    const p13 = v128.load(s, 304);
    const p23 = v128.load(s, 560);
    const p33 = v128.load(s, 816);
    const kA2 = f32x4.add(p02, p12);
    const lA2 = f32x4.add(p22, p32);
    const mA2 = f32x4.sub(p02, p12);
    const nA2 = f32x4.sub(p22, p32);
    const kA3 = f32x4.add(p03, p13);
    const lA3 = f32x4.add(p23, p33);
    const mA3 = f32x4.sub(p03, p13);
    const nA3 = f32x4.sub(p23, p33);
    v128.store(downA, f32x4.sub(kA2, lA2), 32);
    v128.store(downA, f32x4.sub(kA3, lA3), 48);
    v128.store(upA, f32x4.add(kA2, lA2), 32);
    v128.store(upA, f32x4.add(kA3, lA3), 48);
    v128.store(downHalfA, f32x4.sub(mA2, nA2), 32);
    v128.store(downHalfA, f32x4.sub(mA3, nA3), 48);
    v128.store(upHalfA, f32x4.add(mA2, nA2), 32);
    v128.store(upHalfA, f32x4.add(mA3, nA3), 48);
  }
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
  for (let n = 0; n < points; n++, p += folded, w += tableStep) {
    const x0 = v128.load(p);
    const x1 = v128.load(p, 16);
    const x2 = v128.load(p, 32);
    const x3 = v128.load(p, 48);
    const w0 = v128.load32_splat(w);
    a00 = fma(w0, x0, a00);
    a01 = fma(w0, x1, a01);
    a02 = fma(w0, x2, a02);
    a03 = fma(w0, x3, a03);
    const w1 = v128.load32_splat(w, 16);
    a10 = fma(w1, x0, a10);
    a11 = fma(w1, x1, a11);
    a12 = fma(w1, x2, a12);
    a13 = fma(w1, x3, a13);
    const w2 = v128.load32_splat(w, 32);
    a20 = fma(w2, x0, a20);
    a21 = fma(w2, x1, a21);
    a22 = fma(w2, x2, a22);
    a23 = fma(w2, x3, a23);
    const w3 = v128.load32_splat(w, 48);
    a30 = fma(w3, x0, a30);
    a31 = fma(w3, x1, a31);
    a32 = fma(w3, x2, a32);
    a33 = fma(w3, x3, a33);
  }
  const row1 = row + skip;
  const row2 = row1 + skip;
  const row3 = row2 + skip;
  v128.store(row, a00);
  v128.store(row, a01, 16);
  v128.store(row, a02, 32);
  v128.store(row, a03, 48);
  v128.store(row1, a10);
  v128.store(row1, a11, 16);
  v128.store(row1, a12, 32);
  v128.store(row1, a13, 48);
  v128.store(row2, a20);
  v128.store(row2, a21, 16);
  v128.store(row2, a22, 32);
  v128.store(row2, a23, 48);
  v128.store(row3, a30);
  v128.store(row3, a31, 16);
  v128.store(row3, a32, 32);
  v128.store(row3, a33, 48);
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
    v128.store(to, f32x4.add(e0, g0));
    v128.store(to, f32x4.add(e1, g1), 16);
    v128.store(to1, f32x4.sub(e0, g0));
    v128.store(to1, f32x4.sub(e1, g1), 16);
    v128.store(to2, f32x4.sub(f0, h0));
    v128.store(to2, f32x4.sub(f1, h1), 16);
    v128.store(to3, f32x4.add(f0, h0));
    v128.store(to3, f32x4.add(f1, h1), 16);
  }
}
