import { range } from "d3-array";
import type { GridFunction } from "./plane.ts";

/**
 * The share of the domain along each axis, around its middle, that holds so much of the energy of a function: a quarter, a half, or all of it. Atoms whose origin is
 * in the middle can then be looked at closely.
 */
export function middleShare({ values, grid, channels }: GridFunction, energyShare = 0.95): number {
  const shares = [0.25, 0.5];
  const inside = [0, 0];
  let total = 0;
  for (let point = 0, i = 0; i < values.length; point++) {
    let energy = 0;
    for (const end = i + channels; i < end; i++) energy += values[i] ** 2 || 0;
    if (energy === 0) continue;
    total += energy;
    let [rest, furthest] = [point, 0];
    for (let axis = grid.length - 1; axis >= 0; axis--) {
      furthest = Math.max(furthest, Math.abs((rest % grid[axis]) - (grid[axis] >> 1)) / grid[axis]);
      rest = Math.floor(rest / grid[axis]);
    }
    for (let at = 0; at < 2; at++) if (furthest <= shares[at] / 2) inside[at] = inside[at] + energy;
  }
  return shares.find((_, at) => total > 0 && inside[at] >= energyShare * total) ?? 1;
}

/** The middle of a function: so much of it along each axis. */
export function middleOf({ values, grid, channels }: GridFunction, share: number): GridFunction {
  if (share === 1) return { values, grid, channels };
  const sizes = grid.map((points) => Math.max(1, Math.round(share * points)));
  let places = [0];
  for (const [axis, points] of grid.entries()) {
    const first = (points >> 1) - (sizes[axis] >> 1);
    places = places.flatMap((place) => range(sizes[axis]).map((n) => place * points + first + n));
  }
  const cut = new Float32Array(places.length * channels);
  for (const [i, place] of places.entries()) {
    for (let c = 0; c < channels; c++) cut[i * channels + c] = values[place * channels + c];
  }
  return { values: cut, grid: sizes, channels };
}
