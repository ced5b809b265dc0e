/** The gradient of unrolled thresholding of maps (the contract unrolledMapsGradient): a dispatch a step, then the sums. */
import { registerKernel, sizeOf, unrolledMapsGradient } from "@saeno/backend";
import { type Tensor, type TensorInfo, tidy } from "@tensorflow/tfjs-core";
import { fourierTable } from "./fourier-table.ts";
import { type Plane, planeOf } from "./plane.ts";
import { type GpuBackend, groupsFor, oneEntry, runProgram, sumOfLanes } from "./program.ts";
import { sums } from "./sums.ts";
import { fitsMaps, mapsTogether, throughChannels } from "./unrolled-maps.ts";

type Name =
  | "upstream"
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

type Inputs = Readonly<Record<Name, TensorInfo>>;

interface Sizes {
  readonly batch: number;
  readonly channels: number;
  readonly concepts: number;
  readonly frequencies: number;
  readonly iterations: number;
}

export function registerUnrolledMapsGradient(backend: GpuBackend): void {
  registerKernel(unrolledMapsGradient, "webgpu", (inputs, attributes) => {
    const { grid, modes, iterations } = attributes;
    const [batch, channels, frequencies] = inputs.xRe.shape as [number, number, number];
    const concepts = inputs.dRe.shape[0] as number;
    const plane = planeOf(backend, grid, modes);
    if (batch * concepts === 0 || !fitsMaps(backend, plane)) {
      return tidy(() => unrolledMapsGradient.definition.composite(inputs as Record<Name, Tensor>, attributes));
    }
    const sizes = { batch, channels, concepts, frequencies, iterations };
    const toPoints = fourierTable(backend, "synthesis", grid, modes, true).table;
    const toSpectrum = fourierTable(backend, "analysis", grid, modes, true).table;
    const state = goBack(backend, inputs, { toPoints, toSpectrum, plane }, sizes);
    const weights = gradientOfWeights(backend, inputs, state, sizes);
    const { ofRe, ofIm, moved } = gradientOfX(backend, inputs, state, sizes);
    const stepSize = sums(backend, moved, { shape: [], parts: 1, n: sizeOf(moved.shape), scale: -1 });
    for (const { dataId } of [state, moved]) backend.disposeData(dataId);
    return { xRe: ofRe, xIm: ofIm, dRe: weights.re, dIm: weights.im, stepSize };
  });
}

interface Transforms {
  readonly toPoints: TensorInfo;
  readonly toSpectrum: TensorInfo;
  readonly plane: Plane;
}

/**
 * `p_t` and `q_t` of the contract for all steps, in pairs `[T, (B K, B C), M]`. The same path as forward, through the channels and back to maps:
 * where that begins with the spectrum of x and thresholds what comes out, this begins with zero and keeps what was active.
 */
function goBack(backend: GpuBackend, inputs: Inputs, { toPoints, toSpectrum, plane }: Transforms, sizes: Sizes) {
  const { upstream, codes, dRe, dIm, stepSize, support } = inputs;
  const { batch, channels, concepts, frequencies, iterations } = sizes;
  const perStep = batch * (channels + concepts) * frequencies;
  const scratchAt = iterations * perStep;
  const state = backend.makeTensorInfo([2 * (scratchAt + batch * concepts * frequencies)], "float32");
  const gradients = backend.makeTensorInfo(codes.shape, "float32");
  const constants = `${plane.declarations}\nconst FREQUENCIES = ${frequencies}u;`;
  runProgram(backend, {
    name: `unrolledMapsBack first ${plane.key}`,
    inputs: { upstream, codes, toSpectrum },
    outputs: {},
    updates: { gradients, state },
    sizes: { to: (iterations - 1) * perStep },
    pairs: ["state", "toSpectrum"],
    declarations: constants,
    body: /* wgsl */ `
  let map = group * N1 * N2;
  for (var i = lane; i < N1 * N2; i += 256u) { gradients[map + i] = select(0.0, upstream[map + i], codes[map + i] != 0.0); }
  storageBarrier();
  workgroupBarrier();
  ${plane.analyzeLines("gradients[map + i]")}
  ${plane.eachCoefficient("state[u.to + group * FREQUENCIES + w] = value;")}`,
    groups: batch * concepts,
  });
  const words = Math.ceil(plane.points / 16);
  const maps = mapsTogether(batch, concepts);
  for (let t = iterations - 1; t >= 0; t--) {
    const chunks = t === 0 ? 1 : Math.ceil(concepts / maps);
    runProgram(backend, {
      name: `unrolledMapsBack ${maps} ${plane.key}`,
      inputs: { dRe, dIm, stepSize, support, toPoints, toSpectrum },
      outputs: {},
      updates: { gradients, state },
      sizes: { chunks, channels, concepts, batch, words, steps: iterations - 1, t, scratchAt, perStep },
      pairs: ["state", "toPoints", "toSpectrum"],
      declarations: constants,
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
    ${plane.synthesizeLines}
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
  backend.disposeData(gradients.dataId);
  return state;
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
 * `dd = a sum (conj(p_t) r_t + conj(z_t) q_t)` over samples and steps, a thread for up to four channels of a concept and frequency:
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
  for (var r = 0u; r < ${high}u; r++) {
    if (c + r < u.channels) {
      let at = (k * u.channels + c + r) * u.frequencies + w;
      re[at] = stepSize[0] * sums[r].x;
      im[at] = stepSize[0] * sums[r].y;
    }
  }`,
    groups: groupsFor(entries),
  });
}

/** `dx = -a sum_t q_t`, a thread for each entry, and `sum_t <q_t, r_t>` of each workgroup. */
function gradientOfX(backend: GpuBackend, inputs: Inputs, state: TensorInfo, sizes: Sizes) {
  const { xRe, xIm, stepSize, residualRe, residualIm } = inputs;
  const entries = sizes.batch * sizes.channels * sizes.frequencies;
  const output = { shape: xRe.shape, dtype: "float32" as const };
  const groups = groupsFor(entries);
  return runProgram(backend, {
    name: "unrolledMapsX",
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
      part += dot(q, residualAt(row / u.channels, t, row % u.channels, i % u.frequencies));
    }
    ofRe[i] = -stepSize[0] * sum.x;
    ofIm[i] = -stepSize[0] * sum.y;
  }
  let total = sumOfLanes(lane, part);
  if (lane == 0u) { moved[group] = total; }`,
    groups,
  });
}
