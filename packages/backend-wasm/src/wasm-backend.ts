/**
 * tfjs's WebAssembly backend as a saeno plugin, with our kernels on its memory: SIMD, and threads if memory can be shared.
 * Runs in Node and in browsers.
 */
import { type BackendPlugin, defineBackend, registerHostKernels, SaenoError } from "@saeno/backend";
import { backend, env, ready, setBackend } from "@tensorflow/tfjs-core";
import { registerConvolutionKernels } from "./kernels/convolution.ts";
import { registerDenseKernels } from "./kernels/dense.ts";
import { registerOptimizerKernels } from "./kernels/optimizer.ts";
import { registerSparseCodeKernels } from "./kernels/sparse-codes.ts";
import { registerSpectralKernels } from "./kernels/spectral.ts";
import { registerUnrolledKernels } from "./kernels/unrolled.ts";
import { registerUnrolledMapsKernels } from "./kernels/unrolled-maps.ts";
import { hasRelaxedSimd, type Instructions, kernelBinary } from "./runtime/kernel-binary.ts";
import { bringTfjsBinary } from "./runtime/tfjs-binary.ts";
import { startKernels } from "./runtime/thread-pool.ts";
import type { WasmBackend } from "./runtime/wasm-memory.ts";
import { registerElementwiseKernels } from "./tfjs-kernels/elementwise.ts";
import { registerIdentity } from "./tfjs-kernels/identity.ts";
import { registerMatMul } from "./tfjs-kernels/mat-mul.ts";
import { registerTranspose } from "./tfjs-kernels/transpose.ts";
import { registerUnsortedSegmentSum } from "./tfjs-kernels/unsorted-segment-sum.ts";

export interface WasmOptions {
  /** Threads that share the work, this one included. Default: as many as the machine has cores, at most 16. */
  readonly threads?: number;
  /**
   * Instructions of the kernels. Default: `relaxed` (fused multiply-add) if the engine has it, else `simd`;
   * `none` leaves everything to tfjs and to JavaScript loops.
   */
  readonly instructions?: Instructions | "none";
}

/** The wasm backend with the machine's threads and the engine's best instructions. */
export const wasmBackend: BackendPlugin = createWasmBackend();

/**
 * Creates the wasm backend.
 *
 * @throws SaenoError `backend.threads` if `threads` is not a positive integer.
 */
export function createWasmBackend(options: WasmOptions = {}): BackendPlugin {
  const { threads = defaultThreads() } = options;
  if (!Number.isInteger(threads) || threads < 1) {
    throw new SaenoError("backend.threads", `threads must be a positive integer; got ${threads}.`);
  }
  let detail = "WebAssembly";
  const plugin: BackendPlugin = defineBackend({
    kind: "wasm",
    summary: "WebAssembly with threads: the CPU, in Node and in pages",
    async available() {
      if (typeof WebAssembly === "undefined")
        return { available: false, reason: "this JavaScript engine has no WebAssembly" };
      return { available: true, detail };
    },
    async init() {
      if (running !== undefined && running.plugin !== plugin && Object.keys(options).length > 0) {
        throw new SaenoError(
          "backend.running",
          `The wasm backend is already running (${running.detail}) and cannot change its options: choose them before its first use.`,
        );
      }
      running ??= { plugin, detail: await start(threads, options.instructions) };
      detail = running.detail;
    },
  });
  return plugin;
}

/** tfjs has one wasm backend per program, and it starts once. */
let running: { readonly plugin: BackendPlugin; readonly detail: string } | undefined;

/** Starts tfjs's backend and registers kernels on it. Returns what runs. */
async function start(threads: number, wanted?: Instructions | "none"): Promise<string> {
  const { withThreadedTfjs } = await import("./runtime/threaded-tfjs.ts");
  const simd = Boolean(await env().getAsync("WASM_HAS_SIMD_SUPPORT"));
  const instructions = wanted ?? (simd ? (hasRelaxedSimd() ? "relaxed" : "simd") : "none");
  const shared = threads > 1 && instructions !== "none" && canShareMemory();
  if (!shared) env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
  await bringTfjsBinary(simd, shared);
  const startTfjs = async () => {
    if (!(await setBackend("wasm"))) throw startProblem(shared);
    await ready();
  };
  await (shared ? withThreadedTfjs(startTfjs) : startTfjs());
  registerHostKernels<WasmBackend>("wasm", (tensor, wasm) => wasm.typedArrayFromHeap(tensor));
  registerIdentity();
  registerTranspose();
  registerMatMul();
  registerUnsortedSegmentSum();
  if (instructions === "none") return "WebAssembly, no kernels of our own";
  const binary = await kernelBinary(instructions, shared);
  const kernels = await startKernels((backend() as WasmBackend).wasm, binary, shared ? threads : 1);
  registerElementwiseKernels(kernels);
  registerConvolutionKernels(kernels);
  registerDenseKernels(kernels);
  registerSpectralKernels(kernels);
  registerSparseCodeKernels(kernels);
  registerUnrolledKernels(kernels);
  registerUnrolledMapsKernels(kernels);
  registerOptimizerKernels(kernels);
  const level = instructions === "relaxed" ? "relaxed SIMD" : "SIMD";
  return `WebAssembly, ${level}, ${kernels.threads} thread${kernels.threads > 1 ? "s" : ""}`;
}

/** What keeps tfjs's module from starting: tfjs tells that to the console alone. */
function startProblem(shared: boolean): SaenoError {
  try {
    // As much as that module asks for, in pages of 64 KiB.
    new WebAssembly.Memory({ initial: 256, maximum: 32_768, shared });
  } catch (cause) {
    return new SaenoError(
      "backend.memory",
      "WebAssembly gets no memory from the system: the machine has too little, or a limit of address space (ulimit -v, a job's limit of virtual memory) is too low. It reserves up to 10 GB of addresses, and uses what it needs.",
      { kind: "data", cause },
    );
  }
  return new SaenoError("backend.failed", "tfjs's WebAssembly module does not start.", { kind: "data" });
}

function defaultThreads(): number {
  const os = globalThis.process?.getBuiltinModule?.("node:os");
  return Math.min(os?.availableParallelism() ?? globalThis.navigator?.hardwareConcurrency ?? 1, 16);
}

/** True everywhere except in pages that are not cross-origin isolated. */
function canShareMemory(): boolean {
  return typeof SharedArrayBuffer !== "undefined" && (globalThis.crossOriginIsolated ?? true);
}
