/** The kept points of chosen maps of a conv encoder (the contracts encodeConvPoints, decodeConvPoints, sampleConvPoints, accumulateConvPoints). */
import {
  accumulateConvPoints,
  decodeConvPoints,
  encodeConvPoints,
  registerKernel,
  sampleConvPoints,
  sizeOf,
} from "@saeno/backend";
import { type TensorInfo, tidy } from "@tensorflow/tfjs-core";
import { type ConvGeometry, geometryOf } from "./conv-geometry.ts";
import { mapsOf } from "./conv-maps.ts";
import { asTensors, geometryFor } from "./convolution.ts";
import { sumMatches } from "./matches.ts";
import { type GpuBackend, runProgram } from "./program.ts";
import { selectLargest } from "./select.ts";

export function registerConvPoints(backend: GpuBackend): void {
  registerKernel(encodeConvPoints, "webgpu", (inputs, attributes) => {
    const { x, kernels, bias, concepts } = inputs;
    const geometry = geometryFor(x, kernels, attributes.padding);
    if (geometry === undefined) return tidy(() => encodeConvPoints.definition.composite(asTensors(inputs), attributes));
    const maps = mapsOf(backend, { x, kernels, bias, concepts }, geometry);
    const largest = selectLargest(backend, maps, { k: attributes.count, rectify: false, values: true });
    backend.disposeData(maps.dataId);
    const shape = [...concepts.shape, attributes.count];
    return {
      values: { ...(largest.values as TensorInfo), shape },
      positions: { ...(largest.indices as TensorInfo), shape },
    };
  });

  registerKernel(decodeConvPoints, "webgpu", (inputs, attributes) => {
    const { grid, padding } = attributes;
    const geometry = geometryOf(grid, inputs.kernels.shape.slice(1, -1), padding);
    if (geometry === undefined) return tidy(() => decodeConvPoints.definition.composite(asTensors(inputs), attributes));
    const shape = [inputs.concepts.shape[0] as number, ...grid, inputs.kernels.shape.at(-1) as number];
    return { x: decode(backend, inputs, geometry, shape) };
  });

  registerKernel(sampleConvPoints, "webgpu", (inputs, attributes) => {
    const geometry = geometryFor(inputs.x, inputs.kernels, attributes.padding);
    if (geometry === undefined) return tidy(() => sampleConvPoints.definition.composite(asTensors(inputs), attributes));
    return { values: sample(backend, inputs, geometry) };
  });

  registerKernel(accumulateConvPoints, "webgpu", (inputs, attributes) => {
    const { size, conceptCount, padding } = attributes;
    const geometry = geometryOf(inputs.x.shape.slice(1, -1), size, padding);
    if (geometry === undefined)
      return tidy(() => accumulateConvPoints.definition.composite(asTensors(inputs), attributes));
    const shape = [conceptCount, ...size, inputs.x.shape.at(-1) as number];
    return { kernels: accumulate(backend, inputs, geometry, shape) };
  });
}

type Chosen = Readonly<Record<"values" | "positions" | "concepts", TensorInfo>>;

/**
 * x `[B, ...N, C]`: a workgroup marks which of 256 kept points may reach any of its entries, and a thread for each entry looks which of those reach it.
 * A comparison for each point and workgroup, and for each entry and point that is marked, 2 B k s |s| C operations.
 */
function decode(
  backend: GpuBackend,
  { values, positions, concepts, kernels }: Chosen & { readonly kernels: TensorInfo },
  { key, points, taps, declarations, eachTapBetween }: ConvGeometry,
  shape: number[],
): TensorInfo {
  const [batch, channels] = [shape[0], shape.at(-1)] as [number, number];
  const [, chosen, count] = values.shape as [number, number, number];
  const entries = points * channels;
  const tiles = Math.ceil(entries / 256);
  return runProgram(backend, {
    name: `convDecodePoints ${key}`,
    inputs: { values, positions, concepts, kernels },
    outputs: { x: { shape, dtype: "float32" } },
    sizes: { entries, tiles, taps, channels, chosen, count },
    declarations: `${declarations}
var<workgroup> places: array<vec3i, 256>;
var<workgroup> weights: array<f32, 256>;
var<workgroup> owners: array<u32, 256>;
var<workgroup> marks: array<atomic<u32>, 8>;`,
    body: /* wgsl */ `
  let sample = group / u.tiles;
  let start = group % u.tiles * 256u;
  let i = start + lane;
  let c = i % u.channels;
  let own = placeOf(i / u.channels, GRID);
  let low = placeOf(start / u.channels, GRID);
  let high = placeOf(min(start + 255u, u.entries - 1u) / u.channels, GRID);
  let kept = u.chosen * u.count;
  var sum = 0.0;
  for (var first_ = 0u; first_ < kept; first_ += 256u) {
    workgroupBarrier();
    if (lane < 8u) { atomicStore(&marks[lane], 0u); }
    workgroupBarrier();
    if (first_ + lane < kept) {
      let at = sample * kept + first_ + lane;
      let place = placeOf(u32(positions[at]), GRID);
      if (mayReach(place, low, high)) {
        atomicOr(&marks[lane / 32u], 1u << (lane % 32u));
        places[lane] = place;
        weights[lane] = values[at];
        owners[lane] = u32(concepts[at / u.count]);
      }
    }
    workgroupBarrier();
    for (var word = 0u; word < 8u; word++) {
      var left = atomicLoad(&marks[word]);
      while (left != 0u) {
        let j = word * 32u + firstTrailingBit(left);
        left &= left - 1u;
      ${eachTapBetween("places[j]", "own", "sum += weights[j] * kernels[(owners[j] * u.taps + tap) * u.channels + c];")}
      }
    }
  }
  if (i < u.entries) { x[sample * u.entries + i] = sum; }`,
    groups: batch * tiles,
  }).x;
}

/** values `[B, k, s]`: sixteen lanes for a point, each over every sixteenth tap and channel. 2 B k s |s| C operations. */
function sample(
  backend: GpuBackend,
  { x, kernels, positions, concepts }: Readonly<Record<"x" | "kernels" | "positions" | "concepts", TensorInfo>>,
  { key, points, taps, declarations }: ConvGeometry,
): TensorInfo {
  const [, chosen, count] = positions.shape as [number, number, number];
  const kept = sizeOf(positions.shape);
  const channels = x.shape.at(-1) as number;
  return runProgram(backend, {
    name: `convSamplePoints ${key}`,
    inputs: { x, kernels, positions, concepts },
    outputs: { values: { shape: positions.shape, dtype: "float32" } },
    sizes: { kept, points, channels, count, perSample: chosen * count, terms: taps * channels },
    declarations: `${declarations}
var<workgroup> parts: array<f32, 256>;`,
    body: /* wgsl */ `
  let own = group * 16u + lane / 16u;
  let point = min(own, u.kept - 1u);
  let k = u32(concepts[point / u.count]);
  let place = u32(positions[point]);
  var part = 0.0;
  for (var term = lane % 16u; term < u.terms; term += 16u) {
    let source = shifted(place, term / u.channels, 1);
    if (source >= 0) {
      let at = (point / u.perSample * u.points + u32(source)) * u.channels + term % u.channels;
      part += kernels[k * u.terms + term] * x[at];
    }
  }
  parts[lane] = part;
  workgroupBarrier();
  if (lane % 16u == 0u && own < u.kept) {
    var sum = 0.0;
    for (var j = 0u; j < 16u; j++) { sum += parts[lane + j]; }
    values[own] = sum;
  }`,
    groups: Math.ceil(kept / 16),
  }).values;
}

/** kernels `[K, ...size, C]`, over the samples that chose them. 2 B k s |s| C operations. */
function accumulate(
  backend: GpuBackend,
  { x, values, positions, concepts }: Chosen & { readonly x: TensorInfo },
  { key, points, declarations }: ConvGeometry,
  shape: number[],
): TensorInfo {
  const [rows, channels] = [shape[0], shape.at(-1)] as [number, number];
  const [, chosen, count] = values.shape as [number, number, number];
  return sumMatches(backend, {
    name: `convAccumulatePoints ${key}`,
    inputs: { x, values, positions, concepts },
    outputs: ["kernels"],
    shape,
    rows,
    choices: sizeOf(concepts.shape),
    sizes: { points, channels, chosen, count },
    declarations,
    type: "f32",
    add: /* wgsl */ `
          let sample = j / u.chosen;
          for (var point = j * u.count; point < (j + 1u) * u.count; point++) {
            let source = shifted(u32(positions[point]), i / u.channels, 1);
            if (source >= 0) {
              sum += values[point] * x[(sample * u.points + u32(source)) * u.channels + i % u.channels];
            }
          }`,
    read: "kernels[at]",
    write: "kernels[at] = sum;",
  }).kernels;
}
