/** What float32 can tell apart: the one place that decides whether a deviation, a norm or a scale may be divided by. */

/** The distance from 1 to the next float32. */
const epsilon = 2 ** -23;

/** Values that differ by so many roundings of the largest are one value: what a few operations in float32 leave. */
const roundings = 4;

/**
 * Whether values that differ by at most `spread` are one value, up to rounding in float32: then whatever is left of them without that value is noise, and must
 * not be divided by. A signal of more than four roundings counts, however small it is beside the value it sits on.
 *
 * @param spread the largest of them minus the smallest, or any other measure of how far they are apart.
 * @param magnitude the largest absolute value that went into them: of what was subtracted or transformed, not of what is left.
 */
export function isConstant(spread: number, magnitude: number): boolean {
  return spread <= roundings * epsilon * magnitude;
}

/** How far apart some values are, and the largest absolute one: of every `stride`-th from `start`, as those of a channel are. 0 of nothing. */
export function rangeOf(
  values: ArrayLike<number>,
  start = 0,
  stride = 1,
): { readonly spread: number; readonly magnitude: number } {
  if (start >= values.length) return { spread: 0, magnitude: 0 };
  let low = values[start];
  let high = low;
  for (let i = start + stride; i < values.length; i += stride) {
    const value = values[i];
    if (value < low) low = value;
    else if (value > high) high = value;
  }
  return { spread: high - low, magnitude: Math.max(Math.abs(low), Math.abs(high)) };
}

/**
 * `sqrt(squaredError / squaredNorm)`. Of nothing, the relative error is 0 where nothing came out too, else 1, as it is for anything that comes out as
 * nothing: a number, and never infinite.
 */
export function relativeNorm(squaredError: number, squaredNorm: number): number {
  if (squaredNorm > 0) return Math.sqrt(squaredError / squaredNorm);
  return squaredError === 0 ? 0 : 1;
}
