import { concat, slice, type Tensor } from "@tensorflow/tfjs-core";
import type { AtomsOptions } from "./dictionary.ts";

/** Functions `[K, ...N, C]` whose origin is in the corner, with it where it is asked for. */
export function withOrigin(functions: Tensor, origin: NonNullable<AtomsOptions["origin"]>): Tensor {
  if (origin === "corner") return functions;
  return functions.shape.slice(1, -1).reduce((moved, points, axis) => roll(moved, axis + 1, points >> 1), functions);
}

/** Entries moved up along an axis, those at its end wrapped around. */
function roll(x: Tensor, axis: number, places: number): Tensor {
  if (places === 0) return x;
  const points = x.shape[axis];
  const part = (begin: number, count: number) =>
    slice(
      x,
      x.shape.map((_, i) => (i === axis ? begin : 0)),
      x.shape.map((n, i) => (i === axis ? count : n)),
    );
  return concat([part(points - places, places), part(0, points - places)], axis);
}
