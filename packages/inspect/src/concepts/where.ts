import type { Grid } from "@saeno/backend";
import type { CodeTable } from "../codes/code-table.ts";
import { type Box, mostPeaks, type Peak, type Where } from "./concept-index.ts";

/** The share of the energy that a box holds on each axis. */
const boxShare = 0.9;

/** Entries of a map that are worth a copy until somebody asks where it is. */
const mostCopied = 32;

/** Where a map of a table is: its peaks, and the box that holds most of its energy; of a small one worked out when it is asked for. */
export function laterWhere({ maps, positions, values, grid }: CodeTable, map: number): () => Where {
  const [begin, end] = [maps[map], maps[map + 1]];
  const [places, numbers] = [positions.slice(begin, end), values.slice(begin, end)];
  const find = (): Where => ({ peaks: peaksOf(places, numbers, grid), box: boxOf(places, numbers, grid) });
  if (end - begin <= mostCopied) return find;
  const found = find();
  return () => found;
}

/** The largest magnitudes one after another, none next to one taken before; ties go to the lower position. */
function peaksOf(positions: Int32Array, values: Float32Array, grid: Grid): Peak[] {
  const taken: number[][] = [];
  const peaks: Peak[] = [];
  const out = new Uint8Array(values.length);
  while (peaks.length < mostPeaks) {
    let best = -1;
    for (let i = 0; i < values.length; i++) {
      if (out[i] === 0 && (best < 0 || Math.abs(values[i]) > Math.abs(values[best]))) best = i;
    }
    if (best < 0) break;
    out[best] = 1;
    const place = coordinates(positions[best], grid);
    if (taken.some((other) => isNear(place, other, grid))) continue;
    taken.push(place);
    peaks.push({ position: positions[best], value: values[best] });
  }
  return peaks;
}

/** Whether two points are at most one apart on every axis of the torus. */
function isNear(a: readonly number[], b: readonly number[], grid: Grid): boolean {
  return grid.every((size, axis) => {
    const apart = Math.abs(a[axis] - b[axis]);
    return Math.min(apart, size - apart) <= 1;
  });
}

function boxOf(positions: Int32Array, values: Float32Array, grid: Grid): Box {
  const energies = grid.map((size) => new Float64Array(size));
  positions.forEach((position, i) => {
    coordinates(position, grid).forEach((place, axis) => {
      energies[axis][place] += values[i] ** 2;
    });
  });
  const ranges = energies.map(shortestRange);
  return { from: ranges.map(([from]) => from), size: ranges.map(([, size]) => size) };
}

/** Where the fewest values in a row, around the end, begin that hold the share, and how many those are; of several the first. */
function shortestRange(energies: Float64Array): [number, number] {
  const count = energies.length;
  // Sums in another order differ in the last bits.
  const wanted = boxShare * energies.reduce((sum, value) => sum + value, 0) * (1 - 1e-12);
  let best: [number, number] = [0, count];
  for (let from = 0; from < count; from++) {
    if (energies[from] === 0) continue;
    let [held, size] = [0, 0];
    while (held < wanted && size < best[1]) held += energies[(from + size++) % count];
    if (held >= wanted && size < best[1]) best = [from, size];
  }
  return best;
}

/** A flat position on each axis. */
export function coordinates(position: number, grid: Grid): number[] {
  const places = Array<number>(grid.length).fill(0);
  let rest = position;
  for (let axis = grid.length - 1; axis >= 0; axis--) {
    places[axis] = rest % grid[axis];
    rest = Math.floor(rest / grid[axis]);
  }
  return places;
}
