/** Unrolled thresholding of maps with a fourier dictionary, forward (the contract unrolledMapsTrace): a dispatch a step. */
import { registerKernel, sizeOf, unrolledMapsTrace } from "@saeno/backend";
import { type Tensor, type TensorInfo, tidy } from "@tensorflow/tfjs-core";
import { fourierTable } from "./fourier-table.ts";
import { type Plane, planeOf } from "./plane.ts";
import { type GpuBackend, groupsFor, oneEntry, runProgram } from "./program.ts";
import { thresholding } from "./unrolled-rows.ts";

/** Storage buffers of the program that binds most; every GPU has eight, nearly all have ten. */
const mostBuffers = 10;

/** Workgroups that keep a GPU busy; more maps for each share the sums over all concepts. */
const enoughGroups = 256;

/** Maps that a workgroup takes, one after another. */
export function mapsTogether(batch: number, concepts: number): number {
  return Math.max(1, Math.min(16, concepts, Math.ceil((batch * concepts) / enoughGroups)));
}

/** Whether the kernels can take maps on such a plane. */
export function fitsMaps(backend: GpuBackend, plane: Plane | undefined): plane is Plane {
  return plane !== undefined && backend.device.limits.maxStorageBuffersPerShaderStage >= mostBuffers;
}

/**
 * Code of both directions, for the frequency `w` of a sample: from spectra of all its maps their sum with the weights, taken from `start` (`whole`
 * for the channels from `c` on), and from that the coefficients of the maps of this workgroup, which go to `scratch` in `state`.
 *
 * All workgroups of a sample compute the same sums: cheaper than a dispatch between, `8 K C M` operations for each.
 */
export function throughChannels(maps: number, start: string, isSummed: string, keep: string): string {
  return /* wgsl */ `
  for (var w = lane; w < FREQUENCIES; w += 256u) {
    var own = array<vec2f, ${maps}>();
    for (var c = 0u; c < u.channels; c += 4u) {
      var sums = array<vec2f, 4>();
      for (var r = 0u; r < 4u; r++) {
        let channel = min(c + r, u.channels - 1u);
        sums[r] = ${start};
      }
      if (${isSummed}) {
        for (var k = 0u; k < u.concepts; k++) {
          let given = state[spectra + k * FREQUENCIES + w];
          for (var r = 0u; r < 4u; r++) {
            let at = (k * u.channels + min(c + r, u.channels - 1u)) * FREQUENCIES + w;
            sums[r] -= times(vec2f(dRe[at], dIm[at]), given);
          }
        }
      }
      for (var r = 0u; r < 4u; r++) {
        let channel = c + r;
        if (channel >= u.channels) { break; }
        let sum = sums[r];
        if (chunk == 0u) { ${keep} }
        for (var g = 0u; g < ${maps}u; g++) {
          let at = (min(first_ + g, u.concepts - 1u) * u.channels + channel) * FREQUENCIES + w;
          own[g] += times(vec2f(dRe[at], -dIm[at]), sum);
        }
      }
    }
    for (var g = 0u; g < ${maps}u; g++) {
      if (first_ + g < u.concepts) { state[scratch + (first_ + g) * FREQUENCIES + w] = own[g]; }
    }
  }
  storageBarrier();
  workgroupBarrier();`;
}

export function registerUnrolledMaps(backend: GpuBackend): void {
  registerKernel(unrolledMapsTrace, "webgpu", (inputs, attributes) => {
    const { grid, modes, iterations, threshold, kind } = attributes;
    const { xRe, xIm, dRe, dIm, stepSize } = inputs;
    const [batch, channels, frequencies] = xRe.shape as [number, number, number];
    const concepts = dRe.shape[0] as number;
    const plane = planeOf(backend, grid, modes);
    if (batch * concepts === 0 || !fitsMaps(backend, plane)) {
      const tensors = inputs as Record<keyof typeof inputs, Tensor>;
      return tidy(() => unrolledMapsTrace.definition.composite(tensors, attributes));
    }
    const maps = mapsTogether(batch, concepts);
    const chunks = Math.ceil(concepts / maps);
    const words = Math.ceil(plane.points / 16);
    const steps = iterations - 1;
    // In pairs: samples, spectra on their way to maps, then for each step the residuals and the spectra of codes.
    const [perSample, perStep] = [batch * channels * frequencies, batch * (channels + concepts) * frequencies];
    const scratch = perSample;
    const trace = scratch + batch * concepts * frequencies;
    const state = backend.makeTensorInfo([2 * (trace + steps * perStep)], "float32");
    const codes = backend.makeTensorInfo([batch, concepts, plane.points], "float32");
    const support = backend.makeTensorInfo([batch, steps, concepts, words], "int32");
    // Of a single step nothing is written to it.
    backend.uploadToGPU(support.dataId);
    const toPoints = fourierTable(backend, "synthesis", grid, modes, false).table;
    const toSpectrum = fourierTable(backend, "analysis", grid, modes, false).table;
    for (let t = 0; t < iterations; t++) {
      const start =
        t === 0
          ? "vec2f(xRe[x + channel * FREQUENCIES + w], xIm[x + channel * FREQUENCIES + w])"
          : "state[x + channel * FREQUENCIES + w]";
      const keep =
        t === 0 ? "state[x + channel * FREQUENCIES + w] = sum;" : "state[residuals + channel * FREQUENCIES + w] = sum;";
      runProgram(backend, {
        name: `unrolledMaps ${t === 0} ${kind} ${maps} ${plane.key}`,
        inputs: { ...(t === 0 && { xRe, xIm }), dRe, dIm, stepSize, toPoints, toSpectrum },
        outputs: {},
        updates: { codes, state, ...(t > 0 && { support }) },
        sizes: { chunks, channels, concepts, batch, words, steps, t, scratchAt: scratch, traceAt: trace, perStep },
        factors: { threshold },
        pairs: ["state", "toPoints", "toSpectrum"],
        reports: true,
        declarations: `${plane.declarations}
const FREQUENCIES = ${frequencies}u;${thresholding(kind)}`,
        body: /* wgsl */ `
  let sample = group / u.chunks;
  let chunk = group % u.chunks;
  let first_ = chunk * ${maps}u;
  let x = sample * u.channels * FREQUENCIES;
  let scratch = u.scratchAt + sample * u.concepts * FREQUENCIES;
  let ofStep = u.traceAt + (u.t - 1u) * u.perStep;
  let residuals = ofStep + x;
  let spectra = ofStep + (u.batch * u.channels + sample * u.concepts) * FREQUENCIES;
  ${throughChannels(maps, start, t === 0 ? "false" : "true", keep)}
  for (var g = 0u; g < ${maps}u; g++) {
    let k = first_ + g;
    if (k >= u.concepts) { break; }
    let map = (sample * u.concepts + k) * N1 * N2;
    ${
      t === 0
        ? ""
        : /* wgsl */ `
    for (var word = lane; word < u.words; word += 256u) {
      var bits = 0u;
      for (var bit = 0u; bit < min(16u, N1 * N2 - 16u * word); bit++) {
        if (codes[map + 16u * word + bit] != 0.0) { bits |= 1u << bit; }
      }
      support[((sample * u.steps + u.t - 1u) * u.concepts + k) * u.words + word] = i32(bits);
    }`
    }
    for (var w = lane; w < FREQUENCIES; w += 256u) { spectrum[w] = state[scratch + k * FREQUENCIES + w]; }
    storageBarrier();
    workgroupBarrier();
    ${plane.synthesizeLines()}
    ${plane.eachValue(`
        let last = ${t === 0 ? "0.0" : "codes[map + i]"};
        codes[map + i] = thresholded(last + stepSize[0] * value, u.threshold);`)}
    storageBarrier();
    workgroupBarrier();
    if (u.t < u.steps) {
      ${plane.analyzeLines("codes[map + i]")}
      let next = u.traceAt + u.t * u.perStep + (u.batch * u.channels + sample * u.concepts + k) * FREQUENCIES;
      ${plane.eachCoefficient("state[next + w] = value;")}
    }
    workgroupBarrier();
  }`,
        groups: batch * chunks,
      });
    }
    const parts = unpack(backend, state, { batch, channels, concepts, frequencies, steps, traceAt: trace, perStep });
    backend.disposeData(state.dataId);
    return { codes, support, ...parts };
  });
}

/** Residuals and spectra of all steps as the contract returns them, from `[steps, (B C, B K), M]`. */
function unpack(
  backend: GpuBackend,
  state: TensorInfo,
  given: Readonly<Record<"batch" | "channels" | "concepts" | "frequencies" | "steps" | "traceAt" | "perStep", number>>,
) {
  const { batch, channels, concepts, frequencies, steps } = given;
  const residual = { shape: [batch, steps, channels, frequencies], dtype: "float32" as const };
  const spectra = { shape: [batch, steps, concepts, frequencies], dtype: "float32" as const };
  const entries = sizeOf(residual.shape) + sizeOf(spectra.shape);
  return runProgram(backend, {
    name: "unrolledMapsTrace",
    inputs: { state },
    outputs: { residualRe: residual, residualIm: residual, spectraRe: spectra, spectraIm: spectra },
    sizes: { entries, ...given },
    pairs: ["state"],
    body: /* wgsl */ `${oneEntry}
  let t = i / u.perStep;
  let w = i % u.frequencies;
  let row = i % u.perStep / u.frequencies;
  let value = state[u.traceAt + i];
  if (row < u.batch * u.channels) {
    let at = ((row / u.channels * u.steps + t) * u.channels + row % u.channels) * u.frequencies + w;
    residualRe[at] = value.x;
    residualIm[at] = value.y;
  } else {
    let map = row - u.batch * u.channels;
    let at = ((map / u.concepts * u.steps + t) * u.concepts + map % u.concepts) * u.frequencies + w;
    spectraRe[at] = value.x;
    spectraIm[at] = value.y;
  }`,
    groups: groupsFor(entries),
  });
}
