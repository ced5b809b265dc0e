/**
 * Truncated transforms of one map by a workgroup, as WGSL to put into programs: a line or a plane of which the coefficients and the half
 * transformed lines fit into the workgroup's memory, so that nothing of them is written in between.
 *
 * An axis after another, each a small matrix product with a {@link fourierTable}: for a plane `N1 x N2` and `K1 x M2` frequencies
 * `4 N1 M2 (N2 + 2 K1)` operations. A line is a plane with one line.
 */
import { type Grid, type Modes, sizeOf, spectrumShape } from "@saeno/backend";
import type { GpuBackend } from "./program.ts";
import { sharedSums } from "./shared-sums.ts";

export interface Plane {
  /** Part of a program's name: two planes of one key have the same code. */
  readonly key: string;
  readonly points: number;
  readonly frequencies: number;
  /** Constants, the workgroup's `spectrum` and `halfway`, and functions. Bind the tables that are used as pairs. */
  readonly declarations: string;
  /** `spectrum` from sums ({@link SharedSums}); ends with a barrier. */
  fillSpectrum(part: string): string;
  /** From `spectrum`, written before a barrier, to `halfway`; ends with a barrier. */
  synthesizeLines(): string;
  /** After that: `use` for each point `i` of the map, which has the `value`. */
  eachValue(use: string): string;
  /** From values on the grid, `read` at `i`, to `halfway`; ends with a barrier. */
  analyzeLines(read: string): string;
  /** After that: `use` for each frequency `w`, of which the coefficient is `value`. */
  eachCoefficient(use: string): string;
}

/**
 * With coefficients that are sums of so many `terms`. Nothing if the grid has more than two axes, or where that and `more` bytes are too much for a
 * workgroup.
 */
export function planeOf(
  backend: GpuBackend,
  grid: Grid,
  modes: Modes,
  { terms = 1, more = 0 }: { readonly terms?: number; readonly more?: number } = {},
): Plane | undefined {
  if (grid.length > 2) return undefined;
  const [points, lines = 1] = grid.toReversed() as [number, number?];
  const [columns, rows = 1] = spectrumShape(modes).toReversed() as [number, number?];
  const free = backend.device.limits.maxComputeWorkgroupStorageSize - 8 * columns * (rows + lines) - more;
  if (free < 0) return undefined;
  // A plane that fits only without shared sums is still faster than none.
  const wished = sharedSums(rows * columns, terms);
  const shared = wished.bytes <= free ? wished : sharedSums(rows * columns, 1);
  /** Where the matrix of the last axis begins. */
  const start = grid.length === 1 ? "0u" : `${rows * lines}u`;
  /** The product with the first table, which a line has none of. */
  const across = (table: string, row: string, column: string, width: string, given: string) =>
    grid.length === 1 ? given : `times(${given}, ${table}[${row} * ${width} + ${column}])`;

  return {
    key: `${lines} x ${points} by ${rows} x ${columns} ${grid.length} ${shared.shares}`,
    points: sizeOf(grid),
    frequencies: rows * columns,
    declarations: /* wgsl */ `
const N1 = ${lines}u;
const N2 = ${points}u;
const K1 = ${rows}u;
const M2 = ${columns}u;
var<workgroup> spectrum: array<vec2f, ${rows * columns}>;
var<workgroup> halfway: array<vec2f, ${lines * columns}>;${shared.declaration}
fn times(a: vec2f, b: vec2f) -> vec2f { return vec2f(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x); }`,
    fillSpectrum: (part) => shared.sum(part).concat("\n  workgroupBarrier();"),
    synthesizeLines: () =>
      tiled({
        rows: lines,
        columns,
        sums: "vec2f",
        depth: rows,
        load: "let given = spectrum[at * M2 + column];",
        term: across("toPoints", "at", "row", "N1", "given"),
        use: "halfway[row * M2 + column] = value;",
      }).concat("\n  workgroupBarrier();"),
    eachValue: (use) =>
      tiled({
        rows: lines,
        columns: points,
        sums: "f32",
        depth: columns,
        load: `let phase = toPoints[${start} + at * N2 + column];`,
        term: "dot(halfway[row * M2 + at], vec2f(phase.x, -phase.y))",
        use: `let i = row * N2 + column; ${use}`,
      }),
    analyzeLines: (read) =>
      tiled({
        rows: lines,
        columns,
        sums: "vec2f",
        depth: points,
        load: `let phase = toSpectrum[${start} + at * M2 + column];`,
        before: "let i = row * N2 + at;",
        term: `${read} * phase`,
        use: "halfway[row * M2 + column] = value;",
      }).concat("\n  workgroupBarrier();"),
    eachCoefficient: (use) =>
      tiled({
        rows,
        columns,
        sums: "vec2f",
        depth: lines,
        load: "let given = halfway[at * M2 + column];",
        term: across("toSpectrum", "at", "row", "K1", "given"),
        use: `let w = row * M2 + column; ${use}`,
      }),
  };
}

interface Product {
  readonly rows: number;
  readonly columns: number;
  readonly sums: "f32" | "vec2f";
  readonly depth: number;
  /** What the entries of a column share, at `column` and `at`. */
  readonly load: string;
  /** What a term needs. */
  readonly before?: string;
  /** A term of the sum for `row` and `column`. */
  readonly term: string;
  /** What becomes of the sum, `value`. */
  readonly use: string;
}

/** A matrix product by a workgroup: each thread makes several entries of a column, so that it loads what they share once. */
function tiled({ rows, columns, sums, depth, load, before = "", term, use }: Product): string {
  const tile = [4, 2].find((rowsOfThread) => Math.ceil(rows / rowsOfThread) * columns >= 192) ?? 1;
  const apart = Math.ceil(rows / tile);
  return /* wgsl */ `
  for (var entry = lane; entry < ${apart * columns}u; entry += 256u) {
    let column = entry % ${columns}u;
    let first_ = entry / ${columns}u;
    var sums = array<${sums}, ${tile}>();
    for (var at = 0u; at < ${depth}u; at++) {
      ${load}
      for (var r = 0u; r < ${tile}u; r++) {
        let row = min(first_ + r * ${apart}u, ${rows - 1}u);
        ${before}
        sums[r] += ${term};
      }
    }
    for (var r = 0u; r < ${tile}u; r++) {
      let row = first_ + r * ${apart}u;
      if (row < ${rows}u) {
        let value = sums[r];
        ${use}
      }
    }
  }`;
}
