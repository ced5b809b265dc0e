/** tfjs's WebGPU backend as a saeno plugin: in browsers, and in Node through Dawn. */
import { type Availability, type BackendPlugin, defineBackend, SaenoError } from "@saeno/backend";
import { env, registerBackend, removeBackend } from "@tensorflow/tfjs-core";
import { canvasReader } from "./canvas-reader.ts";
import { dawn, readMapped } from "./dawn.ts";
import { requestDevice, type WatchedDevice, wantedFeatures } from "./device.ts";
import { createFindings, type Findings } from "./findings.ts";
import type { GpuBackend } from "./kernels/program.ts";
import { registerKernels } from "./kernels/register-kernels.ts";
import { repairKernels } from "./repaired-kernels.ts";
import {
  createUniformBuffers,
  reuseUniforms,
  type UniformBackend,
  type UploadingBackend,
  uploadInQueue,
} from "./reuse.ts";
import { stagingCopy, takeBytes } from "./staging.ts";

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
        const uniforms = createUniformBuffers(backend as unknown as UniformBackend);
        const extended = Object.assign(backend, { findings, uniforms }) as unknown as ReadingBackend & GpuBackend;
        reuseUniforms(extended as unknown as UniformBackend, uniforms);
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

/** tfjs submits after 15, which costs the host more than the GPU gains by starting early. What is disposed of is free once it is submitted. */
const dispatchesPerSubmit = 48;

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
interface ReadingBackend {
  read(dataId: object): Promise<Values>;
  readSync(dataId: object): Values;
  readonly tensorMap: { get(dataId: object): TensorData };
  ensureCommandEncoderReady(): void;
  endComputePassEncoder(): void;
  submitQueue(): void;
  readonly findings: Findings;
}

interface TensorData {
  readonly dtype: string;
  readonly shape: number[];
  values: Values | null;
  readonly resource: GPUBuffer;
}

type Values = Float32Array | Int32Array | Uint8Array;

/** Reads report what went wrong on the GPU, and reads at once do what tfjs does not: they work in Node, and again and again in browsers. */
function watchReads(backend: ReadingBackend, { device, settled, check }: WatchedDevice): void {
  const read = backend.read.bind(backend);
  backend.read = async (dataId) => {
    const reading = read(dataId);
    const unread = backend.findings.unread();
    // Both are asked for at once: each answer takes a turn of the program.
    const [values, found] = await Promise.all([reading, unread && readBuffer(device, unread)]);
    await settled();
    check();
    if (found !== undefined) backend.findings.check(found);
    return withoutPadding(dataId, values);
  };

  const readSync = backend.readSync.bind(backend);
  let readNow: ((buffer: GPUBuffer) => ArrayBuffer) | undefined;
  backend.readSync = (dataId) => {
    const data = backend.tensorMap.get(dataId);
    const onHost = data.values !== null && data.values !== undefined;
    if (!onHost && data.dtype !== "complex64") {
      backend.ensureCommandEncoderReady();
      backend.endComputePassEncoder();
      backend.submitQueue();
      readNow ??= inNode ? (buffer) => readMapped(device, buffer) : canvasReader(device);
      const bytes = readNow(data.resource);
      const unread = backend.findings.unread();
      const found = unread && readNow(unread);
      check();
      if (found !== undefined) backend.findings.check(found);
      data.values = fromBytes(bytes, data.dtype);
    }
    return withoutPadding(dataId, readSync(dataId));
  };

  function withoutPadding(dataId: object, values: Values): Values {
    const { dtype, shape } = backend.tensorMap.get(dataId);
    return dtype !== "complex64" && shape.includes(0) ? values.subarray(0, 0) : values;
  }
}

async function readBuffer(device: GPUDevice, buffer: GPUBuffer): Promise<ArrayBuffer> {
  const staging = stagingCopy(device, buffer);
  await staging.mapAsync(GPUMapMode.READ);
  return takeBytes(staging);
}

/** On the GPU a truth value takes four bytes. */
function fromBytes(bytes: ArrayBuffer, dtype: string): Values {
  if (dtype === "float32") return new Float32Array(bytes);
  const integers = new Int32Array(bytes);
  return dtype === "bool" ? Uint8Array.from(integers) : integers;
}
