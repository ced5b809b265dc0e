import { detach, gatherMaps, sizeOf, topKRows } from "@saeno/backend";
import {
  cast,
  greater,
  max,
  reshape,
  sum,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
  zeros,
} from "@tensorflow/tfjs-core";

/** Places in codes: concepts `[B, k]` and, in the map of each, positions `[B, k, s]`, both int32 and ascending. */
export interface Entries {
  readonly concepts: Tensor2D;
  readonly positions: Tensor3D;
}

/** Above this share of all entries, codes are handled faster as one dense tensor. */
const densest = 0.25;

/**
 * Where a strength `[B, ...N, K]` (0 where inactive, else positive) is active, as a rectangle: as many concepts of each sample as the
 * fullest has, as many points of each map as the fullest has; the rest is filled with inactive entries.
 * Nothing when that rectangle would be most of the tensor. Selection only: no gradient.
 */
export function activeEntries(strength: Tensor): Entries | undefined {
  const batch = strength.shape[0];
  const grid = strength.shape.slice(1, -1);
  const concepts = strength.shape[strength.rank - 1];
  const points = sizeOf(grid);
  if (strength.size === 0) return undefined;
  const maps = reshape(detach(strength), [batch, points, concepts]);
  const counts = sum(cast(greater(maps, 0), "float32"), 1) as Tensor2D;
  const chosenCount = largest(sum(cast(greater(counts, 0), "float32"), 1));
  const keptCount = largest(counts);
  const k = Math.max(1, chosenCount);
  const s = Math.max(1, keptCount);
  if (k * s > densest * concepts * points) return undefined;
  if (grid.length === 0) {
    const chosen = topKRows({ x: reshape(maps, [batch, concepts]) }, { k }).indices as Tensor2D;
    return { concepts: chosen, positions: zeros([batch, k, 1], "int32") };
  }
  const chosen = topKRows({ x: counts }, { k }).indices as Tensor2D;
  const rows = reshape(gatherMaps({ maps, concepts: chosen }, {}).chosen, [batch * k, points]);
  const { indices } = topKRows({ x: rows }, { k: s });
  return { concepts: chosen, positions: reshape(indices, [batch, k, s]) as Tensor3D };
}

function largest(values: Tensor): number {
  return max(values).dataSync()[0];
}
