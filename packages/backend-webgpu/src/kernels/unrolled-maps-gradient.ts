/** The gradients of unrolled thresholding of maps (the contracts unrolledMapsGradient, unrolledSynthesisGradient): a dispatch a step, then the sums. */
import {
  registerKernel,
  type UnrolledMapsAttributes,
  unrolledMapsGradient,
  unrolledSynthesisGradient,
} from "@saeno/backend";
import { type Tensor, type TensorInfo, tidy } from "@tensorflow/tfjs-core";
import { fourierTable } from "./fourier-table.ts";
import { type Plane, planeOf } from "./plane.ts";
import { type GpuBackend, groupsFor, oneEntry, runProgram, sumOfLanes } from "./program.ts";
import { sums } from "./sums.ts";
import { fitsMaps, mapsTogether, throughChannels } from "./unrolled-maps.ts";

type Traced =
  | "codes"
  | "xRe"
  | "xIm"
  | "dRe"
  | "dIm"
  | "stepSize"
  | "residualRe"
  | "residualIm"
  | "spectraRe"
  | "spectraIm"
  | "support";

type Inputs<Name extends string = Traced> = Readonly<Record<Name, TensorInfo>>;

interface Sizes {
  readonly batch: number;
  readonly channels: number;
  readonly concepts: number;
  readonly frequencies: number;
  readonly iterations: number;
  /** Of `p_t` and `q_t` that are kept: the steps, and for a synthesis what takes part in its product with d. */
  readonly slots: number;
}

export function registerUnrolledMapsGradient(backend: GpuBackend): void {
  registerKernel(unrolledMapsGradient, "webgpu", (inputs, attributes) => {
    const begin = (start: Start) => backFromCodes(backend, inputs, start);
    return (
      gradientsOf(backend, inputs, attributes, 0, begin) ??
      tidy(() => unrolledMapsGradient.definition.composite(inputs as Record<keyof typeof inputs, Tensor>, attributes))
    );
  });

  registerKernel(unrolledSynthesisGradient, "webgpu", (inputs, attributes) => {
    const begin = (start: Start) => backFromSynthesis(backend, inputs, start);
    return (
      gradientsOf(backend, inputs, attributes, 1, begin) ??
      tidy(() =>
        unrolledSynthesisGradient.definition.composite(inputs as Record<keyof typeof inputs, Tensor>, attributes),
      )
    );
  });
}

/** Where the spectra of all steps go, and what makes them. */
interface Start {
  readonly state: TensorInfo;
  readonly transforms: Transforms;
  readonly sizes: Sizes;
}

/**
 * All gradients, where `begin` makes those of the last pre-activations, `[B, K, |N|]`, and their spectra; nothing where maps do not fit into a
 * workgroup.
 */
function gradientsOf(
  backend: GpuBackend,
  inputs: Inputs,
  { grid, modes, iterations, heldStep = false }: UnrolledMapsAttributes,
  more: number,
  begin: (start: Start) => TensorInfo,
) {
  const [batch, channels, frequencies] = inputs.xRe.shape as [number, number, number];
  const concepts = inputs.dRe.shape[0] as number;
  const plane = planeOf(backend, grid, modes);
  if (batch * concepts === 0 || !fitsMaps(backend, plane)) return undefined;
  const sizes = { batch, channels, concepts, frequencies, iterations, slots: iterations + more };
  const transforms = {
    plane,
    toPoints: fourierTable(backend, "synthesis", grid, modes, true).table,
    toSpectrum: fourierTable(backend, "analysis", grid, modes, true).table,
  };
  // In pairs `[slots, (B K, B C), M]`, then spectra on their way to maps.
  const state = backend.makeTensorInfo([2 * (scratchAt(sizes) + batch * concepts * frequencies)], "float32");
  const start = { state, transforms, sizes };
  const gradients = begin(start);
  goBack(backend, inputs, gradients, start);
  const { re, im } = gradientOfWeights(backend, inputs, state, sizes);
  const { ofRe, ofIm, ofStep } = gradientOfX(backend, inputs, state, sizes, heldStep);
  for (const { dataId } of [state, gradients]) backend.disposeData(dataId);
  return { xRe: ofRe, xIm: ofIm, dRe: re, dIm: im, stepSize: ofStep };
}

function perStep({ batch, channels, concepts, frequencies }: Sizes): number {
  return batch * (channels + concepts) * frequencies;
}

function scratchAt(sizes: Sizes): number {
  return sizes.slots * perStep(sizes);
}

interface Transforms {
  readonly toPoints: TensorInfo;
  readonly toSpectrum: TensorInfo;
  readonly plane: Plane;
}

function constants({ plane }: Transforms, { frequencies }: Sizes): string {
  return `${plane.declarations}\nconst FREQUENCIES = ${frequencies}u;`;
}

/** From the gradient of the codes: it counts where these are not zero. A workgroup for a map. */
function backFromCodes(
  backend: GpuBackend,
  { upstream, codes }: Inputs<"upstream" | "codes">,
  { state, transforms, sizes }: Start,
): TensorInfo {
  const { plane, toSpectrum } = transforms;
  const gradients = backend.makeTensorInfo(codes.shape as number[], "float32");
  runProgram(backend, {
    name: `unrolledMapsBack from codes ${plane.key}`,
    inputs: { upstream, codes, toSpectrum },
    outputs: {},
    updates: { gradients, state },
    sizes: { to: (sizes.iterations - 1) * perStep(sizes) },
    pairs: ["state", "toSpectrum"],
    declarations: constants(transforms, sizes),
    body: /* wgsl */ `
  let map = group * N1 * N2;
  for (var i = lane; i < N1 * N2; i += 256u) { gradients[map + i] = select(0.0, upstream[map + i], codes[map + i] != 0.0); }
  storageBarrier();
  workgroupBarrier();
  ${plane.analyzeLines("gradients[map + i]")}
  ${plane.eachCoefficient("state[u.to + group * FREQUENCIES + w] = value;")}`,
    groups: sizes.batch * sizes.concepts,
  });
  return gradients;
}

/**
 * From the gradient g of what the codes synthesize: through the channels and back to maps, as in every step. The slot after the last one gets
 * A z_T and g, which the product with d itself takes. The table at hand is that of S', which is A but for factors.
 */
function backFromSynthesis(
  backend: GpuBackend,
  { upstreamRe, upstreamIm, dRe, dIm, codes }: Inputs<"upstreamRe" | "upstreamIm" | "dRe" | "dIm" | "codes">,
  { state, transforms, sizes }: Start,
): TensorInfo {
  const { plane, toPoints, toSpectrum } = transforms;
  const { batch, channels, concepts, iterations } = sizes;
  const gradients = backend.makeTensorInfo(codes.shape as number[], "float32");
  const maps = mapsTogether(batch, concepts);
  const chunks = Math.ceil(concepts / maps);
  const after = iterations * perStep(sizes);
  runProgram(backend, {
    name: `unrolledMapsBack from synthesis ${maps} ${plane.key}`,
    inputs: { upstreamRe, upstreamIm, dRe, dIm, codes, toPoints, toSpectrum },
    outputs: {},
    updates: { gradients, state },
    sizes: { chunks, channels, concepts, batch, to: after - perStep(sizes), after, scratchAt: scratchAt(sizes) },
    pairs: ["state", "toPoints", "toSpectrum"],
    declarations: constants(transforms, sizes),
    body: /* wgsl */ `
  let sample = group / u.chunks;
  let chunk = group % u.chunks;
  let first_ = chunk * ${maps}u;
  let ofMaps = sample * u.concepts * FREQUENCIES;
  let ofSums = sample * u.channels * FREQUENCIES;
  let scratch = u.scratchAt + ofMaps;
  let spectra = u.after + ofMaps;
  let sumsAt = u.after + u.batch * u.concepts * FREQUENCIES + ofSums;
  ${throughChannels(
    maps,
    "vec2f(upstreamRe[ofSums + channel * FREQUENCIES + w], upstreamIm[ofSums + channel * FREQUENCIES + w])",
    "false",
    "state[sumsAt + channel * FREQUENCIES + w] = sum;",
  )}
  for (var g = 0u; g < ${maps}u; g++) {
    let k = first_ + g;
    if (k >= u.concepts) { break; }
    let map = (sample * u.concepts + k) * N1 * N2;
    for (var w = lane; w < FREQUENCIES; w += 256u) { spectrum[w] = state[scratch + k * FREQUENCIES + w]; }
    workgroupBarrier();
    ${plane.synthesizeLines()}
    ${plane.eachValue("gradients[map + i] = select(0.0, value, codes[map + i] != 0.0);")}
    storageBarrier();
    workgroupBarrier();
    ${plane.analyzeLines("gradients[map + i]")}
    let next = u.to + ofMaps + k * FREQUENCIES;
    ${plane.eachCoefficient("state[next + w] = value;")}
    workgroupBarrier();
    ${plane.analyzeLines("codes[map + i]")}
    let own_ = spectra + k * FREQUENCIES;
    ${plane.eachCoefficient("state[own_ + w] = value / (f32(N1 * N2) * select(2.0, 1.0, w % M2 == 0u));")}
    workgroupBarrier();
  }`,
    groups: batch * chunks,
  });
  return gradients;
}

/**
 * `p_t` and `q_t` of the contract for all steps. The same path as forward, through the channels and back to maps: where that begins with the
 * spectrum of x and thresholds what comes out, this begins with zero and keeps what was active.
 */
function goBack(
  backend: GpuBackend,
  { dRe, dIm, stepSize, support }: Inputs,
  gradients: TensorInfo,
  { state, transforms, sizes }: Start,
): void {
  const { plane, toPoints, toSpectrum } = transforms;
  const { batch, channels, concepts, iterations } = sizes;
  const words = Math.ceil(plane.points / 16);
  const maps = mapsTogether(batch, concepts);
  const places = { scratchAt: scratchAt(sizes), perStep: perStep(sizes) };
  for (let t = iterations - 1; t >= 0; t--) {
    const chunks = t === 0 ? 1 : Math.ceil(concepts / maps);
    runProgram(backend, {
      name: `unrolledMapsBack ${maps} ${plane.key}`,
      inputs: { dRe, dIm, stepSize, support, toPoints, toSpectrum },
      outputs: {},
      updates: { gradients, state },
      sizes: { chunks, channels, concepts, batch, words, steps: iterations - 1, t, ...places },
      pairs: ["state", "toPoints", "toSpectrum"],
      declarations: constants(transforms, sizes),
      body: /* wgsl */ `
  let sample = group / u.chunks;
  let chunk = group % u.chunks;
  let first_ = chunk * ${maps}u;
  let ofMaps = sample * u.concepts * FREQUENCIES;
  let scratch = u.scratchAt + ofMaps;
  let spectra = u.t * u.perStep + ofMaps;
  let sumsAt = u.t * u.perStep + (u.batch * u.concepts + sample * u.channels) * FREQUENCIES;
  ${throughChannels(maps, "vec2f()", "true", "state[sumsAt + channel * FREQUENCIES + w] = sum;")}
  if (u.t == 0u) { return; }
  for (var g = 0u; g < ${maps}u; g++) {
    let k = first_ + g;
    if (k >= u.concepts) { break; }
    let map = (sample * u.concepts + k) * N1 * N2;
    let bits = ((sample * u.steps + u.t - 1u) * u.concepts + k) * u.words;
    for (var w = lane; w < FREQUENCIES; w += 256u) { spectrum[w] = state[scratch + k * FREQUENCIES + w]; }
    workgroupBarrier();
    ${plane.synthesizeLines()}
    ${plane.eachValue(`
        let isActive = ((u32(support[bits + i / 16u]) >> (i % 16u)) & 1u) == 1u;
        gradients[map + i] = select(0.0, gradients[map + i] + stepSize[0] * value, isActive);`)}
    storageBarrier();
    workgroupBarrier();
    ${plane.analyzeLines("gradients[map + i]")}
    let next = (u.t - 1u) * u.perStep + ofMaps + k * FREQUENCIES;
    ${plane.eachCoefficient("state[next + w] = value;")}
    workgroupBarrier();
  }`,
      groups: batch * chunks,
    });
  }
}

/** A declaration: what x or, after the first step, the residual is at a sample's channel; conjugates times something. */
const residuals = /* wgsl */ `
fn conjugated(a: vec2f, b: vec2f) -> vec2f { return vec2f(a.x * b.x + a.y * b.y, a.x * b.y - a.y * b.x); }
fn residualAt(sample: u32, t: u32, channel: u32, w: u32) -> vec2f {
  if (t == 0u) {
    let at = (sample * u.channels + channel) * u.frequencies + w;
    return vec2f(xRe[at], xIm[at]);
  }
  let at = ((sample * (u.iterations - 1u) + t - 1u) * u.channels + channel) * u.frequencies + w;
  return vec2f(residualRe[at], residualIm[at]);
}
// Where the spectra p of step t begin, and the sums q.
fn mapsAt(t: u32) -> u32 { return t * u.batch * (u.concepts + u.channels) * u.frequencies; }
fn sumsAt(t: u32) -> u32 { return mapsAt(t) + u.batch * u.concepts * u.frequencies; }`;

/**
 * `dd = a sum (conj(p_t) r_t + conj(z_t) q_t)` over samples and steps, and of a synthesis `conj(A z_T) g` over samples, a thread for up to four channels of a concept and frequency:
 * 16 B T K C M operations, 16 B T K M bytes read of spectra and for every four channels 64 of residuals.
 */
function gradientOfWeights(backend: GpuBackend, inputs: Inputs, state: TensorInfo, sizes: Sizes) {
  const { channels, concepts, frequencies } = sizes;
  const { xRe, xIm, stepSize, residualRe, residualIm, spectraRe, spectraIm } = inputs;
  const high = Math.min(4, channels);
  const rows = Math.ceil(channels / high);
  const entries = concepts * rows * frequencies;
  const output = { shape: [concepts, channels, frequencies], dtype: "float32" as const };
  return runProgram(backend, {
    name: `unrolledMapsWeights ${high}`,
    inputs: { xRe, xIm, stepSize, state, residualRe, residualIm, spectraRe, spectraIm },
    outputs: { re: output, im: output },
    sizes: { entries, rows, ...sizes },
    pairs: ["state"],
    declarations: residuals,
    body: /* wgsl */ `${oneEntry}
  let w = i % u.frequencies;
  let c = i / u.frequencies % u.rows * ${high}u;
  let k = i / u.frequencies / u.rows;
  var sums = array<vec2f, ${high}>();
  for (var sample = 0u; sample < u.batch; sample++) {
    for (var t = 0u; t < u.iterations; t++) {
      let p = state[mapsAt(t) + (sample * u.concepts + k) * u.frequencies + w];
      var z = vec2f();
      if (t > 0u) {
        let at = ((sample * (u.iterations - 1u) + t - 1u) * u.concepts + k) * u.frequencies + w;
        z = vec2f(spectraRe[at], spectraIm[at]);
      }
      for (var r = 0u; r < ${high}u; r++) {
        let channel = min(c + r, u.channels - 1u);
        let q = state[sumsAt(t) + (sample * u.channels + channel) * u.frequencies + w];
        sums[r] += conjugated(p, residualAt(sample, t, channel, w)) + conjugated(z, q);
      }
    }
  }
  for (var r = 0u; r < ${high}u; r++) { sums[r] *= stepSize[0]; }
  for (var sample = 0u; u.slots > u.iterations && sample < u.batch; sample++) {
    let z = state[mapsAt(u.iterations) + (sample * u.concepts + k) * u.frequencies + w];
    for (var r = 0u; r < ${high}u; r++) {
      let channel = min(c + r, u.channels - 1u);
      sums[r] += conjugated(z, state[sumsAt(u.iterations) + (sample * u.channels + channel) * u.frequencies + w]);
    }
  }
  for (var r = 0u; r < ${high}u; r++) {
    if (c + r < u.channels) {
      let at = (k * u.channels + c + r) * u.frequencies + w;
      re[at] = sums[r].x;
      im[at] = sums[r].y;
    }
  }`,
    groups: groupsFor(entries),
  });
}

/** `dx = -a sum_t q_t`, a thread for each entry, and `da = -sum_t <q_t, r_t>` from the sums of workgroups, unless the step is held. */
function gradientOfX(backend: GpuBackend, inputs: Inputs, state: TensorInfo, sizes: Sizes, heldStep: boolean) {
  const { xRe, xIm, stepSize, residualRe, residualIm } = inputs;
  const entries = sizes.batch * sizes.channels * sizes.frequencies;
  const output = { shape: xRe.shape as number[], dtype: "float32" as const };
  const groups = groupsFor(entries);
  const { moved, ...x } = runProgram(backend, {
    name: `unrolledMapsX ${heldStep}`,
    inputs: { xRe, xIm, stepSize, state, residualRe, residualIm },
    outputs: { ofRe: output, ofIm: output, moved: { shape: [groups], dtype: "float32" } },
    sizes: { entries, ...sizes },
    pairs: ["state"],
    declarations: residuals + sumOfLanes,
    body: /* wgsl */ `
  let i = group * 256u + lane;
  var part = 0.0;
  if (i < u.entries) {
    let row = i / u.frequencies;
    var sum = vec2f();
    for (var t = 0u; t < u.iterations; t++) {
      let q = state[sumsAt(t) + i];
      sum += q;
      ${heldStep ? "" : "part += dot(q, residualAt(row / u.channels, t, row % u.channels, i % u.frequencies));"}
    }
    ofRe[i] = -stepSize[0] * sum.x;
    ofIm[i] = -stepSize[0] * sum.y;
  }
  ${heldStep ? "" : "let total = sumOfLanes(lane, part);\n  if (lane == 0u) { moved[group] = total; }"}`,
    groups,
  });
  const ofStep = heldStep
    ? backend.makeTensorInfo([], "float32", new Float32Array(1))
    : sums(backend, moved, { shape: [], parts: 1, n: groups, scale: -1 });
  backend.disposeData(moved.dataId);
  return { ...x, ofStep };
}
