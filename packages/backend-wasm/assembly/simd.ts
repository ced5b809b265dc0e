/** Vectors of four float32, and what WebAssembly lacks for them. */

/** a b + c; one rounding where the engine has relaxed SIMD, two elsewhere. */
// @ts-expect-error: decorator
@inline
export function fma(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** c + a b: of floats, or of pairs of 16-bit integers, whose sums are 32-bit ones (twice the multiplications in an instruction). */
// @ts-expect-error: decorator
@inline
export function addProducts<T>(a: v128, b: v128, c: v128): v128 {
  return isInteger<T>() ? i32x4.add(i32x4.dot_i16x8_s(a, b), c) : fma(a, b, c);
}

/** c - a b. */
// @ts-expect-error: decorator
@inline
export function fnma(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_nmadd(a, b, c);
  return f32x4.sub(c, f32x4.mul(a, b));
}

// @ts-expect-error: decorator
@inline
export function zero(): v128 {
  return i32x4.splat(0);
}

/** Whether n floats from an address that holds whole vectors are all 0. */
export function allZero(p: usize, n: i32): bool {
  for (const end = p + (<usize>(n & ~3) << 2); p < end; p += 16) if (v128.any_true(v128.load(p))) return false;
  return (n & 3) == 0 || !v128.any_true(loadPart(p, n & 3));
}

/** The sum of the four lanes. */
// @ts-expect-error: decorator
@inline
export function sumLanes(a: v128): f32 {
  const b = f32x4.add(a, v128.shuffle<f32>(a, a, 2, 3, 0, 1));
  return f32x4.extract_lane(b, 0) + f32x4.extract_lane(b, 1);
}

/** The largest lane as signed integers. */
// @ts-expect-error: decorator
@inline
export function maxLanes(a: v128): i32 {
  return max(
    max(i32x4.extract_lane(a, 0), i32x4.extract_lane(a, 1)),
    max(i32x4.extract_lane(a, 2), i32x4.extract_lane(a, 3)),
  );
}

/** Loads the first `count` (1 to 3) lanes, zeros after them. Never reads past them. */
export function loadPart(p: usize, count: i32): v128 {
  let v = v128.load32_zero(p);
  if (count > 1) v = v128.load32_lane(p, v, 1, 4);
  if (count > 2) v = v128.load32_lane(p, v, 2, 8);
  return v;
}

/** Stores the first `count` (1 to 3) lanes. */
export function storePart(p: usize, v: v128, count: i32): void {
  v128.store32_lane(p, v, 0);
  if (count > 1) v128.store32_lane(p, v, 1, 4);
  if (count > 2) v128.store32_lane(p, v, 2, 8);
}

/** `<a, b>` over n entries. */
export function dot(a: usize, b: usize, n: i32): f32 {
  let s0 = zero();
  let s1 = zero();
  const end = a + (<usize>(n & ~7) << 2);
  while (a < end) {
    s0 = fma(v128.load(a), v128.load(b), s0);
    s1 = fma(v128.load(a, 16), v128.load(b, 16), s1);
    a += 32;
    b += 32;
  }
  let left = n & 7;
  if (left >= 4) {
    s0 = fma(v128.load(a), v128.load(b), s0);
    a += 16;
    b += 16;
    left -= 4;
  }
  if (left > 0) s1 = fma(loadPart(a, left), loadPart(b, left), s1);
  return sumLanes(f32x4.add(s0, s1));
}

/** y <- y + s x over n entries. */
export function addScaled(y: usize, s: f32, x: usize, n: i32): void {
  const v = f32x4.splat(s);
  const end = y + (<usize>(n & ~3) << 2);
  while (y < end) {
    v128.store(y, fma(v, v128.load(x), v128.load(y)));
    x += 16;
    y += 16;
  }
  const left = n & 3;
  if (left > 0) storePart(y, fma(v, loadPart(x, left), loadPart(y, left)), left);
}
