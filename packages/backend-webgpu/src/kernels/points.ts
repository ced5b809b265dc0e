/** Maps given by a few points: their spectra, and their values (the contracts analyzePoints, samplePoints). */
import {
  analyzePoints,
  type Grid,
  type Modes,
  registerKernel,
  samplePoints,
  sizeOf,
  spectrumShape,
} from "@saeno/backend";
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { fourierTable } from "./fourier-table.ts";
import { type GpuBackend, runProgram } from "./program.ts";

/** Lanes that share the sum of a sampled point, each over every eighth frequency. */
export const together = 8;

export function registerPoints(backend: GpuBackend): void {
  registerKernel(analyzePoints, "webgpu", ({ values, positions }, { grid, modes, adjoint = false }) =>
    analyze(backend, { values, positions, grid, modes, adjoint }),
  );

  registerKernel(samplePoints, "webgpu", ({ re, im, positions }, { grid, modes, adjoint = false }) => ({
    values: sample(backend, { re, im, positions, grid, modes, adjoint }),
  }));
}

interface Points {
  readonly positions: TensorInfo;
  readonly grid: Grid;
  readonly modes: Modes;
  readonly adjoint: boolean;
}

/**
 * A function of a place and a frequency: the phase, a factor of the table for each axis. Both are flat; their parts are taken from the last
 * axis on. Place and frequency are rows and columns of the table of an analysis, columns and rows of that of a synthesis.
 */
export function phaseOf(
  transform: "analysis" | "synthesis",
  grid: Grid,
  modes: Modes,
  starts: readonly number[],
): string {
  const spectrum = spectrumShape(modes);
  const factors = grid.map((points, axis) => {
    const [kept, start] = [spectrum[axis], starts[axis]];
    const place = `place / ${sizeOf(grid.slice(axis + 1))}u % ${points}u`;
    const frequency = `w / ${sizeOf(spectrum.slice(axis + 1))}u % ${kept}u`;
    const [row, width, column] = transform === "analysis" ? [place, kept, frequency] : [frequency, points, place];
    return `table[${start}u + (${row}) * ${width}u + ${column}]`;
  });
  return /* wgsl */ `
fn times(a: vec2f, b: vec2f) -> vec2f { return vec2f(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x); }
fn phaseOf(place: u32, w: u32) -> vec2f {
  return ${factors.reduce((product, factor) => `times(${product}, ${factor})`)};
}`;
}

/** values, positions `[R, s]` to re, im `[R, M]`: a thread for a frequency, 256 points at a time in the memory of its workgroup. 8 R s M operations. */
function analyze(
  backend: GpuBackend,
  given: Points & { readonly values: TensorInfo },
): Record<"re" | "im", TensorInfo> {
  const { values, positions, grid, modes, adjoint } = given;
  const [rows, count] = values.shape as [number, number];
  const frequencies = sizeOf(spectrumShape(modes));
  const tiles = Math.ceil(frequencies / 256);
  const { table, starts } = fourierTable(backend, "analysis", grid, modes, adjoint);
  const output = { shape: [rows, frequencies], dtype: "float32" as const };
  return runProgram(backend, {
    name: `analyzePoints ${grid} ${modes}`,
    inputs: { values, positions, table },
    outputs: { re: output, im: output },
    sizes: { frequencies, tiles, count },
    pairs: ["table"],
    declarations: `${phaseOf("analysis", grid, modes, starts)}
var<workgroup> places: array<u32, 256>;
var<workgroup> weights: array<f32, 256>;`,
    body: /* wgsl */ `
  let row = group / u.tiles;
  let own = group % u.tiles * 256u + lane;
  let w = min(own, u.frequencies - 1u);
  var sum = vec2f();
  for (var first_ = 0u; first_ < u.count; first_ += 256u) {
    let some = min(256u, u.count - first_);
    workgroupBarrier();
    if (lane < some) {
      places[lane] = u32(positions[row * u.count + first_ + lane]);
      weights[lane] = values[row * u.count + first_ + lane];
    }
    workgroupBarrier();
    for (var j = 0u; j < some; j++) { sum += weights[j] * phaseOf(places[j], w); }
  }
  if (own < u.frequencies) {
    re[row * u.frequencies + w] = sum.x;
    im[row * u.frequencies + w] = sum.y;
  }`,
    groups: rows * tiles,
  });
}

/** re, im `[R, M]`, positions `[R, s]` to values `[R, s]`: eight lanes for a point. 8 R s M operations. */
function sample(backend: GpuBackend, given: Points & { readonly re: TensorInfo; readonly im: TensorInfo }): TensorInfo {
  const { re, im, positions, grid, modes, adjoint } = given;
  const [rows, count] = positions.shape as [number, number];
  const frequencies = sizeOf(spectrumShape(modes));
  const { table, starts } = fourierTable(backend, "synthesis", grid, modes, adjoint);
  const points = rows * count;
  return runProgram(backend, {
    name: `samplePoints ${grid} ${modes}`,
    inputs: { re, im, positions, table },
    outputs: { values: { shape: [rows, count], dtype: "float32" } },
    sizes: { frequencies, count, points },
    pairs: ["table"],
    declarations: `${phaseOf("synthesis", grid, modes, starts)}
var<workgroup> parts: array<f32, 256>;`,
    body: /* wgsl */ `
  let own = group * ${256 / together}u + lane / ${together}u;
  let point = min(own, u.points - 1u);
  let place = u32(positions[point]);
  let from_ = point / u.count * u.frequencies;
  var part = 0.0;
  for (var w = lane % ${together}u; w < u.frequencies; w += ${together}u) {
    let phase = phaseOf(place, w);
    part += re[from_ + w] * phase.x - im[from_ + w] * phase.y;
  }
  parts[lane] = part;
  workgroupBarrier();
  if (lane % ${together}u == 0u && own < u.points) {
    var sum = 0.0;
    for (var j = 0u; j < ${together}u; j++) { sum += parts[lane + j]; }
    values[own] = sum;
  }`,
    groups: Math.ceil((points * together) / 256),
  }).values;
}
