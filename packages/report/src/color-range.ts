import { largestMagnitude } from "./largest-magnitude.ts";
import type { Plane } from "./plane.ts";

/** How values become colors: `diverging` from -limit to limit, `sequential` from 0 to limit, `gray` from low to high. */
export type ColorRange =
  | { readonly kind: "diverging"; readonly limit: number }
  | { readonly kind: "sequential"; readonly limit: number }
  | { readonly kind: "gray"; readonly low: number; readonly high: number };

/** The range symmetric about zero that just holds the planes; norms, which have no sign, are sequential. */
export function symmetricRange(...planes: readonly Plane[]): Exclude<ColorRange, { readonly kind: "gray" }> {
  const limit = Math.max(0, ...planes.map(({ values }) => largestMagnitude(values))) || 1;
  return { kind: planes.some(({ norm }) => norm) ? "sequential" : "diverging", limit };
}

/** The range for data: gray from black to white where nothing is negative, as of pictures; otherwise symmetric about zero. */
export function dataRange(...planes: readonly Plane[]): ColorRange {
  const symmetric = symmetricRange(...planes);
  const finite = planes.flatMap(({ values }) => Array.from(values).filter(Number.isFinite));
  const low = finite.reduce((least, value) => Math.min(least, value), 0);
  if (symmetric.kind === "sequential" || low < 0) return symmetric;
  return { kind: "gray", low: 0, high: symmetric.limit };
}
