/** Scales images. */

export type Size = readonly [height: number, width: number];

/** The largest part in the middle of an image that has the shape of a size, scaled to it: both axes one after the other. */
export function scaled(values: Float32Array, from: Size, to: Size, channels: number): Float32Array {
  const step = Math.min(from[0] / to[0], from[1] / to[1]);
  const [rows, columns] = to.map((size, axis) => tents(size, step, from[axis]));
  const wide = weighted(values, columns, { outer: from[0], inner: channels });
  return weighted(wide, rows, { outer: 1, inner: to[1] * channels });
}

/** Of a point of what is scaled, those that it is made of. */
interface Tent {
  readonly first: number;
  readonly weights: readonly number[];
}

/** Triangles around each point, as wide as the distance of the coarser points on either side: smooth where it grows, a mean where it shrinks. */
function tents(size: number, step: number, points: number): Tent[] {
  const reach = Math.max(1, step);
  const start = (points - size * step) / 2;
  return Array.from({ length: size }, (_, i) => {
    const center = start + (i + 0.5) * step - 0.5;
    const [low, high] = [Math.max(0, Math.ceil(center - reach)), Math.min(points - 1, Math.floor(center + reach))];
    const heights = Array.from({ length: high - low + 1 }, (__, j) =>
      Math.max(0, 1 - Math.abs(low + j - center) / reach),
    );
    const sum = heights.reduce((all, height) => all + height, 0);
    return { first: low, weights: heights.map((height) => height / sum) };
  });
}

/** Along the middle axis of values `[outer, points, inner]`. */
function weighted(
  values: Float32Array,
  tentsOf: readonly Tent[],
  { outer, inner }: { readonly outer: number; readonly inner: number },
): Float32Array {
  const points = values.length / outer / inner;
  const result = new Float32Array(outer * tentsOf.length * inner);
  const sums = new Float64Array(inner);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < tentsOf.length; i++) {
      const { first, weights } = tentsOf[i];
      sums.fill(0);
      for (let j = 0; j < weights.length; j++) {
        const [weight, from] = [weights[j], (o * points + first + j) * inner];
        for (let k = 0; k < inner; k++) sums[k] = sums[k] + weight * values[from + k];
      }
      result.set(sums, (o * tentsOf.length + i) * inner);
    }
  }
  return result;
}
