/** tfjs's WebGPU backend as a saeno plugin: in browsers, and in Node through Dawn. */
import { type Availability, type BackendPlugin, defineBackend, SaenoError } from "@saeno/backend";
import { env, registerBackend, removeBackend } from "@tensorflow/tfjs-core";
import { canvasReader } from "./canvas-reader.ts";
import { dawn, mapNow } from "./dawn.ts";
import { requestDevice, type WatchedDevice, wantedFeatures } from "./device.ts";
import { createFindings, type Findings } from "./findings.ts";
import type { GpuBackend } from "./kernels/program.ts";
import { registerKernels } from "./kernels/register-kernels.ts";
import { repairKernels } from "./repaired-kernels.ts";
import { createUniforms, reuseUniforms, type UniformBackend, type UploadingBackend, uploadInQueue } from "./reuse.ts";
import { type CopyingBackend, createStaging, type Staging, sharedSize, submitAll } from "./staging.ts";

export interface WebgpuOptions {
  /** Which adapter to take where there are several. Default `high-performance`. */
  readonly powerPreference?: "high-performance" | "low-power";
  /** `none` leaves every contract to operations of tfjs. Default `own`. */
  readonly kernels?: "own" | "none";
}

/** The WebGPU backend on the fastest adapter. */
export const webgpuBackend: BackendPlugin = createWebgpuBackend();

/**
 * The WebGPU backend with these options. `auto` skips it if the adapter is software, which the wasm backend outruns.
 *
 * Operations that the GPU refuses (invalid WGSL, say) and a GPU that is lost end the next read of values with a SaenoError:
 * `backend.gpu`, `backend.lost`; a tensor above the limits of the GPU is refused with `backend.memory`.
 */
export function createWebgpuBackend(options: WebgpuOptions = {}): BackendPlugin {
  const { powerPreference = "high-performance", kernels = "own" } = options;
  return defineBackend({
    kind: "webgpu",
    summary: "the GPU of a browser, or of Node by Dawn",
    async available() {
      const adapter = await findAdapter(powerPreference);
      return typeof adapter === "string" ? { available: false, reason: adapter } : describe(adapter);
    },
    async init() {
      const adapter = await findAdapter(powerPreference);
      if (typeof adapter === "string") throw new SaenoError("backend.unavailable", adapter);
      const { WebGPUBackend } = await import("@tensorflow/tfjs-backend-webgpu");
      // tfjs may have registered its own, which asks for a device without watching it.
      removeBackend("webgpu");
      registerBackend("webgpu", async () => {
        const watched = await requestDevice(adapter);
        const backend = new WebGPUBackend(watched.device, adapter.info);
        const findings = createFindings(watched.device);
        const uniforms = createUniforms(backend as unknown as UniformBackend);
        const extended = Object.assign(backend, { findings, uniforms }) as unknown as ReadingBackend & GpuBackend;
        reuseUniforms(backend as unknown as UniformBackend);
        uploadInQueue(backend as unknown as UploadingBackend);
        env().set("WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE", dispatchesPerSubmit);
        repairKernels(backend);
        if (kernels === "own") registerKernels(extended);
        watchReads(extended, watched);
        return backend;
      });
    },
  });
}

/**
 * The GPU starts on the first of them while the host encodes the next: on an H200 the steps of most models took 10 to 35 % less time than with 48, with 6 or 20
 * more (`pnpm dispatches --times --together N`). What is disposed of is free once it is submitted.
 */
const dispatchesPerSubmit = 12;

const inNode = globalThis.process?.versions?.node !== undefined;

/** An adapter, or why there is none and what to do. */
async function findAdapter(powerPreference: GPUPowerPreference): Promise<GPUAdapter | string> {
  let gpu: GPU | undefined;
  try {
    gpu = inNode ? await dawn() : globalThis.navigator?.gpu;
  } catch (error) {
    if (!SaenoError.isInstance(error)) throw error;
    return `${error.message} npm install webgpu@0.6.2`;
  }
  if (gpu === undefined) return "this page has no WebGPU: it takes a current browser, and https or localhost";
  const adapter = await gpu.requestAdapter({ powerPreference });
  if (adapter !== null) return adapter;
  return inNode
    ? "no GPU adapter was found: install its Vulkan driver and the loader (Debian: apt install libvulkan1 mesa-vulkan-drivers)"
    : "no GPU adapter was found: see about:gpu, or chrome://gpu, for what the browser has switched off";
}

function describe({ info, limits, features }: GPUAdapter): Availability {
  const name = [info.vendor, info.architecture, info.description || info.device].filter(Boolean).join(" ");
  const software = info.isFallbackAdapter || /swiftshader|llvmpipe|lavapipe|basic render/i.test(name);
  const largest = Math.floor(limits.maxStorageBufferBindingSize / 2 ** 20);
  const detail = `WebGPU on ${name || "an adapter without a name"}${software ? " (software)" : ""}, tensors of up to ${largest} MB`;
  const facts = {
    vendor: info.vendor,
    architecture: info.architecture,
    device: info.device,
    description: info.description,
    software,
    maxBufferSize: limits.maxBufferSize,
    maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
    maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
    maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
    features: wantedFeatures.filter((feature) => features.has(feature)).join(" "),
  };
  return { available: true, detail, facts, ...(software && { software }) };
}

/** What reading needs of tfjs's backend. */
interface ReadingBackend extends CopyingBackend {
  read(dataId: object): Promise<Values>;
  readSync(dataId: object): Values;
  readonly tensorMap: { get(dataId: object): TensorData };
  readonly findings: Findings;
}

interface TensorData {
  readonly dtype: string;
  readonly shape: number[];
  values: Values | null;
  readonly resource: GPUBuffer;
}

type Values = Float32Array | Int32Array | Uint8Array;

/**
 * Reads report what went wrong on the GPU. Those that are asked for in one turn of the program come in one copy. Reads at once do what tfjs does not: they
 * work in Node, and again and again in browsers.
 */
function watchReads(backend: ReadingBackend, { device, settled, check }: WatchedDevice): void {
  const { tensorMap, findings } = backend;
  /** What is asked for in this turn and is not large, and when it comes. */
  let asked: { readonly staging: Staging; readonly bytes: Promise<ArrayBuffer> } | undefined;

  const read = backend.read.bind(backend);
  backend.read = async (dataId) => {
    const data = tensorMap.get(dataId);
    if (isOnHost(data) || data.dtype === "complex64") return withoutPadding(data, await read(dataId));
    const { size } = data.resource;
    let copy = asked ?? ask(size);
    let start = copy.staging.add(data.resource, findings.size);
    if (start === undefined) {
      copy = ask(size);
      start = copy.staging.add(data.resource) as number;
    }
    if (size <= sharedSize) asked = copy;
    const bytes = await copy.bytes;
    data.values = fromBytes(bytes.slice(start, start + size), data.dtype);
    return withoutPadding(data, data.values);
  };

  /** The copy is encoded when a read asks for it, and submitted at the end of this turn. */
  function ask(size: number) {
    const staging = createStaging(backend, size);
    const bytes = Promise.resolve().then(async () => {
      if (asked?.staging === staging) asked = undefined;
      const unread = findings.unread();
      const found = unread && staging.add(unread);
      await staging.submit().mapAsync(GPUMapMode.READ);
      const all = staging.take();
      await settled();
      check();
      if (found !== undefined) findings.check(all.slice(found));
      return all;
    });
    return { staging, bytes };
  }

  const readSync = backend.readSync.bind(backend);
  let readNow: ((buffer: GPUBuffer) => ArrayBuffer) | undefined;
  backend.readSync = (dataId) => {
    const data = tensorMap.get(dataId);
    if (!isOnHost(data) && data.dtype !== "complex64") {
      readNow ??= inNode ? throughMapping : throughCanvas();
      const bytes = readNow(data.resource);
      const unread = findings.unread();
      const found = unread && readNow(unread);
      check();
      if (found !== undefined) findings.check(found);
      data.values = fromBytes(bytes, data.dtype);
    }
    return withoutPadding(data, readSync(dataId));
  };

  function throughMapping(buffer: GPUBuffer): ArrayBuffer {
    const staging = createStaging(backend, buffer.size);
    staging.add(buffer);
    mapNow(staging.submit());
    return staging.take();
  }

  function throughCanvas(): (buffer: GPUBuffer) => ArrayBuffer {
    const read = canvasReader(device);
    return (buffer) => {
      submitAll(backend);
      return read(buffer);
    };
  }
}

function isOnHost({ values }: TensorData): boolean {
  return values !== null && values !== undefined;
}

/** A tensor without entries has a buffer of 4 bytes, or is a plain array to tfjs. */
function withoutPadding({ dtype, shape }: TensorData, values: Values): Values {
  return dtype !== "complex64" && shape.includes(0) ? fromBytes(new ArrayBuffer(0), dtype) : values;
}

/** On the GPU a truth value takes four bytes. */
function fromBytes(bytes: ArrayBuffer, dtype: string): Values {
  if (dtype === "float32") return new Float32Array(bytes);
  const integers = new Int32Array(bytes);
  return dtype === "bool" ? Uint8Array.from(integers) : integers;
}
