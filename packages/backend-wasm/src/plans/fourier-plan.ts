/**
 * What the transforms between a grid and the kept modes need, computed once per pair and kept in wasm memory:
 * sizes and tables of sines and cosines (assembly/fourier.ts and axis.ts read them).
 */
import { conjugateCounts, type Grid, type Modes, sizeOf, spectrumShape, zeroFrequency } from "@saeno/backend";
import type { Allocation, Kernels } from "../runtime/thread-pool.ts";
import { foldFrequencies } from "./frequency-folding.ts";
import { type LanePlan, makeLanePlan } from "./lane-plan.ts";

export interface FourierPlan {
  readonly address: number;
  /** `c(w)` of each stored frequency, `[M]`. */
  readonly counts: number;
  /** `1 / sqrt(c(w))`, `[M]`. */
  readonly inverseRoots: number;
  readonly spectrumSize: number;
  readonly gridSize: number;
  /** The flat index of the frequency 0. */
  readonly zeroFrequency: number;
}

/** How many plans are kept; beyond this the least recently used one is freed, and made again when it is needed. */
const capacity = 64;

export function fourierPlans(kernels: Kernels): (grid: Grid, modes: Modes) => FourierPlan {
  return remembered((grid, modes) => makePlan(kernels, grid, modes));
}

export function lanePlans(kernels: Kernels): (grid: Grid, modes: Modes) => LanePlan {
  return remembered((grid, modes) => makeLanePlan(kernels, grid, modes));
}

/** Which frequencies are the same on a grid, with the list in wasm memory. */
export function foldings(
  kernels: Kernels,
): (grid: Grid, modes: Modes) => { readonly address: number; readonly members: number; readonly modes: number[] } {
  return remembered((grid, modes) => {
    const { members, sources, weights, modes: target } = foldFrequencies(grid, modes);
    const memory = kernels.allocate(8 * sources.length);
    memory.words().set(sources);
    memory.floats().set(weights, sources.length);
    return { value: { address: memory.address, members, modes: target }, memory };
  });
}

function remembered<Value>(
  make: (grid: Grid, modes: Modes) => { readonly value: Value; readonly memory: Allocation },
): (grid: Grid, modes: Modes) => Value {
  const made = new Map<string, ReturnType<typeof make>>();
  return (grid, modes) => {
    const key = `${grid.join(",")}/${modes.join(",")}`;
    const entry = made.get(key) ?? make(grid, modes);
    // The most recently used comes last.
    made.delete(key);
    made.set(key, entry);
    if (made.size > capacity) {
      const [oldest, { memory }] = made.entries().next().value as [string, typeof entry];
      made.delete(oldest);
      memory.free();
    }
    return entry.value;
  };
}

function makePlan(kernels: Kernels, grid: Grid, modes: Modes): { value: FourierPlan; memory: Allocation } {
  const last = grid.length - 1;
  const counts = conjugateCounts(modes);
  const spectrumSize = sizeOf(spectrumShape(modes));
  const allCounts = Float32Array.from({ length: spectrumSize }, (_, w) => counts[w % counts.length]);
  const parts = {
    header: new Float32Array(32),
    synthesis: grid.map((points, axis) => synthesisTable(points, modes[axis])),
    analysis: grid.map((points, axis) => analysisTable(points, modes[axis])),
    points: pointTable(grid[last], modes[last]),
    presence: Float32Array.from({ length: modes[last] + 8 }, (_, q) => (q < modes[last] ? 1 : 0)),
    counts: allCounts,
    inverseRoots: allCounts.map((count) => 1 / Math.sqrt(count)),
  };
  const list = Object.values(parts).flat();
  const memory = kernels.allocate(list.reduce((bytes, part) => bytes + padded(part.length), 0) * 4);
  const floats = memory.floats();
  const addresses = new Map<Float32Array, number>();
  let offset = 0;
  for (const part of list) {
    floats.set(part, offset);
    addresses.set(part, memory.address + 4 * offset);
    offset += padded(part.length);
  }
  const addressOf = (part: Float32Array) => addresses.get(part) as number;
  const three = (values: readonly number[]) => [...values, 0, 0, 0].slice(0, 3);
  memory
    .words()
    .set([
      grid.length,
      ...three(grid),
      ...three(modes),
      ...three(parts.synthesis.map(addressOf)),
      ...three(parts.analysis.map(addressOf)),
      addressOf(parts.points),
      addressOf(parts.presence),
      spectrumSize,
      sizeOf(grid),
    ]);
  const value = {
    address: memory.address,
    zeroFrequency: zeroFrequency(modes),
    counts: addressOf(parts.counts),
    inverseRoots: addressOf(parts.inverseRoots),
    spectrumSize,
    gridSize: sizeOf(grid),
  };
  return { value, memory };
}

/** The floats that a part takes: whole cache lines, and some room to read past its end. */
function padded(length: number): number {
  return ((length + 15) & ~15) + 16;
}

function basisRows(modes: number): number {
  return 4 * Math.ceil(modes / 2);
}

function basePoints(points: number): number {
  return points % 2 === 0 ? Math.floor(points / 4) + 1 : (points + 1) / 2;
}

/** The basis function of a row at a point; the angle is reduced before it is computed. */
function basisValue(row: number, point: number, points: number, modes: number): number {
  const frequency = 2 * Math.floor(row / 4) + (row % 2);
  if (frequency >= modes) return 0;
  const angle = (2 * Math.PI * ((frequency * point) % points)) / points;
  return row % 4 < 2 ? Math.cos(angle) : Math.sin(angle);
}

/**
 * Blocks of four base points as `[block][kind][t][4 points]`, the rest as `[point][t][kind]`; the point 0 last where one is left over.
 */
function synthesisTable(points: number, modes: number): Float32Array {
  const rows = basisRows(modes);
  if (points % 32 === 0 && rows >= 16) return twiceFoldedTable(points, modes);
  const base = basePoints(points);
  const blocked = base - (base % 4);
  const table = new Float32Array(base * rows);
  const first = base % 4 === 1 ? 1 : 0;
  for (let n = 0; n < base; n++) {
    const point = (n + first) % base;
    for (let row = 0; row < rows; row++) {
      const [t, kind] = [Math.floor(row / 4), row % 4];
      const inBlock = Math.floor(n / 4) * 4 * rows + kind * rows + t * 4 + (n % 4);
      table[n < blocked ? inBlock : n * rows + row] = basisValue(row, point, points, modes);
    }
  }
  return table;
}

/** As assembly/twice-folded-axis.ts reads it. */
function twiceFoldedTable(points: number, modes: number): Float32Array {
  const rows = basisRows(modes);
  const table: number[] = [];
  const kind = (of: number, from: number, step: number, at: (i: number) => number) => {
    for (let t = from; 4 * t < rows; t += step) {
      for (let i = 0; i < 4; i++) table.push(basisValue(4 * t + of, at(i), points, modes));
    }
  };
  for (let n = 0; n < points / 8; n += 4) {
    const [own, partner] = [(i: number) => n + i, (i: number) => points / 4 - n - i];
    for (const of of [0, 2]) for (const parity of [0, 1]) kind(of, parity, 2, own);
    for (const of of [1, 3]) for (const at of [own, partner]) kind(of, 0, 1, at);
  }
  for (let row = 0; row < rows; row++) table.push(basisValue(row, points / 8, points, modes));
  return Float32Array.from(table);
}

/** `[base point][t][kind]`, over N, halved where the points that share a base point coincide. */
function analysisTable(points: number, modes: number): Float32Array {
  const rows = basisRows(modes);
  const base = basePoints(points);
  return Float32Array.from({ length: base * rows }, (_, i) => {
    const n = Math.floor(i / rows);
    const coincide = n === 0 || 4 * n === points;
    return ((coincide ? 0.5 : 1) * basisValue(i % rows, n, points, modes)) / points;
  });
}

/** `[point][row]`. */
function pointTable(points: number, modes: number): Float32Array {
  const rows = basisRows(modes);
  return Float32Array.from({ length: points * rows }, (_, i) =>
    basisValue(i % rows, Math.floor(i / rows), points, modes),
  );
}
