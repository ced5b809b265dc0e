/** Programs in WGSL on the buffers of tfjs's backend, several outputs each, in its compute pass. */
import { sizeOf } from "@saeno/backend";
import { type DataType, env, type TensorInfo } from "@tensorflow/tfjs-core";
import type { Findings } from "../findings.ts";
import { namer, type Uniforms } from "../reuse.ts";

/** As much of tfjs's backend as programs need. */
export interface GpuBackend {
  readonly device: GPUDevice;
  readonly tensorMap: {
    get(dataId: object): { readonly resource?: GPUBuffer | null; readonly dtype: string; values: unknown };
  };
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
  readonly uniforms: Uniforms;
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
  /** Inputs and outputs bound as pairs of their values, `vec2f`, or as fours, `vec4f`. */
  readonly pairs?: readonly string[];
  readonly fours?: readonly string[];
  /** Functions and workgroup variables. Asked for once for a name, as the body is. */
  readonly declarations?: string | (() => string);
  /** What each thread does, from `group` (below `groups`) and `lane`. */
  readonly body: string | (() => string);
  readonly groups: number;
}

/** What dispatches of a program share: made once. */
interface Prepared {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
  /** Bytes of its uniforms. */
  readonly size: number;
  /** By the buffers that they bind: steps of a training bind the same ones again and again. */
  readonly bindGroups: Map<string, GPUBindGroup>;
}

/** Bind groups kept of a program. */
const mostBindGroups = 1024;

const prepared = new WeakMap<GPUDevice, Map<string, Prepared>>();
const nameOf = namer();

/** Runs a program and returns its outputs, which the caller owns. */
export function runProgram<Output extends string>(
  backend: GpuBackend,
  given: Program<Output>,
): Record<Output, TensorInfo> {
  const converted: TensorInfo[] = [];
  const program = inFloats(backend, given, converted);
  const outputs = {} as Record<Output, TensorInfo>;
  const tensors: TensorInfo[] = [];
  for (const name of Object.keys(program.outputs) as Output[]) {
    const { shape, dtype } = program.outputs[name];
    outputs[name] = backend.makeTensorInfo(shape, dtype);
    tensors.push(outputs[name]);
  }
  const updates = program.updates === undefined ? [] : Object.values(program.updates);
  tensors.push(...updates, ...Object.values(program.inputs));
  if (program.groups > 0) dispatch(backend, program, tensors);
  else for (const { dataId } of tensors) backend.uploadToGPU(dataId);
  // What the host knew of them is over.
  for (const { dataId } of updates) backend.tensorMap.get(dataId).values = null;
  for (const { dataId } of converted) backend.disposeData(dataId);
  return outputs;
}

/** tfjs leaves truth values and integers as they are in memory when they are cast to floats. */
function inFloats<Output extends string>(
  backend: GpuBackend,
  program: Program<Output>,
  converted: TensorInfo[],
): Program<Output> {
  let inputs = program.inputs;
  for (const [name, x] of Object.entries(inputs)) {
    if (x.dtype !== "float32" || backend.tensorMap.get(x.dataId).dtype === "float32") continue;
    const entries = sizeOf(x.shape);
    const { floats } = runProgram(backend, {
      name: "toFloats",
      inputs: { x: { ...x, dtype: "int32" } },
      outputs: { floats: { shape: x.shape, dtype: "float32" } },
      sizes: { entries },
      body: `${oneEntry} floats[i] = f32(x[i]);`,
      groups: groupsFor(entries),
    });
    converted.push(floats);
    inputs = { ...inputs, [name]: floats };
  }
  return inputs === program.inputs ? program : { ...program, inputs };
}

function dispatch(backend: GpuBackend, program: Program<string>, tensors: readonly TensorInfo[]): void {
  const { pipeline, layout, size, bindGroups } = prepare(backend, program);
  // This may submit what is encoded, so it comes before anything is said of this dispatch.
  const offset = writeUniforms(backend.uniforms, program);
  const buffers: GPUBuffer[] = [];
  let key = "";
  for (const { dataId } of tensors) {
    if (!backend.tensorMap.get(dataId).resource) backend.uploadToGPU(dataId);
    const buffer = backend.tensorMap.get(dataId).resource as GPUBuffer;
    backend.commandQueueOwnedIds.add(dataId);
    buffers.push(buffer);
    key += `${nameOf(buffer)} `;
  }
  if (program.reports) buffers.push(backend.findings.use());
  let bindGroup = bindGroups.get(key);
  if (bindGroup === undefined) {
    const resources: GPUBufferBinding[] = buffers.map((buffer) => ({ buffer }));
    resources.push({ buffer: backend.uniforms.buffer, size });
    const entries = resources.map((resource, binding) => ({ binding, resource }));
    bindGroup = backend.device.createBindGroup({ layout, entries });
    if (bindGroups.size === mostBindGroups) bindGroups.clear();
    bindGroups.set(key, bindGroup);
  }
  backend.ensureCommandEncoderReady();
  backend.computePassEncoder ??= backend.commandEncoder.beginComputePass();
  const pass = backend.computePassEncoder;
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, bindGroup, [offset]);
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

function prepare(backend: GpuBackend, program: Program<string>): Prepared {
  const { device } = backend;
  const known = prepared.get(device) ?? new Map<string, Prepared>();
  prepared.set(device, known);
  let made = known.get(program.name);
  if (made === undefined) {
    const module = device.createShaderModule({ label: program.name, code: sourceOf(backend, program) });
    const { sizes, factors = {} } = program;
    const fields = 2 + Object.keys(sizes).length + Object.keys(factors).length;
    const size = Math.ceil(fields / 4) * 16;
    const layout = layoutOf(device, program, size);
    const pipeline = device.createComputePipeline({
      label: program.name,
      layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module, entryPoint: "main" },
    });
    made = { pipeline, layout, size, bindGroups: new Map() };
    known.set(program.name, made);
  }
  return made;
}

/** Said rather than inferred from the WGSL, where a binding that a variant does not use would be missing. */
function layoutOf(device: GPUDevice, program: Program<string>, size: number): GPUBindGroupLayout {
  const { inputs, outputs, updates = {}, reports = false } = program;
  const buffers: GPUBufferBindingLayout[] = [
    ...Object.keys({ ...outputs, ...updates }).map(() => ({ type: "storage" as const })),
    ...Object.keys(inputs).map(() => ({ type: "read-only-storage" as const })),
    ...(reports ? [{ type: "storage" as const }] : []),
    { type: "uniform", hasDynamicOffset: true, minBindingSize: size },
  ];
  const visibility = GPUShaderStage.COMPUTE;
  return device.createBindGroupLayout({
    entries: buffers.map((buffer, binding) => ({ binding, visibility, buffer })),
  });
}

function sourceOf(backend: GpuBackend, program: Program<string>): string {
  const { inputs, outputs, updates = {}, sizes, factors = {}, reports = false } = program;
  const { bits = [], pairs = [], fours = [], declarations = "", body } = program;
  const textOf = (source: string | (() => string)) => (typeof source === "string" ? source : source());
  const typeOf = (name: string, dtype: string) => {
    if (pairs.includes(name)) return "vec2f";
    if (fours.includes(name)) return "vec4f";
    return dtype === "float32" ? "f32" : "i32";
  };
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
${textOf(declarations)}
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let group = workgroup.y * u.columns + workgroup.x;
  if (group >= u.groups) { return; }
${textOf(body)}
}`;
}

/** Writes a program's uniforms; where they are in their buffer, in bytes. */
function writeUniforms(uniforms: Uniforms, { groups, sizes, factors }: Program<string>): number {
  const { whole, fractions } = uniforms;
  const start = uniforms.reserve();
  let at = start;
  whole[at++] = groups;
  whole[at++] = Math.min(groups, largestDimension);
  for (const size of Object.values(sizes)) whole[at++] = size;
  if (factors !== undefined) for (const factor of Object.values(factors)) fractions[at++] = factor;
  return 4 * start;
}
