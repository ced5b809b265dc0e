/** Products of matrices whose rows are both read along: of samples and atoms, or of atoms. */
import { sizeOf } from "@saeno/backend";
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { replaceKernel } from "../repaired-kernels.ts";
import { type GpuBackend, runProgram } from "./program.ts";

/** Tiles of a product of so many rows and columns are 128 x 128 where that gives so many of them, else 64 x 64. */
const busy = 256;

/** Below so many multiplications tfjs's product does. */
const fewest = 2 ** 18;

export function registerProducts(backend: GpuBackend): void {
  replaceKernel("BatchMatMul", ({ a, b }, attributes, original) => {
    const { transposeA, transposeB } = attributes as { readonly transposeA: boolean; readonly transposeB: boolean };
    const floats = a?.dtype === "float32" && b?.dtype === "float32";
    if (!floats || transposeA || !transposeB || a.shape.length !== 2 || b.shape.length !== 2) return original();
    return sizeOf(a.shape) * (b.shape[0] as number) < fewest ? original() : productOfRows(backend, a, b);
  });
}

/**
 * a `[m, n]`, b `[K, n]` to `[m, K]`, the products of their rows, plus bias `[K]` if given. A workgroup makes a square tile, each of its 16 x 16 threads
 * up to 8 x 8 entries, in fours; for each slab of both factors that is in its memory, a thread reads 4 numbers for 16 products (8 for 16 in small tiles).
 */
export function productOfRows(backend: GpuBackend, a: TensorInfo, b: TensorInfo, bias?: TensorInfo): TensorInfo {
  const [m, n] = a.shape as [number, number];
  const [wide] = b.shape as [number];
  const tilesOf = (side: number) => Math.ceil(m / side) * Math.ceil(wide / side);
  const side = tilesOf(128) >= busy ? 128 : 64;
  // Each thread brings four numbers of a slab of each factor.
  const slab = 1024 / side;
  const fours = side / 64;
  const aligned = n % 4 === 0;
  const each = (count: number, line: (i: number) => string) =>
    Array.from({ length: count }, (_, i) => line(i)).join("\n");
  const bring = (slabOf: string, from: string, first: string, end: string) => /* wgsl */ `
    if (${first} + row < ${end}) { brought = ${from}Four(${first} + row, first_ + 4u * four); } else { brought = vec4f(); }
    ${each(4, (i) => `${slabOf}[(4u * four + ${i}u) * ${side / 4}u + row / 4u][row % 4u] = brought[${i}];`)}`;
  const fourOf = (from: string) => /* wgsl */ `
fn ${from}Four(row: u32, at: u32) -> vec4f {
  ${
    aligned
      ? `if (at >= u.n) { return vec4f(); }
  return ${from}[(row * u.n + at) / 4u];`
      : `var four = vec4f();
  for (var i = 0u; i < min(4u, max(at, u.n) - at); i++) { four[i] = ${from}[row * u.n + at + i]; }
  return four;`
  }
}`;
  return runProgram(backend, {
    name: `productOfRows ${side} ${aligned} ${bias !== undefined}`,
    inputs: { a, b, ...(bias !== undefined && { bias }) },
    outputs: { product: { shape: [m, wide], dtype: "float32" } },
    sizes: { m, n, wide, across: Math.ceil(wide / side) },
    ...(aligned && { fours: ["a", "b"] }),
    declarations: () => /* wgsl */ `
var<workgroup> slabOfA: array<vec4f, ${(slab * side) / 4}>;
var<workgroup> slabOfB: array<vec4f, ${(slab * side) / 4}>;${fourOf("a")}${fourOf("b")}
fn write(row: u32, column: u32, sums: vec4f) {
  for (var i = 0u; i < 4u; i++) {
    if (row < u.m && column + i < u.wide) {
      product[row * u.wide + column + i] = sums[i]${bias === undefined ? "" : " + bias[column + i]"};
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
  var brought: vec4f;
  ${each(4 * fours, (r) => each(fours, (s) => `var sum${r}_${s} = vec4f();`))}
  for (var first_ = 0u; first_ < u.n; first_ += ${slab}u) {
    ${bring("slabOfA", "a", "top", "u.m")}
    ${bring("slabOfB", "b", "left", "u.wide")}
    workgroupBarrier();
    for (var at = 0u; at < ${slab}u; at++) {
      ${each(fours, (r) => `let a${r} = slabOfA[at * ${side / 4}u + down + ${16 * r}u];`)}
      ${each(fours, (s) => `let b${s} = slabOfB[at * ${side / 4}u + along + ${16 * s}u];`)}
      ${each(4 * fours, (r) => each(fours, (s) => `sum${r}_${s} += a${r >> 2}[${r % 4}] * b${s};`))}
    }
    workgroupBarrier();
  }
  ${each(4 * fours, (r) => each(fours, (s) => `write(top + 4u * (down + ${16 * (r >> 2)}u) + ${r % 4}u, left + 4u * (along + ${16 * s}u), sum${r}_${s});`))}`,
    groups: tilesOf(side),
  }).product;
}
