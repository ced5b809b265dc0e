/** Programs in WGSL on the buffers of tfjs's backend, several outputs each, in its compute pass. */
import { sizeOf } from "@saeno/backend";
import { type DataType, env, type TensorInfo } from "@tensorflow/tfjs-core";
import type { Findings } from "../findings.ts";
import type { UniformBuffers } from "../reuse.ts";

/** As much of tfjs's backend as programs need. */
export interface GpuBackend {
  readonly device: GPUDevice;
  readonly tensorMap: { get(dataId: object): { readonly resource: GPUBuffer; readonly dtype: string } };
  makeTensorInfo(shape: number[], dtype: DataType, values?: Float32Array): TensorInfo;
  uploadToGPU(dataId: object): void;
  disposeData(dataId: object): unknown;
  ensureCommandEncoderReady(): void;
  endComputePassEncoder(): void;
  submitQueue(): void;
  readonly commandEncoder: GPUCommandEncoder;
  computePassEncoder: GPUComputePassEncoder | null;
  dispatchCountInPass: number;
  readonly commandQueueOwnedIds: { add(dataId: object): unknown };
  readonly findings: Findings;
  readonly uniforms: UniformBuffers;
}

/** Threads of a workgroup, the most that every GPU has. */
const lanes = 256;

/** The start of a body in which each thread makes one of `u.entries` entries, `i`. */
export const oneEntry: string = /* wgsl */ `
  let i = group * ${lanes}u + lane;
  if (i >= u.entries) { return; }`;

/** A declaration: the sum over the lanes of a workgroup, known to all of them. */
export const sumOfLanes: string = /* wgsl */ `
var<workgroup> parts: array<f32, ${lanes}>;
fn sumOfLanes(lane: u32, part: f32) -> f32 {
  parts[lane] = part;
  workgroupBarrier();
  for (var half = ${lanes / 2}u; half > 0u; half >>= 1u) {
    if (lane < half) { parts[lane] += parts[lane + half]; }
    workgroupBarrier();
  }
  let total = parts[0];
  workgroupBarrier();
  return total;
}`;

const largestDimension = 65_535;

export interface Program<Output extends string> {
  /** Two programs of one name have the same WGSL. */
  readonly name: string;
  readonly inputs: Readonly<Record<string, TensorInfo>>;
  readonly outputs: Readonly<Record<Output, { readonly shape: number[]; readonly dtype: "float32" | "int32" }>>;
  /** Tensors that the program reads and changes. */
  readonly updates?: Readonly<Record<string, TensorInfo>>;
  /** Whole numbers, `u32` in the program, as `u.name`. */
  readonly sizes: Readonly<Record<string, number>>;
  /** `f32` in the program, as `u.name`. */
  readonly factors?: Readonly<Record<string, number>>;
  /** Whether the program reports what it found among the values. */
  readonly reports?: boolean;
  /** Inputs bound as the bits of their values, `u32`. */
  readonly bits?: readonly string[];
  /** Inputs and outputs bound as pairs of their values, `vec2f`. */
  readonly pairs?: readonly string[];
  /** Functions and workgroup variables. */
  readonly declarations?: string;
  /** What each thread does, from `group` (below `groups`) and `lane`. */
  readonly body: string;
  readonly groups: number;
}

const pipelines = new WeakMap<GPUDevice, Map<string, GPUComputePipeline>>();

/** Runs a program and returns its outputs, which the caller owns. */
export function runProgram<Output extends string>(
  backend: GpuBackend,
  given: Program<Output>,
): Record<Output, TensorInfo> {
  const converted: TensorInfo[] = [];
  const inFloats = ([name, x]: [string, TensorInfo]): [string, TensorInfo] => {
    if (x.dtype !== "float32" || backend.tensorMap.get(x.dataId).dtype === "float32") return [name, x];
    const { floats } = toFloats(backend, x);
    converted.push(floats);
    return [name, floats];
  };
  const program = { ...given, inputs: Object.fromEntries(Object.entries(given.inputs).map(inFloats)) };
  const outputs = Object.fromEntries(
    Object.entries<{ shape: number[]; dtype: "float32" | "int32" }>(program.outputs).map(([name, { shape, dtype }]) => [
      name,
      backend.makeTensorInfo(shape, dtype),
    ]),
  ) as Record<Output, TensorInfo>;
  const tensors = [outputs, program.updates ?? {}, program.inputs].flatMap((each) => Object.values<TensorInfo>(each));
  for (const { dataId } of tensors) {
    backend.uploadToGPU(dataId);
    backend.commandQueueOwnedIds.add(dataId);
  }
  if (program.groups > 0) dispatch(backend, program, tensors);
  for (const { dataId } of converted) backend.disposeData(dataId);
  return outputs;
}

/** tfjs leaves truth values and integers as they are in memory when they are cast to floats. */
function toFloats(backend: GpuBackend, x: TensorInfo) {
  const entries = sizeOf(x.shape);
  return runProgram(backend, {
    name: "toFloats",
    inputs: { x: { ...x, dtype: "int32" } },
    outputs: { floats: { shape: x.shape, dtype: "float32" } },
    sizes: { entries },
    body: `${oneEntry} floats[i] = f32(x[i]);`,
    groups: groupsFor(entries),
  });
}

function dispatch(backend: GpuBackend, program: Program<string>, tensors: readonly TensorInfo[]): void {
  const pipeline = pipelineOf(backend, program);
  const buffers = [
    ...tensors.map(({ dataId }) => backend.tensorMap.get(dataId).resource),
    ...(program.reports ? [backend.findings.use()] : []),
    uniformsOf(backend, program),
  ];
  const bindGroup = backend.device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
  });
  backend.ensureCommandEncoderReady();
  backend.computePassEncoder ??= backend.commandEncoder.beginComputePass();
  const pass = backend.computePassEncoder;
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, bindGroup);
  const columns = Math.min(program.groups, largestDimension);
  pass.dispatchWorkgroups(columns, Math.ceil(program.groups / columns));
  if (++backend.dispatchCountInPass >= env().getNumber("WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE")) {
    backend.endComputePassEncoder();
    backend.submitQueue();
  }
}

/** How many groups a program takes of which each thread makes one entry. */
export function groupsFor(entries: number): number {
  return Math.ceil(entries / lanes);
}

function pipelineOf(backend: GpuBackend, program: Program<string>): GPUComputePipeline {
  const { device } = backend;
  const known = pipelines.get(device) ?? new Map<string, GPUComputePipeline>();
  pipelines.set(device, known);
  let pipeline = known.get(program.name);
  if (pipeline === undefined) {
    const module = device.createShaderModule({ label: program.name, code: sourceOf(backend, program) });
    pipeline = device.createComputePipeline({
      label: program.name,
      layout: layoutOf(device, program),
      compute: { module, entryPoint: "main" },
    });
    known.set(program.name, pipeline);
  }
  return pipeline;
}

/** Said rather than inferred from the WGSL, where a binding that a variant does not use would be missing. */
function layoutOf(device: GPUDevice, program: Program<string>): GPUPipelineLayout {
  const { inputs, outputs, updates = {}, reports = false } = program;
  const types: GPUBufferBindingType[] = [
    ...Object.keys({ ...outputs, ...updates }).map(() => "storage" as const),
    ...Object.keys(inputs).map(() => "read-only-storage" as const),
    ...(reports ? ["storage" as const] : []),
    "uniform",
  ];
  const entries = types.map((type, binding) => ({ binding, visibility: GPUShaderStage.COMPUTE, buffer: { type } }));
  return device.createPipelineLayout({ bindGroupLayouts: [device.createBindGroupLayout({ entries })] });
}

function sourceOf(backend: GpuBackend, program: Program<string>): string {
  const { inputs, outputs, updates = {}, sizes, factors = {}, reports = false } = program;
  const { bits = [], pairs = [], declarations = "", body } = program;
  const typeOf = (name: string, dtype: string) =>
    pairs.includes(name) ? "vec2f" : dtype === "float32" ? "f32" : "i32";
  const bindings = [
    ...Object.entries({ ...outputs, ...updates }).map(
      ([name, { dtype }]) => `var<storage, read_write> ${name}: array<${typeOf(name, dtype)}>;`,
    ),
    ...Object.entries(inputs).map(([name, { dataId }]) => {
      const type = bits.includes(name) ? "u32" : typeOf(name, backend.tensorMap.get(dataId).dtype);
      return `var<storage, read> ${name}: array<${type}>;`;
    }),
    ...(reports ? ["var<storage, read_write> findings: array<atomic<u32>>;"] : []),
    "var<uniform> u: Uniforms;",
  ];
  const fields = [
    "groups: u32",
    "columns: u32",
    ...Object.keys(sizes).map((name) => `${name}: u32`),
    ...Object.keys(factors).map((name) => `${name}: f32`),
  ];
  return `
struct Uniforms { ${fields.join(", ")} }
${bindings.map((binding, i) => `@group(0) @binding(${i}) ${binding}`).join("\n")}
${declarations}
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let group = workgroup.y * u.columns + workgroup.x;
  if (group >= u.groups) { return; }
${body}
}`;
}

function uniformsOf(backend: GpuBackend, { groups, sizes, factors = {} }: Program<string>): GPUBuffer {
  const whole = [groups, Math.min(groups, largestDimension), ...Object.values(sizes)];
  const fractions = Object.values(factors);
  const bytes = new ArrayBuffer(Math.ceil((4 * (whole.length + fractions.length)) / 16) * 16);
  new Uint32Array(bytes).set(whole);
  new Float32Array(bytes, 4 * whole.length).set(fractions);
  return backend.uniforms(bytes);
}
