/**
 * Truncated transforms of rows: where a row is a line or a plane that fits, a workgroup makes all of it ({@link planeOf}); otherwise an axis
 * after another, without transposes, each a dispatch.
 */
import {
  type Grid,
  type Modes,
  registerKernel,
  sizeOf,
  spectrumShape,
  truncatedAnalysis,
  truncatedSynthesis,
} from "@saeno/backend";
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { fourierTable } from "./fourier-table.ts";
import { planeOf } from "./plane.ts";
import { type GpuBackend, groupsFor, oneEntry, runProgram } from "./program.ts";

export function registerTransforms(backend: GpuBackend): void {
  registerKernel(truncatedAnalysis, "webgpu", ({ x }, { modes, adjoint = false }) => {
    const [rows, ...grid] = x.shape as [number, ...number[]];
    return analyze(backend, { x, rows, grid, modes, adjoint });
  });

  registerKernel(truncatedSynthesis, "webgpu", ({ re, im }, { grid, adjoint = false }) => {
    const [rows, ...spectrum] = re.shape as [number, ...number[]];
    const modes = spectrum.map((size, axis) => (axis === spectrum.length - 1 ? size : (size + 1) / 2));
    return { x: synthesize(backend, { re, im, rows, grid, modes, adjoint }) };
  });
}

interface Transform {
  readonly rows: number;
  readonly grid: Grid;
  readonly modes: Modes;
  readonly adjoint: boolean;
}

/** x `[rows, ...grid]` to re, im `[rows, ...spectrum]`. */
export function analyze(
  backend: GpuBackend,
  { x, rows, grid, modes, adjoint }: Transform & { readonly x: TensorInfo },
): Record<"re" | "im", TensorInfo> {
  const shape = [rows, ...spectrumShape(modes)];
  const { table, starts } = fourierTable(backend, "analysis", grid, modes, adjoint);
  const plane = planeOf(backend, grid, modes);
  if (plane !== undefined) {
    const output = { shape, dtype: "float32" as const };
    return runProgram(backend, {
      name: `analysis ${plane.key}`,
      inputs: { x, toSpectrum: table },
      outputs: { re: output, im: output },
      sizes: {},
      pairs: ["toSpectrum"],
      declarations: plane.declarations,
      body: /* wgsl */ `
  let from_ = group * N1 * N2;
  let to = group * K1 * M2;
  ${plane.analyzeLines("x[from_ + i]")}
  ${plane.eachCoefficient("re[to + w] = value.x; im[to + w] = value.y;")}`,
      groups: rows,
    });
  }
  const last = grid.length - 1;
  let parts: Record<string, TensorInfo> = { x };
  for (let axis = last; axis >= 0; axis--) {
    const shapeAfter = [rows, ...grid.slice(0, axis), ...spectrumShape(modes).slice(axis)];
    const next = alongAxis(backend, parts, {
      axis,
      shape: shapeAfter,
      points: grid[axis] as number,
      table,
      start: starts[axis] as number,
    });
    if (axis < last) dispose(backend, parts);
    parts = next;
  }
  return parts as Record<"re" | "im", TensorInfo>;
}

/** re, im `[rows, ...spectrum]` to x `[rows, ...grid]`. */
export function synthesize(
  backend: GpuBackend,
  { re, im, rows, grid, modes, adjoint }: Transform & { readonly re: TensorInfo; readonly im: TensorInfo },
): TensorInfo {
  const shape = [rows, ...grid];
  const { table, starts } = fourierTable(backend, "synthesis", grid, modes, adjoint);
  const plane = planeOf(backend, grid, modes);
  if (plane !== undefined) {
    return runProgram(backend, {
      name: `synthesis ${plane.key}`,
      inputs: { re, im, toPoints: table },
      outputs: { x: { shape, dtype: "float32" } },
      sizes: {},
      pairs: ["toPoints"],
      declarations: plane.declarations,
      body: /* wgsl */ `
  let from_ = group * K1 * M2;
  for (var w = lane; w < K1 * M2; w += 256u) { spectrum[w] = vec2f(re[from_ + w], im[from_ + w]); }
  workgroupBarrier();
  ${plane.synthesizeLines()}
  ${plane.eachValue("x[group * N1 * N2 + i] = value;")}`,
      groups: rows,
    }).x;
  }
  const last = grid.length - 1;
  const spectrum = spectrumShape(modes);
  let parts: Record<string, TensorInfo> = { re, im };
  for (let axis = 0; axis <= last; axis++) {
    const shapeAfter = [rows, ...grid.slice(0, axis + 1), ...spectrum.slice(axis + 1)];
    const next = alongAxis(backend, parts, {
      axis,
      shape: shapeAfter,
      points: spectrum[axis] as number,
      table,
      start: starts[axis] as number,
      real: axis === last,
    });
    if (axis > 0) dispose(backend, parts);
    parts = next;
  }
  return (parts as Record<"x", TensorInfo>).x;
}

function dispose(backend: GpuBackend, parts: Record<string, TensorInfo>): void {
  for (const { dataId } of Object.values(parts)) backend.disposeData(dataId);
}

interface AxisProduct {
  readonly axis: number;
  /** Of the result; that of what is given differs on the axis, which has `points` entries. */
  readonly shape: number[];
  readonly points: number;
  readonly table: TensorInfo;
  readonly start: number;
  /** Whether only the real part is wanted. */
  readonly real?: boolean;
}

/**
 * The product of an axis with a matrix of the table, of real (`x`) or complex entries (`re`, `im`). A thread makes four entries of the axis,
 * neighboring threads neighboring places of the axes after it, or of the last axis itself.
 */
function alongAxis(
  backend: GpuBackend,
  given: Record<string, TensorInfo>,
  product: AxisProduct,
): Record<string, TensorInfo> {
  const { axis, shape, points, table, start, real = false } = product;
  const made = shape[axis + 1] as number;
  const inner = sizeOf(shape.slice(axis + 2));
  const apart = Math.ceil(made / 4);
  const entries = sizeOf(shape.slice(0, axis + 1)) * apart * inner;
  const output = { shape, dtype: "float32" as const };
  const complex = "re" in given;
  const outputs: Record<string, typeof output> = real ? { toX: output } : { toRe: output, toIm: output };
  const results = runProgram(backend, {
    name: `axis ${complex} ${real}`,
    inputs: { ...given, table },
    outputs,
    sizes: { entries, points, made, inner, apart, start },
    pairs: ["table"],
    body: /* wgsl */ `${oneEntry}
  let place = i % u.inner;
  let first_ = i / u.inner % u.apart;
  let outer = i / u.inner / u.apart;
  var sums: array<vec2f, 4>;
  for (var n = 0u; n < u.points; n++) {
    let at = (outer * u.points + n) * u.inner + place;
    ${complex ? "let given = vec2f(re[at], im[at]);" : "let given = vec2f(x[at], 0.0);"}
    for (var r = 0u; r < 4u; r++) {
      let phase = table[u.start + n * u.made + min(first_ + r * u.apart, u.made - 1u)];
      sums[r] += vec2f(given.x * phase.x - given.y * phase.y, given.x * phase.y + given.y * phase.x);
    }
  }
  for (var r = 0u; r < 4u; r++) {
    let k = first_ + r * u.apart;
    if (k < u.made) {
      let at = (outer * u.made + k) * u.inner + place;
      ${real ? "toX[at] = sums[r].x;" : "toRe[at] = sums[r].x;\n      toIm[at] = sums[r].y;"}
    }
  }`,
    groups: groupsFor(entries),
  });
  return (real ? { x: results.toX } : { re: results.toRe, im: results.toIm }) as Record<string, TensorInfo>;
}
