/**
 * Points of a curve, the first in each of `most - 1` equal stretches along it, and the last.
 *
 * @param along where a point lies, 0 .. 1, rising.
 */
export function thinPoints<Point>(points: readonly Point[], along: (point: Point) => number, most: number): Point[] {
  if (points.length <= most) return [...points];
  const seen = new Set<number>();
  return points.filter((point, i) => {
    const stretch = Math.min(most - 2, Math.floor(along(point) * (most - 1)));
    if (seen.has(stretch) && i < points.length - 1) return false;
    seen.add(stretch);
    return true;
  });
}
