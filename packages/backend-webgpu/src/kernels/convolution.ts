/** Convolution with all kernels (the contracts convCorrelate, convEnergies, convSynthesize, convKernelGradient), without patches in memory. */
import {
  convCorrelate,
  convEnergies,
  convKernelGradient,
  convSynthesize,
  type Padding,
  registerKernel,
  sizeOf,
} from "@saeno/backend";
import { type Tensor, type TensorInfo, tidy } from "@tensorflow/tfjs-core";
import { type ConvGeometry, geometryOf } from "./conv-geometry.ts";
import { mapsOf } from "./conv-maps.ts";
import { type GpuBackend, runProgram } from "./program.ts";
import { rowEnergies } from "./select.ts";
import { columnSums } from "./sums.ts";
import { tileOf } from "./tiled-product.ts";

export function registerConvolution(backend: GpuBackend): void {
  registerKernel(convCorrelate, "webgpu", (inputs, attributes) => {
    const { x, kernels } = inputs;
    const geometry = geometryFor(x, kernels, attributes.padding);
    if (geometry === undefined) return tidy(() => convCorrelate.definition.composite(asTensors(inputs), attributes));
    return { a: correlate(backend, { x, kernels, geometry }) };
  });

  registerKernel(convEnergies, "webgpu", (inputs, attributes) => {
    const { x, kernels, bias } = inputs;
    const { padding, kind, count } = attributes;
    const geometry = geometryFor(x, kernels, padding);
    if (geometry === undefined) return tidy(() => convEnergies.definition.composite(asTensors(inputs), attributes));
    const shape = [x.shape[0] as number, kernels.shape[0] as number];
    const { points } = geometry;
    const made = fewTaps(geometry)
      ? correlate(backend, { x, kernels, geometry, bias })
      : mapsOf(backend, inputs, geometry);
    const maps = { ...made, shape: [sizeOf(shape), points] };
    const energies = { ...rowEnergies(backend, maps, kind, Math.min(count ?? points, points)), shape };
    backend.disposeData(maps.dataId);
    return { energies };
  });

  registerKernel(convSynthesize, "webgpu", (inputs, attributes) => {
    const { z, kernels } = inputs;
    const geometry = geometryFor(z, kernels, attributes.padding);
    if (geometry === undefined) return tidy(() => convSynthesize.definition.composite(asTensors(inputs), attributes));
    return { x: synthesize(backend, z, kernels, geometry) };
  });

  registerKernel(convKernelGradient, "webgpu", (inputs, attributes) => {
    const { size, padding } = attributes;
    const geometry = geometryOf(inputs.x.shape.slice(1, -1), size, padding);
    if (geometry === undefined)
      return tidy(() => convKernelGradient.definition.composite(asTensors(inputs), attributes));
    const shape = [inputs.a.shape.at(-1) as number, ...size, inputs.x.shape.at(-1) as number];
    return { kernels: kernelGradient(backend, inputs, geometry, shape) };
  });
}

export function asTensors<Name extends string>(inputs: Readonly<Record<Name, TensorInfo>>): Record<Name, Tensor> {
  return inputs as Record<Name, Tensor>;
}

export function geometryFor(x: TensorInfo, kernels: TensorInfo, padding: Padding): ConvGeometry | undefined {
  return geometryOf(x.shape.slice(1, -1), kernels.shape.slice(1, -1), padding);
}

/** One or two taps a plane: sliding along them saves little, and a tiled product takes many channels at a time. */
function fewTaps({ size }: ConvGeometry): boolean {
  return size[1] * size[2] < 3;
}

interface Correlation {
  readonly x: TensorInfo;
  readonly kernels: TensorInfo;
  readonly geometry: ConvGeometry;
  /** With it maps come one after another, `[B, K, |N|]`, the bias added; without it `[B, ...N, K]`. */
  readonly bias?: TensorInfo;
}

/** Rows are points of all samples, columns concepts, and taps and channels are summed: 2 B |N| K |s| C operations. */
function correlate(backend: GpuBackend, { x, kernels, geometry, bias }: Correlation): TensorInfo {
  const { key, points, taps, declarations } = geometry;
  const [batch, concepts, channels] = [x.shape[0], kernels.shape[0], x.shape.at(-1)] as [number, number, number];
  const asMaps = bias !== undefined;
  const tile = tileOf({
    columns: concepts,
    left: `
        let source = shifted(row % POINTS, at / u.channels, 1);
        if (source >= 0) { value = x[(row / POINTS * POINTS + u32(source)) * u.channels + at % u.channels]; }`,
    leftAlong: "row",
    right: "value = kernels[column * u.depth + at];",
    rightAlong: "depth",
    write: asMaps
      ? "a[(row / POINTS * u.wide + column) * POINTS + row % POINTS] = value + bias[column];"
      : "a[row * u.wide + column] = value;",
    writeAlong: asMaps ? "row" : "column",
  });
  const rows = batch * points;
  const across = Math.ceil(concepts / tile.wide);
  return runProgram(backend, {
    name: `convCorrelate ${asMaps} ${tile.key} ${key}`,
    inputs: { x, kernels, ...(bias && { bias }) },
    outputs: { a: { shape: [...x.shape.slice(0, -1), concepts], dtype: "float32" } },
    sizes: { rows, wide: concepts, depth: taps * channels, channels, across },
    declarations: `const POINTS = ${points}u;${declarations}${tile.declarations}`,
    body: /* wgsl */ `
  let top = group / u.across * ${tile.high}u;
  let left = group % u.across * ${tile.wide}u;
  let from_ = 0u;
  let end = u.depth;
  ${tile.body}`,
    groups: Math.ceil(rows / tile.high) * across,
  }).a;
}

/** The adjoint: columns are channels, and taps and concepts are summed. */
function synthesize(backend: GpuBackend, z: TensorInfo, kernels: TensorInfo, geometry: ConvGeometry): TensorInfo {
  const { key, points, taps, declarations } = geometry;
  const [batch, concepts, channels] = [z.shape[0], kernels.shape[0], kernels.shape.at(-1)] as [number, number, number];
  const tile = tileOf({
    columns: channels,
    left: `
        let source = shifted(row % POINTS, at / u.concepts, -1);
        if (source >= 0) { value = z[(row / POINTS * POINTS + u32(source)) * u.concepts + at % u.concepts]; }`,
    leftAlong: "depth",
    right: "value = kernels[(at % u.concepts * u.taps + at / u.concepts) * u.wide + column];",
    rightAlong: "column",
    write: "x[row * u.wide + column] = value;",
    writeAlong: "column",
  });
  const rows = batch * points;
  const across = Math.ceil(channels / tile.wide);
  return runProgram(backend, {
    name: `convSynthesize ${tile.key} ${key}`,
    inputs: { z, kernels },
    outputs: { x: { shape: [...z.shape.slice(0, -1), channels], dtype: "float32" } },
    sizes: { rows, wide: channels, depth: taps * concepts, taps, concepts, across },
    declarations: `const POINTS = ${points}u;${declarations}${tile.declarations}`,
    body: /* wgsl */ `
  let top = group / u.across * ${tile.high}u;
  let left = group % u.across * ${tile.wide}u;
  let from_ = 0u;
  let end = u.depth;
  ${tile.body}`,
    groups: Math.ceil(rows / tile.high) * across,
  }).x;
}

/** Workgroups that keep a GPU busy. */
const enoughGroups = 512;

/** Rows are concepts, columns taps and channels, and all points of all samples are summed, in parts, the parts by a second dispatch. */
function kernelGradient(
  backend: GpuBackend,
  { x, a }: Readonly<Record<"x" | "a", TensorInfo>>,
  { key, points, taps, declarations }: ConvGeometry,
  shape: number[],
): TensorInfo {
  const [concepts, channels] = [shape[0], shape.at(-1)] as [number, number];
  const columns = taps * channels;
  const tile = tileOf({
    columns,
    left: "value = a[at * u.rows + row];",
    leftAlong: "row",
    right: `
        let source = shifted(at % POINTS, column / u.channels, 1);
        if (source >= 0) { value = x[(at / POINTS * POINTS + u32(source)) * u.channels + column % u.channels]; }`,
    rightAlong: "depth",
    write: "parts[(part * u.rows + row) * u.wide + column] = value;",
    writeAlong: "column",
  });
  const depth = (x.shape[0] as number) * points;
  const across = Math.ceil(columns / tile.wide);
  const tiles = Math.ceil(concepts / tile.high) * across;
  const count = Math.max(1, Math.min(Math.ceil(enoughGroups / tiles), Math.ceil(depth / 256)));
  const entries = concepts * columns;
  const { parts } = runProgram(backend, {
    name: `convKernelGradient ${tile.key} ${key}`,
    inputs: { x, a },
    outputs: { parts: { shape: count === 1 ? shape : [count, entries], dtype: "float32" } },
    sizes: { rows: concepts, wide: columns, depth, share: Math.ceil(depth / count), channels, across, tiles },
    declarations: `const POINTS = ${points}u;${declarations}${tile.declarations}`,
    body: /* wgsl */ `
  let part = group / u.tiles;
  let top = group % u.tiles / u.across * ${tile.high}u;
  let left = group % u.across * ${tile.wide}u;
  let from_ = part * u.share;
  let end = min(from_ + u.share, u.depth);
  ${tile.body}`,
    groups: tiles * count,
  });
  if (count === 1) return parts;
  const kernels = columnSums(backend, parts, { shape, n: count, scale: 1 });
  backend.disposeData(parts.dataId);
  return kernels;
}
