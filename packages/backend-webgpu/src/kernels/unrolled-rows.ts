/** Unrolled thresholding with a dense dictionary, forward (the contract unrolledRowsTrace). */
import { registerKernel, type ThresholdKind, unrolledRowsTrace, usesGram } from "@saeno/backend";
import { matMul, type Tensor, type TensorInfo, tidy } from "@tensorflow/tfjs-core";
import { activeSets, mostEntries, overActive } from "./active.ts";
import { type GpuBackend, runProgram } from "./program.ts";

/** A declaration: codes from pre-activations, which report NaN. */
export function thresholding(kind: ThresholdKind): string {
  const becomes = {
    hard: "select(0.0, u, abs(u) > threshold)",
    "one-sided": "select(0.0, u, u > threshold)",
    soft: "sign(u) * max(abs(u) - threshold, 0.0)",
  };
  return /* wgsl */ `
fn thresholded(u: f32, threshold: f32) -> f32 {
  if ((bitcast<u32>(u) & 0x7fffffffu) > 0x7f800000u) { atomicOr(&findings[0], 1u); }
  return ${becomes[kind]};
}`;
}

/** Whether the kernels hold what a workgroup needs of such rows. */
export function fitsRows(backend: GpuBackend, inputs: number, concepts: number): boolean {
  const bytes = 4 * inputs + 8 * Math.ceil(concepts / 32) + 2048;
  return concepts <= mostEntries && bytes <= backend.device.limits.maxComputeWorkgroupStorageSize;
}

export function registerUnrolledRows(backend: GpuBackend): void {
  registerKernel(unrolledRowsTrace, "webgpu", (inputs, attributes) => {
    const { iterations, kind, threshold } = attributes;
    const { x, atoms } = inputs;
    const [batch, length] = x.shape as [number, number];
    const concepts = atoms.shape[0] as number;
    if (batch * length * concepts === 0 || !fitsRows(backend, length, concepts)) {
      return tidy(() =>
        unrolledRowsTrace.definition.composite(inputs as Record<keyof typeof inputs, Tensor>, attributes),
      );
    }
    const given = { ...inputs, batch, length, concepts, iterations, kind, threshold };
    return usesGram(batch, concepts, iterations) ? traceByGram(backend, given) : traceByAtoms(backend, given);
  });
}

interface Given {
  readonly x: TensorInfo;
  readonly atoms: TensorInfo;
  readonly stepSize: TensorInfo;
  readonly batch: number;
  readonly length: number;
  readonly concepts: number;
  readonly iterations: number;
  readonly kind: ThresholdKind;
  readonly threshold: number;
}

/**
 * With `G = D D^T` a sample needs no other: a workgroup takes all of its steps. Only rows of G of active codes are read, `2 s K` operations
 * and `4 s K` bytes of them a step.
 */
function traceByGram(backend: GpuBackend, given: Given): Record<"codes" | "gram" | "trace", TensorInfo> {
  const { batch, concepts, iterations, kind, threshold } = given;
  const [x, atoms] = [given.x as Tensor, given.atoms as Tensor];
  const gram = tidy(() => matMul(atoms, atoms, false, true));
  const correlations = tidy(() => matMul(x, atoms, false, true));
  const { codes, trace } = runProgram(backend, {
    name: `unrolledRows ${kind} ${concepts}`,
    inputs: { correlations, gram, stepSize: given.stepSize },
    outputs: {
      codes: { shape: [batch, concepts], dtype: "float32" },
      trace: { shape: [iterations - 1, batch, concepts], dtype: "float32" },
    },
    sizes: { batch, concepts, iterations },
    factors: { threshold },
    reports: true,
    declarations: activeSets(concepts) + thresholding(kind),
    body: /* wgsl */ `
  let row = group * u.concepts;
  let size = u.batch * u.concepts;
  clearSet(lane, 0u);
  workgroupBarrier();
  for (var t = 0u; t < u.iterations; t++) {
    let before = row + (t - 1u) * size;
    let which = t % 2u;
    clearSet(lane, 1u - which);
    workgroupBarrier();
    ${timesGram(
      concepts,
      "trace[before + j]",
      /* wgsl */ `
        var last = 0.0;
        if (t > 0u) { last = trace[before + k]; }
        let z = thresholded(last + stepSize[0] * (correlations[row + k] - sum), u.threshold);
        if (z != 0.0) { setActive(1u - which, k); }
        if (t + 1u == u.iterations) { codes[row + k] = z; } else { trace[row + t * size + k] = z; }`,
    )}
    storageBarrier();
    workgroupBarrier();
  }`,
    groups: batch,
  });
  correlations.dispose();
  return { codes, gram, trace };
}

/**
 * Code for each concept `k`, of which `sum` is that of `G_jk` over the active `j` of the set `which`, times `weight`: a thread takes up to eight concepts
 * at a time, so that it goes through the set once for them.
 */
export function timesGram(concepts: number, weight: string, use: string): string {
  const columns = Math.min(8, Math.ceil(concepts / 256));
  return /* wgsl */ `
    for (var first_ = lane; first_ < u.concepts; first_ += ${256 * columns}u) {
      var sums = array<f32, ${columns}>();
      ${overActive(
        "which",
        weight,
        /* wgsl */ `
        for (var r = 0u; r < ${columns}u; r++) {
          sums[r] += weight * gram[j * u.concepts + min(first_ + 256u * r, u.concepts - 1u)];
        }`,
      )}
      for (var r = 0u; r < ${columns}u; r++) {
        let k = first_ + 256u * r;
        if (k >= u.concepts) { break; }
        let sum = sums[r];
        ${use}
      }
    }`;
}

/** Concepts of a workgroup, sixteen at a time with sixteen lanes each. */
const tile = 64;

/**
 * Without it a step takes `x - z D` and its products with all atoms: a dispatch a step, a workgroup for a tile of a sample's concepts, which sums the
 * active atoms anew: `2 s n` operations beside the `128 n` of its products.
 */
function traceByAtoms(backend: GpuBackend, given: Given): Record<"codes" | "gram" | "trace", TensorInfo> {
  const { x, atoms, stepSize, batch, length, concepts, iterations, kind, threshold } = given;
  const tiles = Math.ceil(concepts / tile);
  const codes = backend.makeTensorInfo([batch, concepts], "float32");
  const trace = backend.makeTensorInfo([iterations - 1, batch, concepts], "float32");
  for (let t = 0; t < iterations; t++) {
    runProgram(backend, {
      name: `unrolledRows by atoms ${kind} ${length} ${concepts}`,
      inputs: { x, atoms, stepSize },
      outputs: {},
      updates: { codes, trace },
      sizes: { batch, concepts, tiles, length, t, last: iterations - 1 },
      factors: { threshold },
      reports: true,
      declarations: activeSets(concepts) + thresholding(kind) + dotsOfSixteen(length),
      body: /* wgsl */ `
  let sample = group / u.tiles;
  let row = sample * u.concepts;
  let size = u.batch * u.concepts;
  let before = row + (u.t - 1u) * size;
  clearSet(lane, 0u);
  workgroupBarrier();
  if (u.t > 0u) {
    for (var k = lane; k < u.concepts; k += 256u) { if (trace[before + k] != 0.0) { setActive(0u, k); } }
  }
  workgroupBarrier();
  for (var i = lane; i < LENGTH; i += 256u) {
    var sum = x[sample * LENGTH + i];
    ${overActive("0u", "trace[before + j]", "sum -= weight * atoms[j * LENGTH + i];")}
    vector[i] = sum;
  }
  workgroupBarrier();
  for (var some = 0u; some < ${tile / 16}u; some++) {
    let k = group % u.tiles * ${tile}u + some * 16u + lane / 16u;
    let product = dotOfSixteen(lane, min(k, u.concepts - 1u));
    if (k < u.concepts && lane % 16u == 0u) {
      var last = 0.0;
      if (u.t > 0u) { last = trace[before + k]; }
      let z = thresholded(last + stepSize[0] * product, u.threshold);
      if (u.t == u.last) { codes[row + k] = z; } else { trace[row + u.t * size + k] = z; }
    }
  }`,
      groups: batch * tiles,
    });
  }
  return { codes, gram: backend.makeTensorInfo([0, 0], "float32", new Float32Array(0)), trace };
}

/** Declarations: `vector` in the memory of the workgroup, and its products with atoms, sixteen lanes for each. */
export function dotsOfSixteen(length: number): string {
  return /* wgsl */ `
const LENGTH = ${length}u;
var<workgroup> vector: array<f32, ${length}>;
var<workgroup> parts: array<f32, 256>;
// Known to the first of the sixteen lanes.
fn dotOfSixteen(lane: u32, k: u32) -> f32 {
  var part = 0.0;
  for (var i = lane % 16u; i < LENGTH; i += 16u) { part += vector[i] * atoms[k * LENGTH + i]; }
  parts[lane] = part;
  workgroupBarrier();
  for (var half = 8u; half > 0u; half >>= 1u) {
    if (lane % 16u < half) { parts[lane] += parts[lane + half]; }
    workgroupBarrier();
  }
  let product = parts[lane];
  workgroupBarrier();
  return product;
}`;
}
