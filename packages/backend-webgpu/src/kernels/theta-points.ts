/** What a step does with theta and points beside encoding (the contracts reconstructTheta, correlateTheta, sumPoints): coefficients are formed as they are needed. */
import {
  correlateTheta,
  type Grid,
  type Modes,
  reconstructTheta,
  registerKernel,
  sizeOf,
  spectrumShape,
  sumPoints,
} from "@saeno/backend";
import { type Tensor, type TensorInfo, tidy } from "@tensorflow/tfjs-core";
import { fourierTable } from "./fourier-table.ts";
import { functionsOf } from "./functions.ts";
import { phaseOf, together } from "./points.ts";
import { type GpuBackend, runProgram, sumOfLanes } from "./program.ts";
import { type SharedSums, sharedSums } from "./shared-sums.ts";
import { weightOfTheta } from "./spectral-weights.ts";

export function registerThetaPoints(backend: GpuBackend): void {
  registerKernel(reconstructTheta, "webgpu", (inputs, attributes) => {
    const { zRe, zIm, concepts, theta, shift } = inputs;
    const [batch, chosen] = concepts.shape as [number, number];
    const channels = theta.shape[2] as number;
    const declarations = /* wgsl */ `${weightOfTheta(attributes.modes)}
fn decoded(sample: u32, c: u32, w: u32, share: u32, shares: u32) -> vec2f {
  var sum = vec2f();
  for (var j = sample * u.chosen + share; j < (sample + 1u) * u.chosen; j += shares) {
    sum += times(weightAt(u32(concepts[j]), c, w), vec2f(zRe[j * FREQUENCIES + w], zIm[j * FREQUENCIES + w]));
  }
  return sum;
}`;
    const part = "decoded(sample, c, w, share, shares)";
    const from = { name: "theta", part, terms: chosen, declarations, sizes: { chosen } };
    const x = functionsOf(backend, { zRe, zIm, concepts, theta, shift }, { ...attributes, ...from, batch, channels });
    if (x !== undefined) return { x };
    return tidy(() => reconstructTheta.definition.composite(inputs as Record<keyof typeof inputs, Tensor>, attributes));
  });

  registerKernel(correlateTheta, "webgpu", (inputs, attributes) => {
    const frequencies = sizeOf(spectrumShape(attributes.modes));
    const shared = sharedSums(frequencies, inputs.xRe.shape[1] as number);
    if (8 * frequencies + shared.bytes + 1024 <= backend.device.limits.maxComputeWorkgroupStorageSize) {
      return { values: correlate(backend, inputs, { ...attributes, frequencies, shared }) };
    }
    return tidy(() => correlateTheta.definition.composite(inputs as Record<keyof typeof inputs, Tensor>, attributes));
  });

  registerKernel(sumPoints, "webgpu", ({ upstream, values, concepts }, { conceptCount }) =>
    runProgram(backend, {
      name: "sumPoints",
      inputs: { upstream, values, concepts },
      outputs: { sums: { shape: [conceptCount], dtype: "float32" } },
      sizes: { choices: sizeOf(concepts.shape), count: values.shape[2] as number },
      declarations: sumOfLanes,
      body: /* wgsl */ `
  var part = 0.0;
  for (var j = lane; j < u.choices; j += 256u) {
    if (concepts[j] == i32(group)) {
      for (var at = j * u.count; at < (j + 1u) * u.count; at++) { part += select(0.0, upstream[at], values[at] > 0.0); }
    }
  }
  let total = sumOfLanes(lane, part);
  if (lane == 0u) { sums[group] = total; }`,
      groups: conceptCount,
    }),
  );
}

/** values `[B, k, s]`: a workgroup makes the spectrum of a chosen map, then eight lanes a point of it. 8 B k M (C + s) operations. */
function correlate(
  backend: GpuBackend,
  {
    xRe,
    xIm,
    theta,
    concepts,
    positions,
  }: Readonly<Record<"xRe" | "xIm" | "theta" | "concepts" | "positions", TensorInfo>>,
  {
    grid,
    modes,
    frequencies,
    shared,
  }: { readonly grid: Grid; readonly modes: Modes; readonly frequencies: number; readonly shared: SharedSums },
): TensorInfo {
  const [, chosen, count] = positions.shape as [number, number, number];
  const { table, starts } = fourierTable(backend, "synthesis", grid, modes, true);
  return runProgram(backend, {
    name: `correlateTheta ${shared.shares} ${grid} ${modes}`,
    inputs: { xRe, xIm, theta, concepts, positions, table },
    outputs: { values: { shape: positions.shape, dtype: "float32" } },
    sizes: { channels: xRe.shape[1] as number, chosen, count },
    pairs: ["table"],
    declarations: `${phaseOf("synthesis", grid, modes, starts)}
const FREQUENCIES = ${frequencies}u;${weightOfTheta(modes)}
fn correlated(k: u32, sample: u32, w: u32, share: u32, shares: u32) -> vec2f {
  var sum = vec2f();
  for (var c = share; c < u.channels; c += shares) {
    let e = weightAt(k, c, w);
    let at = (sample * u.channels + c) * FREQUENCIES + w;
    sum += vec2f(e.x * xRe[at] + e.y * xIm[at], e.x * xIm[at] - e.y * xRe[at]);
  }
  return sum;
}${shared.declaration}
var<workgroup> spectrum: array<vec2f, ${frequencies}>;
var<workgroup> parts: array<f32, 256>;`,
    body: /* wgsl */ `
  let k = u32(concepts[group]);
  ${shared.sum("correlated(k, group / u.chosen, w, share, shares)")}
  workgroupBarrier();
  for (var first_ = 0u; first_ < u.count; first_ += ${256 / together}u) {
    let own = first_ + lane / ${together}u;
    let place = u32(positions[group * u.count + min(own, u.count - 1u)]);
    var part = 0.0;
    for (var w = lane % ${together}u; w < FREQUENCIES; w += ${together}u) {
      let phase = phaseOf(place, w);
      part += spectrum[w].x * phase.x - spectrum[w].y * phase.y;
    }
    parts[lane] = part;
    workgroupBarrier();
    if (lane % ${together}u == 0u && own < u.count) {
      var sum = 0.0;
      for (var j = 0u; j < ${together}u; j++) { sum += parts[lane + j]; }
      values[group * u.count + own] = sum;
    }
    workgroupBarrier();
  }`,
    groups: sizeOf(concepts.shape),
  }).values;
}
