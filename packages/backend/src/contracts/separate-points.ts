import {
  abs,
  all,
  argMax,
  cast,
  concat,
  equal,
  expandDims,
  gather,
  lessEqual,
  logicalAnd,
  logicalOr,
  minimum,
  range,
  reshape,
  sub,
  type Tensor,
  type Tensor1D,
  tensor2d,
  where,
  zeros,
} from "@tensorflow/tfjs-core";
import { type Contract, defineContract } from "../contract.ts";
import { type Grid, sizeOf } from "../spectrum.ts";
import { ascending, finite, topKRows } from "./top-k-rows.ts";

/**
 * The largest points of each map that are apart from one another: maps `[R, |N|]` on a periodic grid to positions `[R, count]` (int32,
 * flat, ascending, distinct). Point after point the largest is taken among those that are not within `separation[j]` points of one taken
 * before, on all axes j; where none is left, the largest of the rest. Of equal values the lower position. Selection only: no gradient.
 * Cost: `count |N|` comparisons a map.
 *
 * @throws SaenoError `data.nan` when a map holds NaN.
 */
export const separatePoints: Contract<
  "maps",
  "positions",
  { readonly grid: Grid; readonly count: number; readonly separation: readonly number[] }
> = defineContract({
  name: "SaenoSeparatePoints",
  inputs: ["maps"],
  outputs: ["positions"],
  composite({ maps }, { grid, count, separation }) {
    const values = finite(maps);
    const [rows, points] = [maps.shape[0], sizeOf(grid)];
    if (rows === 0 || count === 0) return { positions: zeros([rows, count], "int32") };
    const nothing = -Number.POSITIVE_INFINITY;
    const coordinates = tensor2d(coordinatesOf(grid), [points, grid.length]);
    const flat = expandDims(range(0, points, 1, "int32"), 0);
    let [apart, rest]: [Tensor, Tensor] = [values, values];
    const taken: Tensor[] = [];
    for (let i = 0; i < count; i++) {
      const noneApart = all(equal(apart, nothing), 1, true);
      const next = argMax(where(noneApart, rest, apart), 1) as Tensor1D;
      const self = equal(flat, expandDims(next, 1));
      const near = grid.reduce<Tensor>(
        (within, size, axis) => {
          const own = gather(coordinates, [axis], 1);
          const distance = abs(sub(reshape(own, [1, points]), gather(own, next)));
          const close = lessEqual(minimum(distance, sub(size, distance)), separation[axis]);
          return logicalAnd(within, close);
        },
        equal(flat, flat),
      );
      rest = where(self, nothing, rest);
      apart = where(logicalOr(near, self), nothing, apart);
      taken.push(expandDims(cast(next, "float32"), 1));
    }
    return { positions: ascending(concat(taken, 1)) };
  },
});

/** The positions `[R, count]` of the largest points of maps `[R, |N|]`; with a separation of those that are apart. Ascending. */
export function largestPoints(
  maps: Tensor,
  { grid, count, separation }: { readonly grid: Grid; readonly count: number; readonly separation?: readonly number[] },
): Tensor {
  return separation === undefined
    ? topKRows({ x: maps }, { k: count }).indices
    : separatePoints({ maps }, { grid, count, separation }).positions;
}

/** The coordinates `[|N|, d]` of every point, flat. */
function coordinatesOf(grid: Grid): Float32Array {
  const values = new Float32Array(sizeOf(grid) * grid.length);
  for (let point = 0; point < sizeOf(grid); point++) {
    let rest = point;
    for (let axis = grid.length - 1; axis >= 0; axis--) {
      values[point * grid.length + axis] = rest % grid[axis];
      rest = Math.floor(rest / grid[axis]);
    }
  }
  return values;
}
