/**
 * Synthesis and analysis along one axis in a real basis that shares work between the points n, N - n, N/2 - n and N/2 + n.
 *
 * Rows of the basis for m frequencies, h = ceil(m / 2), R = 4 h: row 4t is cos(2t), 4t+1 cos(2t+1), 4t+2 sin(2t), 4t+3 sin(2t+1),
 * of the angle 2 pi n / N; rows of absent frequencies have zeros in the tables. With the sums p0 .. p3 of the four kinds at a point n,
 *     f(n) = p0 + p1 + p2 + p3          f(N - n)   = p0 + p1 - p2 - p3
 *     f(N/2 + n) = p0 - p1 + p2 - p3    f(N/2 - n) = p0 - p1 - p2 + p3       (even N)
 * so a quarter of the points (half of them where N is odd) need products.
 * Lanes are contiguous: an axis is the leading index of a matrix whose rows hold whatever else there is, a multiple of four.
 *
 * Operations for L lanes, in multiply-adds: R L N / 4 (N even) or R L N / 2 (N odd). src/plans/fourier-plan.ts makes the tables.
 */
import { isTwiceFolded, synthesizeTwiceFolded } from "./twice-folded-axis";
import { fma, zero } from "./simd";
import { analyzedRows, foldedBlock, foldedPair, foldPoints, wide } from "./wide-imports";

/** How many points have products of their own. */
// @ts-ignore: decorator
@inline
export function basePoints(N: i32): i32 {
  return (N & 1) == 0 ? (N >> 2) + 1 : (N + 1) >> 1;
}

/**
 * The first point of the blocks of four in a synthesis. Where one point is left over, as on grids of a power of two, it is the point 0: of
 * its sums two are zero.
 */
// @ts-ignore: decorator
@inline
function firstBlocked(points: i32): i32 {
  return (points & 3) == 1 ? 1 : 0;
}

/** Bytes of scratch for one axis with `vectors` lanes of four. */
// @ts-ignore: decorator
@inline
export function foldScratch(N: i32, vectors: i32): usize {
  return (<usize>(basePoints(N) * vectors) << 6) + 2048;
}

/**
 * y[n][lanes] = sum_r T(n, r) a[r][lanes] for all n; `strideA`, `strideY` in bytes; `scratch` 2048 bytes.
 * Table: for blocks of four base points [block][kind][t][4 points], for those left over [point][t][kind]; the point 0 is last where it
 * alone is left over.
 */
export function synthesizeAxis(
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
  if (isTwiceFolded(N, h)) return synthesizeTwiceFolded(a, strideA, vectors, y, strideY, table, h, N, scratch);
  const even = (N & 1) == 0;
  const half = N >> 1;
  const points = basePoints(N);
  const blocked = points & ~3;
  const start = firstBlocked(points);
  const kindBytes = <usize>h << 4;
  const skip = strideA << 2;
  const width = <usize>vectors << 4;
  const pairs = <usize>(vectors & ~1) << 4;
  for (let n = 0; n < blocked; n += 4) {
    const block = table + (<usize>(n * h) << 4);
    let lane: usize = 0;
    for (; wide && even && lane + 64 <= width; lane += 64) {
      foldedBlock(a + lane, strideA, y + lane, strideY, block, h, N, start + n, scratch);
    }
    for (; wide && even && lane < pairs; lane += 32) {
      foldedPair(a + lane, strideA, y + lane, strideY, block, h, N, start + n, scratch);
    }
    for (; lane < pairs; lane += 32) {
      let t = block;
      for (let kind: usize = 0; kind < 4; kind++) {
        let p = a + lane + kind * strideA;
        const end = t + kindBytes;
        let a0 = zero();
        let a1 = zero();
        let a2 = zero();
        let a3 = zero();
        let b0 = zero();
        let b1 = zero();
        let b2 = zero();
        let b3 = zero();
        for (; t < end; t += 16, p += skip) {
          const left = v128.load(p);
          const right = v128.load(p, 16);
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
        const s = scratch + (kind << 7);
        v128.store(s, a0);
        v128.store(s, b0, 16);
        v128.store(s, a1, 32);
        v128.store(s, b1, 48);
        v128.store(s, a2, 64);
        v128.store(s, b2, 80);
        v128.store(s, a3, 96);
        v128.store(s, b3, 112);
      }
      for (let i = 0; i < 4; i++) {
        const s = scratch + (<usize>i << 5);
        spread(s, 128, start + n + i, y + lane, strideY, N, half, even);
        spread(s + 16, 128, start + n + i, y + lane + 16, strideY, N, half, even);
      }
    }
    if (lane < width) {
      let t = block;
      for (let kind: usize = 0; kind < 4; kind++) {
        let p = a + lane + kind * strideA;
        const end = t + kindBytes;
        let a0 = zero();
        let a1 = zero();
        let a2 = zero();
        let a3 = zero();
        for (; t < end; t += 16, p += skip) {
          const left = v128.load(p);
          a0 = fma(v128.load32_splat(t), left, a0);
          a1 = fma(v128.load32_splat(t, 4), left, a1);
          a2 = fma(v128.load32_splat(t, 8), left, a2);
          a3 = fma(v128.load32_splat(t, 12), left, a3);
        }
        const s = scratch + (kind << 6);
        v128.store(s, a0);
        v128.store(s, a1, 16);
        v128.store(s, a2, 32);
        v128.store(s, a3, 48);
      }
      for (let i = 0; i < 4; i++) {
        spread(scratch + (<usize>i << 4), 64, start + n + i, y + lane, strideY, N, half, even);
      }
    }
  }
  if (start == 1) {
    synthesizeOrigin(a, strideA, width, y, strideY, table + (<usize>(blocked * h) << 4), h, N, scratch);
    return;
  }
  for (let n = blocked; n < points; n++) {
    const begin = table + (<usize>(n * h) << 4);
    const end = begin + kindBytes;
    for (let lane: usize = 0; lane < width; lane += 16) {
      let p = a + lane;
      let p0 = zero();
      let p1 = zero();
      let p2 = zero();
      let p3 = zero();
      for (let t = begin; t < end; t += 16) {
        p0 = fma(v128.load32_splat(t), v128.load(p), p0);
        p += strideA;
        p1 = fma(v128.load32_splat(t, 4), v128.load(p), p1);
        p += strideA;
        p2 = fma(v128.load32_splat(t, 8), v128.load(p), p2);
        p += strideA;
        p3 = fma(v128.load32_splat(t, 12), v128.load(p), p3);
        p += strideA;
      }
      v128.store(scratch, p0);
      v128.store(scratch, p1, 16);
      v128.store(scratch, p2, 32);
      v128.store(scratch, p3, 48);
      spread(scratch, 16, n, y + lane, strideY, N, half, even);
    }
  }
}

/** The points that share the sums of the point 0. */
function synthesizeOrigin(
  a: usize,
  strideA: usize,
  width: usize,
  y: usize,
  strideY: usize,
  begin: usize,
  h: i32,
  N: i32,
  scratch: usize,
): void {
  const end = begin + (<usize>h << 4);
  const skip = strideA << 2;
  v128.store(scratch, zero(), 64);
  v128.store(scratch, zero(), 80);
  v128.store(scratch, zero(), 96);
  v128.store(scratch, zero(), 112);
  let lane: usize = 0;
  for (; lane + 32 <= width; lane += 32) {
    let p = a + lane;
    let even0 = zero();
    let even1 = zero();
    let odd0 = zero();
    let odd1 = zero();
    for (let t = begin; t < end; t += 16, p += skip) {
      let w = v128.load32_splat(t);
      even0 = fma(w, v128.load(p), even0);
      even1 = fma(w, v128.load(p, 16), even1);
      w = v128.load32_splat(t, 4);
      odd0 = fma(w, v128.load(p + strideA), odd0);
      odd1 = fma(w, v128.load(p + strideA, 16), odd1);
    }
    v128.store(scratch, even0);
    v128.store(scratch, even1, 16);
    v128.store(scratch, odd0, 32);
    v128.store(scratch, odd1, 48);
    spread(scratch, 32, 0, y + lane, strideY, N, N >> 1, (N & 1) == 0);
    spread(scratch + 16, 32, 0, y + lane + 16, strideY, N, N >> 1, (N & 1) == 0);
  }
  if (lane == width) return;
  let p = a + lane;
  let even = zero();
  let odd = zero();
  for (let t = begin; t < end; t += 16, p += skip) {
    even = fma(v128.load32_splat(t), v128.load(p), even);
    odd = fma(v128.load32_splat(t, 4), v128.load(p + strideA), odd);
  }
  v128.store(scratch, even);
  v128.store(scratch, odd, 32);
  spread(scratch, 32, 0, y + lane, strideY, N, N >> 1, (N & 1) == 0);
}

/** Writes the values at the points that share the sums of a base point. */
// @ts-ignore: decorator
@inline
export function spread(
  sums: usize,
  step: usize,
  n: i32,
  y: usize,
  strideY: usize,
  N: i32,
  half: i32,
  even: bool,
): void {
  const p0 = v128.load(sums);
  const p1 = v128.load(sums + step);
  const p2 = v128.load(sums + 2 * step);
  const p3 = v128.load(sums + 3 * step);
  const cosines = f32x4.add(p0, p1);
  const sines = f32x4.add(p2, p3);
  v128.store(y + (n != 0 ? <usize>(N - n) : 0) * strideY, f32x4.sub(cosines, sines));
  v128.store(y + <usize>n * strideY, f32x4.add(cosines, sines));
  if (even) {
    const cosines2 = f32x4.sub(p0, p1);
    const sines2 = f32x4.sub(p2, p3);
    v128.store(y + <usize>(half - n) * strideY, f32x4.sub(cosines2, sines2));
    v128.store(y + <usize>(half + n) * strideY, f32x4.add(cosines2, sines2));
  }
}

/**
 * r[row][lanes] = (1 / N) sum_n T(n, row) x[n][lanes] for all 4 h rows; strides in bytes; `scratch` of foldScratch bytes.
 * Table: [base point][t][kind], with 1/N and halves where points coincide.
 */
export function analyzeAxis(
  x: usize,
  strideX: usize,
  vectors: i32,
  r: usize,
  strideR: usize,
  table: usize,
  h: i32,
  N: i32,
  scratch: usize,
): void {
  const even = (N & 1) == 0;
  const half = N >> 1;
  const points = basePoints(N);
  const width = <usize>vectors << 4;
  const folded = width << 2;
  for (let n = 0; n < points; n++) {
    const a = x + <usize>n * strideX;
    const b = x + (n != 0 ? <usize>(N - n) : 0) * strideX;
    const c = x + <usize>(half - n) * strideX;
    const d = x + <usize>(half + n) * strideX;
    const to = scratch + <usize>n * folded;
    if (even) {
      const joined = wide ? width & ~31 : 0;
      if (joined > 0) foldPoints(a, b, c, d, to, width, a + joined);
      for (let lane = joined; lane < width; lane += 16) {
        const left = v128.load(a + lane);
        const right = v128.load(b + lane);
        const left2 = v128.load(c + lane);
        const right2 = v128.load(d + lane);
        const cosines = f32x4.add(left, right);
        const sines = f32x4.sub(left, right);
        const cosines2 = f32x4.add(left2, right2);
        const sines2 = f32x4.sub(left2, right2);
        const o = to + lane;
        v128.store(o, f32x4.add(cosines, cosines2));
        v128.store(o + width, f32x4.sub(cosines, cosines2));
        v128.store(o + 2 * width, f32x4.sub(sines, sines2));
        v128.store(o + 3 * width, f32x4.add(sines, sines2));
      }
    } else {
      for (let lane: usize = 0; lane < width; lane += 16) {
        const left = v128.load(a + lane);
        const right = v128.load(b + lane);
        const cosines = f32x4.add(left, right);
        const sines = f32x4.sub(left, right);
        const o = to + lane;
        v128.store(o, cosines);
        v128.store(o + width, cosines);
        v128.store(o + 2 * width, sines);
        v128.store(o + 3 * width, sines);
      }
    }
  }
  const tableStep = <usize>h << 4;
  const skip = strideR << 2;
  for (let kind: usize = 0; kind < 4; kind++) {
    // Sines are zero at the point 0; at a quarter of the axis so are odd cosines and even sines.
    const from = kind >= 2 ? 1 : 0;
    const to = (N & 3) == 0 && (kind == 1 || kind == 2) ? points - 1 : points;
    const source = scratch + kind * width + <usize>from * folded;
    const weights = table + (kind << 2) + <usize>from * tableStep;
    const rows = r + kind * strideR;
    for (let t = 0; t < h && h >= 4; t += 4) {
      // The last four rows where they are not a whole block: some twice, which costs less than one at a time.
      if (t + 4 > h) t = h - 4;
      const row = rows + <usize>t * skip;
      let lane: usize = 0;
      for (; wide && lane + 64 <= width; lane += 64) {
        analyzedRows(source + lane, folded, to - from, weights + (<usize>t << 4), tableStep, row + lane, skip);
      }
      for (; lane + 32 <= width; lane += 32) {
        let p = source + lane;
        let w = weights + (<usize>t << 4);
        let a0 = zero();
        let a1 = zero();
        let a2 = zero();
        let a3 = zero();
        let b0 = zero();
        let b1 = zero();
        let b2 = zero();
        let b3 = zero();
        for (let n = from; n < to; n++, p += folded, w += tableStep) {
          const left = v128.load(p);
          const right = v128.load(p, 16);
          let s = v128.load32_splat(w);
          a0 = fma(s, left, a0);
          b0 = fma(s, right, b0);
          s = v128.load32_splat(w, 16);
          a1 = fma(s, left, a1);
          b1 = fma(s, right, b1);
          s = v128.load32_splat(w, 32);
          a2 = fma(s, left, a2);
          b2 = fma(s, right, b2);
          s = v128.load32_splat(w, 48);
          a3 = fma(s, left, a3);
          b3 = fma(s, right, b3);
        }
        let o = row + lane;
        v128.store(o, a0);
        v128.store(o, b0, 16);
        o += skip;
        v128.store(o, a1);
        v128.store(o, b1, 16);
        o += skip;
        v128.store(o, a2);
        v128.store(o, b2, 16);
        o += skip;
        v128.store(o, a3);
        v128.store(o, b3, 16);
      }
      if (lane < width) {
        let p = source + lane;
        let w = weights + (<usize>t << 4);
        let a0 = zero();
        let a1 = zero();
        let a2 = zero();
        let a3 = zero();
        for (let n = from; n < to; n++, p += folded, w += tableStep) {
          const left = v128.load(p);
          a0 = fma(v128.load32_splat(w), left, a0);
          a1 = fma(v128.load32_splat(w, 16), left, a1);
          a2 = fma(v128.load32_splat(w, 32), left, a2);
          a3 = fma(v128.load32_splat(w, 48), left, a3);
        }
        let o = row + lane;
        v128.store(o, a0);
        o += skip;
        v128.store(o, a1);
        o += skip;
        v128.store(o, a2);
        o += skip;
        v128.store(o, a3);
      }
    }
    for (let t = 0; t < h && h < 4; t++) {
      const row = rows + <usize>t * skip;
      let lane: usize = 0;
      for (; lane + 64 <= width; lane += 64) {
        let p = source + lane;
        let w = weights + (<usize>t << 4);
        let a0 = zero();
        let a1 = zero();
        let a2 = zero();
        let a3 = zero();
        for (let n = from; n < to; n++, p += folded, w += tableStep) {
          const s = v128.load32_splat(w);
          a0 = fma(s, v128.load(p), a0);
          a1 = fma(s, v128.load(p, 16), a1);
          a2 = fma(s, v128.load(p, 32), a2);
          a3 = fma(s, v128.load(p, 48), a3);
        }
        v128.store(row + lane, a0);
        v128.store(row + lane, a1, 16);
        v128.store(row + lane, a2, 32);
        v128.store(row + lane, a3, 48);
      }
      for (; lane < width; lane += 16) {
        let p = source + lane;
        let w = weights + (<usize>t << 4);
        let sum = zero();
        for (let n = from; n < to; n++, p += folded, w += tableStep) {
          sum = fma(v128.load32_splat(w), v128.load(p), sum);
        }
        v128.store(row + lane, sum);
      }
    }
  }
}

/** y[c][r] = x[r][c]; rows and columns multiples of four, strides in bytes. */
export function transpose(x: usize, strideX: usize, rows: i32, columns: i32, y: usize, strideY: usize): void {
  for (let r = 0; r < rows; r += 4) {
    let p = x + <usize>r * strideX;
    let q = y + (<usize>r << 2);
    for (let c = 0; c < columns; c += 4) {
      const a = v128.load(p);
      const b = v128.load(p + strideX);
      const d = v128.load(p + 2 * strideX);
      const e = v128.load(p + 3 * strideX);
      const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
      const ab2 = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
      const de = v128.shuffle<f32>(d, e, 0, 4, 1, 5);
      const de2 = v128.shuffle<f32>(d, e, 2, 6, 3, 7);
      v128.store(q, v128.shuffle<f32>(ab, de, 0, 1, 4, 5));
      v128.store(q + strideY, v128.shuffle<f32>(ab, de, 2, 3, 6, 7));
      v128.store(q + 2 * strideY, v128.shuffle<f32>(ab2, de2, 0, 1, 4, 5));
      v128.store(q + 3 * strideY, v128.shuffle<f32>(ab2, de2, 2, 3, 6, 7));
      p += 16;
      q += strideY << 2;
    }
  }
}
