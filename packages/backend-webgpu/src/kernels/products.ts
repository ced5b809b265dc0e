/** Products of two matrices. */
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { replaceKernel } from "../repaired-kernels.ts";
import { type GpuBackend, runProgram } from "./program.ts";

/** Tiles of a product of so many rows and columns are 128 x 128 where that gives so many of them, else 64 x 64. */
const busy = 256;

/** Below so many multiplications, rows or columns tfjs's product does, and where a tile would have so many steps for each there is: it divides them. */
const [fewest, thinnest, longest] = [2 ** 18, 16, 256];

interface Transposes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

export function registerProducts(backend: GpuBackend): void {
  replaceKernel("BatchMatMul", ({ a, b }, attributes, original) => {
    const transposes = attributes as unknown as Transposes;
    const floats = a?.dtype === "float32" && b?.dtype === "float32";
    if (!floats || a.shape.length !== 2 || b.shape.length !== 2) return original();
    const [m, n] = (transposes.transposeA ? [...a.shape].reverse() : a.shape) as [number, number];
    const wide = b.shape[transposes.transposeB ? 0 : 1] as number;
    const tiles = Math.ceil(m / 64) * Math.ceil(wide / 64);
    if (m * n * wide < fewest || Math.min(m, wide) < thinnest || n > longest * tiles) return original();
    return product(backend, { a, b }, transposes);
  });
}

/**
 * a `[m, n]` (transposed `[n, m]`) times b `[n, K]` (transposed `[K, n]`), plus bias `[K]` if given, to `[m, K]`. A workgroup makes a square tile, each of its
 * 16 x 16 threads up to 8 x 8 entries, in fours; for each slab of both factors that is in its memory, a thread reads 4 numbers for 16 products (8 for 16 in
 * small tiles).
 */
export function product(
  backend: GpuBackend,
  { a, b, bias }: { readonly a: TensorInfo; readonly b: TensorInfo; readonly bias?: TensorInfo },
  { transposeA, transposeB }: Transposes,
): TensorInfo {
  const [n, m] = transposeA ? (a.shape as [number, number]) : ([...a.shape].reverse() as [number, number]);
  const wide = b.shape[transposeB ? 0 : 1] as number;
  const tilesOf = (side: number) => Math.ceil(m / side) * Math.ceil(wide / side);
  const side = tilesOf(128) >= busy ? 128 : 64;
  // Each thread brings four numbers of a slab of each factor.
  const slab = 1024 / side;
  const fours = side / 64;
  const aligned = { a: (transposeA ? m : n) % 4 === 0, b: (transposeB ? n : wide) % 4 === 0 };
  const each = (count: number, line: (i: number) => string) =>
    Array.from({ length: count }, (_, i) => line(i)).join("\n");
  /** A slab of a factor whose rows are numbers of a sum, or of one that is summed along its columns. */
  const bring = (from: "a" | "b", along: boolean, first: string, end: string) =>
    along
      ? /* wgsl */ `
    if (${first} + row < ${end}) { brought = ${from}Four(${first} + row, first_ + 4u * four); } else { brought = vec4f(); }
    ${each(4, (i) => `slabOf_${from}[(4u * four + ${i}u) * ${side / 4}u + row / 4u][row % 4u] = brought[${i}];`)}`
      : /* wgsl */ `
    if (first_ + deep < u.n) { brought = ${from}Four(first_ + deep, ${first} + 4u * next); } else { brought = vec4f(); }
    slabOf_${from}[deep * ${side / 4}u + next] = brought;`;
  /** Four neighbors of a row, zeros where it ends. */
  const fourOf = (from: "a" | "b", length: string) => /* wgsl */ `
fn ${from}Four(row: u32, at: u32) -> vec4f {
  ${
    aligned[from]
      ? `if (at >= ${length}) { return vec4f(); }
  return ${from}[(row * ${length} + at) / 4u];`
      : `var four = vec4f();
  for (var i = 0u; i < min(4u, max(at, ${length}) - at); i++) { four[i] = ${from}[row * ${length} + at + i]; }
  return four;`
  }
}`;
  return runProgram(backend, {
    name: `product ${side} ${transposeA} ${transposeB} ${aligned.a} ${aligned.b} ${bias !== undefined}`,
    inputs: { a, b, ...(bias !== undefined && { bias }) },
    outputs: { result: { shape: [m, wide], dtype: "float32" } },
    sizes: { m, n, wide, across: Math.ceil(wide / side) },
    fours: (["a", "b"] as const).filter((factor) => aligned[factor]),
    declarations: () => /* wgsl */ `
var<workgroup> slabOf_a: array<vec4f, ${(slab * side) / 4}>;
var<workgroup> slabOf_b: array<vec4f, ${(slab * side) / 4}>;${fourOf("a", transposeA ? "u.m" : "u.n")}${fourOf("b", transposeB ? "u.n" : "u.wide")}
fn write(row: u32, column: u32, sums: vec4f) {
  for (var i = 0u; i < 4u; i++) {
    if (row < u.m && column + i < u.wide) {
      result[row * u.wide + column + i] = sums[i]${bias === undefined ? "" : " + bias[column + i]"};
    }
  }
}`,
    body: () => /* wgsl */ `
  let top = group / u.across * ${side}u;
  let left = group % u.across * ${side}u;
  let down = lane / 16u;
  let along = lane % 16u;
  let row = lane / ${slab / 4}u;
  let four = lane % ${slab / 4}u;
  let deep = lane / ${side / 4}u;
  let next = lane % ${side / 4}u;
  var brought: vec4f;
  ${each(4 * fours, (r) => each(fours, (s) => `var sum${r}_${s} = vec4f();`))}
  for (var first_ = 0u; first_ < u.n; first_ += ${slab}u) {
    ${bring("a", !transposeA, "top", "u.m")}
    ${bring("b", transposeB, "left", "u.wide")}
    workgroupBarrier();
    for (var at = 0u; at < ${slab}u; at++) {
      ${each(fours, (r) => `let a${r} = slabOf_a[at * ${side / 4}u + down + ${16 * r}u];`)}
      ${each(fours, (s) => `let b${s} = slabOf_b[at * ${side / 4}u + along + ${16 * s}u];`)}
      ${each(4 * fours, (r) => each(fours, (s) => `sum${r}_${s} += a${r >> 2}[${r % 4}] * b${s};`))}
    }
    workgroupBarrier();
  }
  ${each(4 * fours, (r) => each(fours, (s) => `write(top + 4u * (down + ${16 * (r >> 2)}u) + ${r % 4}u, left + 4u * (along + ${16 * s}u), sum${r}_${s});`))}`,
    groups: tilesOf(side),
  }).result;
}
