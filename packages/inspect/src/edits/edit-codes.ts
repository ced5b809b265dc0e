/** Edits of codes by hand: where a concept is, and how strong. Decoded, they show what it stands for. */
import type { Codes } from "@saeno/activations";
import { type Grid, SaenoError, sizeOf } from "@saeno/backend";
import { allModes } from "@saeno/fft";
import {
  type CodeTable,
  codeTableWriter,
  denseCodes,
  readCodes,
  sampleCount,
  sparseCodes,
} from "../codes/code-table.ts";
import { coordinates } from "../concepts/where.ts";

/** Edits are made one after another, each on the result of the last, for all samples or for some. */
export type CodeEdit = { readonly samples?: readonly number[] } & (
  | { readonly kind: "scale"; readonly concept: number; readonly factor: number }
  | { readonly kind: "remove"; readonly concepts: readonly number[] }
  /** Removes all others. */
  | { readonly kind: "keep"; readonly concepts: readonly number[] }
  /**
   * Moves the map of a concept on the torus by a number of grid points on each axis. Parts of a point need dense codes: a map is then a function of the
   * frequencies that its grid can hold (on an even axis, all but the highest).
   */
  | { readonly kind: "move"; readonly concept: number; readonly by: readonly number[] }
  /** Adds a value at points: places on each axis, or flat positions; for scalar codes, without any. */
  | {
      readonly kind: "paint";
      readonly concept: number;
      readonly at?: readonly (number | readonly number[])[];
      readonly value: number;
    }
  | { readonly kind: "exchange"; readonly concepts: readonly [number, number] }
  /** Removes entries of no more than a magnitude; of one concept, or of all. */
  | { readonly kind: "threshold"; readonly least: number; readonly concept?: number }
);

/**
 * Codes with edits made, of the same form: sparse ones stay sparse. The codes given stay as they are; the caller disposes of both.
 *
 * @throws SaenoError `edit.concept`, `edit.sample`, `edit.position` for one that is not there, `edit.scalar` for edits that need maps,
 *   `edit.move`, `edit.value`.
 */
export async function editCodes(codes: Codes, edits: readonly CodeEdit[]): Promise<Codes> {
  const isSparse = codes.kind === "sparse";
  const edited = editTable(await readCodes(codes), edits, { fractional: !isSparse });
  return isSparse ? sparseCodes(edited) : denseCodes(edited);
}

/** The map of each concept of a sample, by position. */
type Maps = Map<number, Map<number, number>>;

/**
 * The same for codes in host memory.
 *
 * @param options.fractional whether maps may be moved by parts of a point, which fills them. Default true.
 * @throws SaenoError as `editCodes`.
 */
export function editTable(
  table: CodeTable,
  edits: readonly CodeEdit[],
  { fractional = true }: { readonly fractional?: boolean } = {},
): CodeTable {
  const { grid, conceptCount } = table;
  const samples = Array.from({ length: sampleCount(table) }, (_, sample) => mapsOf(table, sample));
  for (const edit of edits) {
    const change = changeOf(edit, table, fractional);
    for (const sample of edit.samples ?? samples.keys()) {
      const maps = samples[sample];
      if (maps === undefined) {
        throw new SaenoError(
          "edit.sample",
          `Sample ${sample} is not there: these are codes of ${samples.length} ${samples.length === 1 ? "sample" : "samples"}, numbered from 0.`,
        );
      }
      change(maps);
    }
  }
  const writer = codeTableWriter(grid, conceptCount);
  const rising = <Value>(entries: Iterable<[number, Value]>) => [...entries].sort(([a], [b]) => a - b);
  for (const maps of samples) {
    for (const [concept, map] of rising(maps)) {
      writer.nextMap(concept);
      for (const [position, value] of rising(map)) writer.entry(position, value);
    }
    writer.nextSample();
  }
  return writer.table();
}

function mapsOf({ samples, concepts, maps, positions, values }: CodeTable, sample: number): Maps {
  const found: Maps = new Map();
  for (let map = samples[sample]; map < samples[sample + 1]; map++) {
    const entries = new Map<number, number>();
    for (let i = maps[map]; i < maps[map + 1]; i++) entries.set(positions[i], values[i]);
    found.set(concepts[map], entries);
  }
  return found;
}

/** What an edit does to a sample; checked before it is done to any. */
function changeOf(edit: CodeEdit, { grid, conceptCount }: CodeTable, fractional: boolean): (maps: Maps) => void {
  const checked = (concept: number) => checkConcept(concept, conceptCount);
  switch (edit.kind) {
    case "scale": {
      const [concept, factor] = [checked(edit.concept), finite("factor", edit.factor)];
      return (maps) => {
        const map = maps.get(concept);
        for (const [position, value] of map ?? []) map?.set(position, value * factor);
      };
    }
    case "remove": {
      const removed = edit.concepts.map(checked);
      return (maps) => {
        for (const concept of removed) maps.delete(concept);
      };
    }
    case "keep": {
      const kept = new Set(edit.concepts.map(checked));
      return (maps) => {
        for (const concept of [...maps.keys()]) if (!kept.has(concept)) maps.delete(concept);
      };
    }
    case "move": {
      const concept = checked(edit.concept);
      const move = moveOf(edit.by, grid, fractional);
      return (maps) => {
        const map = maps.get(concept);
        if (map !== undefined) maps.set(concept, move(map));
      };
    }
    case "paint": {
      const [concept, value] = [checked(edit.concept), finite("value", edit.value)];
      const positions = paintedPositions(edit.at, grid);
      return (maps) => {
        const map = maps.get(concept) ?? new Map<number, number>();
        for (const position of positions) map.set(position, Math.fround((map.get(position) ?? 0) + value));
        maps.set(concept, map);
      };
    }
    case "exchange": {
      const [a, b] = edit.concepts.map(checked);
      return (maps) => {
        const [ofA, ofB] = [maps.get(a), maps.get(b)];
        for (const [concept, map] of [[a, ofB] as const, [b, ofA] as const]) {
          if (map === undefined) maps.delete(concept);
          else maps.set(concept, map);
        }
      };
    }
    case "threshold": {
      const least = finite("least", edit.least);
      const only = edit.concept === undefined ? undefined : checked(edit.concept);
      return (maps) => {
        for (const [concept, map] of maps) {
          if (only !== undefined && concept !== only) continue;
          for (const [position, value] of map) if (Math.abs(value) <= least) map.delete(position);
        }
      };
    }
    default:
      throw edit satisfies never;
  }
}

/** @throws SaenoError `edit.concept` for one that is not there. */
export function checkConcept(concept: number, conceptCount: number): number {
  if (Number.isInteger(concept) && concept >= 0 && concept < conceptCount) return concept;
  throw new SaenoError(
    "edit.concept",
    `There is no concept ${concept}: these codes have ${conceptCount} concepts, 0 to ${conceptCount - 1}.`,
  );
}

function finite(name: string, value: number): number {
  if (Number.isFinite(value)) return value;
  throw new SaenoError("edit.value", `${name} must be a finite number; got ${value}.`);
}

function paintedPositions(at: readonly (number | readonly number[])[] | undefined, grid: Grid): readonly number[] {
  if (grid.length === 0) {
    if (at === undefined) return [0];
    throw scalarError("painted at points", "Leave the points out: the value is added to the concept's number.");
  }
  if (at === undefined || at.length === 0) {
    throw new SaenoError("edit.position", `To paint on a map, say where on its grid ${grid.join(" x ")}.`);
  }
  return at.map((place) => {
    const places = typeof place === "number" ? [place] : place;
    const sizes = typeof place === "number" ? [sizeOf(grid)] : grid;
    const fits =
      places.length === sizes.length &&
      places.every((value, axis) => Number.isInteger(value) && value >= 0 && value < sizes[axis]);
    if (!fits) {
      throw new SaenoError(
        "edit.position",
        `The point ${places.join(", ")} is not on the grid ${grid.join(" x ")}: name a whole number from 0 on each axis, or a flat position below ${sizeOf(grid)}.`,
      );
    }
    return places.reduce((flat, value, axis) => flat * sizes[axis] + value, 0);
  });
}

function scalarError(what: string, remedy: string): SaenoError {
  return new SaenoError(
    "edit.scalar",
    `The codes of this model are numbers without a place, which cannot be ${what}. ${remedy}`,
  );
}

function moveOf(
  by: readonly number[],
  grid: Grid,
  fractional: boolean,
): (map: Map<number, number>) => Map<number, number> {
  if (grid.length === 0) throw scalarError("moved", "Models whose codes are maps, such as SAE-FNO, can do that.");
  if (by.length !== grid.length || !by.every(Number.isFinite)) {
    throw new SaenoError(
      "edit.move",
      `A move on the grid ${grid.join(" x ")} takes ${grid.length === 1 ? "one number" : `${grid.length} numbers`} of points, one for each axis; got ${by.join(", ") || "none"}.`,
    );
  }
  if (by.every(Number.isInteger)) {
    return (map) => new Map(Array.from(map, ([position, value]) => [moved(position, by, grid), value]));
  }
  if (!fractional) {
    throw new SaenoError(
      "edit.move",
      `Sparse codes stay sparse only when they are moved by whole points; got ${by.join(", ")}. Give dense codes, \`toDense\`, or whole numbers.`,
    );
  }
  return (map) => movedFunction(map, by, grid);
}

function moved(position: number, by: readonly number[], grid: Grid): number {
  return coordinates(position, grid).reduce((flat, place, axis) => {
    const size = grid[axis];
    return flat * size + ((((place + by[axis]) % size) + size) % size);
  }, 0);
}

/** A map moved as a function, one axis after another: where that is by parts of a point, by the kernel of all frequencies that the axis holds. */
function movedFunction(map: Map<number, number>, by: readonly number[], grid: Grid): Map<number, number> {
  let values = new Float64Array(sizeOf(grid));
  for (const [position, value] of map) values[position] = value;
  grid.forEach((size, axis) => {
    const stride = sizeOf(grid.slice(axis + 1));
    const kernel = Float64Array.from({ length: size }, (_, n) => shiftKernel(n - by[axis], size));
    const next = new Float64Array(values.length);
    for (let to = 0; to < values.length; to++) {
      const place = Math.floor(to / stride) % size;
      for (let from = 0; from < size; from++) {
        next[to] += kernel[(place - from + size) % size] * values[to + (from - place) * stride];
      }
    }
    values = next;
  });
  return new Map(Array.from(values, (value, position) => [position, Math.fround(value)]));
}

/** `(1 / N) sum_w exp(2 pi i w u / N)` over the frequencies that a grid of N points tells apart; at whole points of a move by whole points, 1 and 0. */
function shiftKernel(u: number, size: number): number {
  if (Number.isInteger(u)) return ((u % size) + size) % size === 0 ? 1 : 0;
  const [modes] = allModes([size]);
  let sum = 1;
  for (let w = 1; w < modes; w++) sum += 2 * Math.cos((2 * Math.PI * w * u) / size);
  return sum / size;
}
