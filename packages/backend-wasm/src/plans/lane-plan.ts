/**
 * What syntheses of four functions at a time need (assembly/lanes.ts), and how the frequencies of spectra are added up before them
 * (assembly/grid-energies.ts): once for each pair of a grid and modes, kept in wasm memory.
 */
import { type Grid, type Modes, sizeOf } from "@saeno/backend";
import type { Allocation, Kernels } from "../runtime/thread-pool.ts";
import { foldFrequencies, none } from "./frequency-folding.ts";

export interface LanePlan {
  readonly address: number;
  /** Frequencies that are added up, all classes together. */
  readonly terms: number;
}

export function makeLanePlan(kernels: Kernels, grid: Grid, modes: Modes): { value: LanePlan; memory: Allocation } {
  const { modes: held, members, sources, weights } = foldFrequencies(grid, modes);
  const classes = sources.length / members;
  const membersOf = (index: number) =>
    Array.from({ length: members }, (_, member) => member * classes + index).filter((at) => sources[at] !== none);
  const sorted = Array.from({ length: classes }, (_, index) => ({ index, entries: membersOf(index) })).sort(
    (a, b) => b.entries.length - a.entries.length || a.index - b.index,
  );
  const entries = sorted.flatMap((each) => each.entries);
  // Classes with as many members follow each other.
  const runs = [...new Set(sorted.map((each) => each.entries.length))].flatMap((length) => [
    sorted.filter((each) => each.entries.length === length).length,
    length,
  ]);
  const axes = grid.map((points, axis) => axisOf(points, held[axis]));
  const lists = {
    header: new Int32Array(16),
    runs: Int32Array.from(runs),
    places: Int32Array.from(sorted, ({ index }) => index),
    sources: Int32Array.from(entries, (at) => sources[at]),
    weights: Float32Array.from(entries, (at) => weights[at]),
    roots: Float32Array.from(entries, (at) => Math.sqrt(weights[at])),
  };
  const parts = [...Object.values(lists), ...axes.flatMap(({ words, table, rows }) => [words, table, rows])];
  const memory = kernels.allocate(parts.reduce((bytes, part) => bytes + padded(part.length), 0) * 4);
  const places = new Map<object, number>();
  let offset = 0;
  for (const part of parts) {
    places.set(part, memory.address + 4 * offset);
    offset += padded(part.length);
  }
  const addressOf = (part: object) => places.get(part) as number;
  for (const { words, table, rows } of axes) words.set([addressOf(table), addressOf(rows)], 20);
  lists.header.set([
    grid.length,
    ...[...axes.map(({ words }) => addressOf(words)), 0, 0].slice(0, 3),
    classes,
    runs.length / 2,
    ...[lists.runs, lists.places].map(addressOf),
    entries.length,
    ...[lists.sources, lists.weights].map(addressOf),
    sizeOf(grid),
    addressOf(lists.roots),
  ]);
  for (const part of parts) {
    const at = (addressOf(part) - memory.address) / 4;
    if (part instanceof Float32Array) memory.floats().set(part, at);
    else memory.words().set(part, at);
  }
  return { value: { address: memory.address, terms: entries.length }, memory };
}

interface Axis {
  readonly words: Int32Array;
  readonly table: Float32Array;
  /** For each frequency the rows of its cosine and of its sine. */
  readonly rows: Int32Array;
}

/** The basis of an axis with the frequencies 0 .. m - 1: rows by kind, and values at the base points where the kind does not vanish. */
function axisOf(points: number, m: number): Axis {
  const even = points % 2 === 0;
  const base = even ? Math.floor(points / 4) + 1 : (points + 1) / 2;
  const quarter = points % 4 === 0;
  const kinds = [
    { wave: Math.cos, parity: 0, from: 0, to: base },
    { wave: Math.cos, parity: 1, from: 0, to: quarter ? base - 1 : base },
    { wave: Math.sin, parity: 0, from: 1, to: quarter ? base - 1 : base },
    { wave: Math.sin, parity: 1, from: 1, to: base },
  ];
  const rows = new Int32Array(2 * m).fill(-1);
  const words = new Int32Array(32);
  const table: number[] = [];
  let row = 0;
  kinds.forEach(({ wave, parity, from, to }, kind) => {
    const isSine = wave === Math.sin;
    const own = Array.from({ length: m }, (_, f) => f).filter((f) => {
      // On an odd number of points there are two kinds.
      if (even ? f % 2 !== parity : isSine !== (parity === 1)) return false;
      return !(isSine && (f === 0 || 2 * f === points));
    });
    const count = even || isSine === (parity === 1) ? Math.max(0, to - from) : 0;
    words.set([own.length, row, from, count], 4 + 4 * kind);
    for (const f of own) rows[2 * f + (isSine ? 1 : 0)] = row++;
    const value = (f: number, n: number) => wave((2 * Math.PI * ((f * n) % points)) / points);
    const block = (n: number, size: number) => {
      for (const f of own) for (let i = 0; i < size; i++) table.push(value(f, from + n + i));
    };
    // As sumKinds takes them: fours, the last of which may overlap the one before.
    let n = 0;
    for (; count >= 4 && count - n >= 2; n += 4) {
      n = Math.min(n, count - 4);
      block(n, 4);
    }
    for (; n < count; n++) block(n, 1);
  });
  words.set([points, base, row, m]);
  return { words, table: Float32Array.from(table), rows };
}

/** The words that a part takes: whole cache lines, and some room to read past its end. */
function padded(length: number): number {
  return ((length + 15) & ~15) + 16;
}
