import { type Adjoint, registerKernel, spectralMatMul } from "@saeno/backend";
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { type GpuBackend, groupsFor, oneEntry, runProgram } from "./program.ts";

/** Fewer threads than these leave a GPU idle: tiles are made smaller then. */
const enough = 32_768;

/**
 * Complex matrix products at every frequency (the contract spectralMatMul): neighboring threads take neighboring frequencies, so that all reads
 * are of neighbors, and each makes a tile of up to 4 x 4 entries of its product, 4 operations for a number read.
 */
export function registerSpectralMatMul(backend: GpuBackend): void {
  registerKernel(spectralMatMul, "webgpu", (inputs, { adjoint }) => multiplySpectra(backend, inputs, adjoint));
}

/** a `[P, Q, M]`, b `[Q, S, M]`, with an adjoint that factor with its first axes exchanged, to re, im `[P, S, M]`. */
export function multiplySpectra(
  backend: GpuBackend,
  inputs: Readonly<Record<"aRe" | "aIm" | "bRe" | "bIm", TensorInfo>>,
  adjoint: Adjoint,
): Record<"re" | "im", TensorInfo> {
  const [aFirst, aSecond, frequencies] = inputs.aRe.shape as [number, number, number];
  const [bFirst, bSecond] = inputs.bRe.shape as [number, number];
  const [rows, inner] = adjoint === "a" ? [aSecond, aFirst] : [aFirst, aSecond];
  const columns = adjoint === "b" ? bFirst : bSecond;
  const threads = (tile: number) => Math.ceil(rows / tile) * Math.ceil(columns / tile) * frequencies;
  const tile = [4, 2].find((size) => threads(size) >= enough) ?? 1;
  const [high, wide] = [Math.min(tile, rows), Math.min(tile, columns)];
  const across = Math.ceil(columns / wide);
  const entries = rows * columns === 0 ? 0 : Math.ceil(rows / high) * across * frequencies;
  const output = { shape: [rows, columns, frequencies], dtype: "float32" as const };
  return runProgram(backend, {
    name: `spectralMatMul ${high} x ${wide} ${adjoint}`,
    inputs,
    outputs: { re: output, im: output },
    sizes: {
      entries,
      frequencies,
      across,
      rows,
      width: columns,
      inner,
      aRow: (adjoint === "a" ? 1 : inner) * frequencies,
      aStep: (adjoint === "a" ? rows : 1) * frequencies,
      bColumn: (adjoint === "b" ? inner : 1) * frequencies,
      bStep: (adjoint === "b" ? 1 : columns) * frequencies,
    },
    declarations: `const HIGH = ${high}u;\nconst WIDE = ${wide}u;`,
    body: /* wgsl */ `${oneEntry}
  let w = i % u.frequencies;
  let left = i / u.frequencies % u.across * WIDE;
  let top = i / u.frequencies / u.across * HIGH;
  var sums: array<array<vec2f, WIDE>, HIGH>;
  for (var q = 0u; q < u.inner; q++) {
    var b = array<vec2f, WIDE>();
    for (var s = 0u; s < WIDE; s++) {
      let at = min(left + s, u.width - 1u) * u.bColumn + q * u.bStep + w;
      b[s] = vec2f(bRe[at], ${adjoint === "b" ? "-" : ""}bIm[at]);
    }
    for (var r = 0u; r < HIGH; r++) {
      let at = min(top + r, u.rows - 1u) * u.aRow + q * u.aStep + w;
      let a = vec2f(aRe[at], ${adjoint === "a" ? "-" : ""}aIm[at]);
      for (var s = 0u; s < WIDE; s++) {
        sums[r][s] += vec2f(a.x * b[s].x - a.y * b[s].y, a.x * b[s].y + a.y * b[s].x);
      }
    }
  }
  for (var r = 0u; r < HIGH; r++) {
    for (var s = 0u; s < WIDE; s++) {
      if (top + r < u.rows && left + s < u.width) {
        let at = ((top + r) * u.width + left + s) * u.frequencies + w;
        re[at] = sums[r][s].x;
        im[at] = sums[r][s].y;
      }
    }
  }`,
    groups: groupsFor(entries),
  });
}
