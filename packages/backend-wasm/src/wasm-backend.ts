/**
 * tfjs's WebAssembly backend as a saeno plugin, with kernels of our own on its memory: SIMD, and threads where memory can be
 * shared. Runs in Node and in browsers.
 */
import { type BackendPlugin, defineBackend, registerHostKernels, SaenoError } from "@saeno/backend";
import { backend, env, ready, setBackend } from "@tensorflow/tfjs-core";
import { registerConvolutionKernels } from "./convolution-kernels.ts";
import { registerDenseKernels } from "./dense-kernels.ts";
import { registerElementwiseKernels } from "./elementwise-kernels.ts";
import { registerIdentity } from "./identity.ts";
import { hasRelaxedSimd, type Instructions, kernelBinary } from "./kernel-binary.ts";
import { registerMatMul } from "./mat-mul.ts";
import { registerOptimizerKernels } from "./optimizer-kernels.ts";
import { registerSparseCodeKernels } from "./sparse-code-kernels.ts";
import { registerSpectralKernels } from "./spectral-kernels.ts";
import { bringTfjsBinary } from "./tfjs-binary.ts";
import { startKernels } from "./thread-pool.ts";
import { registerTranspose } from "./transpose.ts";
import { registerUnrolledKernels } from "./unrolled-kernels.ts";
import { registerUnrolledMapsKernels } from "./unrolled-maps-kernels.ts";
import { registerUnsortedSegmentSum } from "./unsorted-segment-sum.ts";
import type { WasmBackend } from "./wasm-memory.ts";

export interface WasmOptions {
  /** Threads that share the work, this one included. Default: as many as the machine runs at once, at most 16. */
  readonly threads?: number;
  /**
   * Instructions of the kernels. Default: `relaxed` (fused multiply-add) where the engine has it, else `simd`;
   * `none` leaves everything to tfjs and to loops in JavaScript.
   */
  readonly instructions?: Instructions | "none";
}

/** The wasm backend with the machine's threads and the engine's best instructions. */
export const wasmBackend: BackendPlugin = createWasmBackend();

/**
 * The wasm backend as asked for.
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
          `The wasm backend is running already (${running.detail}) and keeps its memory and threads: choose options before its first use.`,
        );
      }
      running ??= { plugin, detail: await start(threads, options.instructions) };
      detail = running.detail;
    },
  });
  return plugin;
}

/** tfjs has one wasm backend in a program; it starts once. */
let running: { readonly plugin: BackendPlugin; readonly detail: string } | undefined;

/** Starts tfjs's backend and registers kernels on it. Returns what runs. */
async function start(threads: number, wanted?: Instructions | "none"): Promise<string> {
  const { withThreadedTfjs } = await import("./threaded-tfjs.ts");
  const simd = Boolean(await env().getAsync("WASM_HAS_SIMD_SUPPORT"));
  const instructions = wanted ?? (simd ? (hasRelaxedSimd() ? "relaxed" : "simd") : "none");
  const shared = threads > 1 && instructions !== "none" && canShareMemory();
  if (!shared) env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
  await bringTfjsBinary(simd, shared);
  const startTfjs = async () => {
    await setBackend("wasm");
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

function defaultThreads(): number {
  const os = globalThis.process?.getBuiltinModule?.("node:os");
  return Math.min(os?.availableParallelism() ?? globalThis.navigator?.hardwareConcurrency ?? 1, 16);
}

/** Everywhere but in pages that are not cross-origin isolated. */
function canShareMemory(): boolean {
  return typeof SharedArrayBuffer !== "undefined" && (globalThis.crossOriginIsolated ?? true);
}
