/**
 * tfjs's WebAssembly backend as a saeno plugin, with our kernels on its memory: SIMD, and threads if memory can be shared.
 * Runs in Node and in browsers.
 */
import { type BackendPlugin, defineBackend, registerHostKernels, SaenoError } from "@saeno/backend";
import { backend, env, ready, setBackend } from "@tensorflow/tfjs-core";
import type { Locate } from "./files.ts";
import { registerConvolutionKernels } from "./kernels/convolution.ts";
import { type RowSum, registerDenseKernels } from "./kernels/dense.ts";
import { registerGatherKernels } from "./kernels/gather.ts";
import { registerOptimizerKernels } from "./kernels/optimizer.ts";
import { registerSparseCodeKernels } from "./kernels/sparse-codes.ts";
import { registerSpectralKernels } from "./kernels/spectral.ts";
import { registerUnrolledKernels } from "./kernels/unrolled.ts";
import { registerUnrolledMapsKernels } from "./kernels/unrolled-maps.ts";
import { loadBinaries } from "./runtime/binaries.ts";
import { deferredOutputs } from "./runtime/deferred.ts";
import { derivedFrom } from "./runtime/derived.ts";
import { hasRelaxedSimd, type Instructions } from "./runtime/kernel-binary.ts";
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
   * Instructions of the kernels. Default: `relaxed` (fused multiply-add) if the engine has it, else `simd`; `none` leaves everything to tfjs and to
   * JavaScript loops. `wide` is `relaxed` with vectors of 256 bits for products, transforms, contractions, convolutions and energies, where V8 can make them
   * (Node 24 to 26 on x64, in the main thread), and the default elsewhere. For some ten milliseconds of the start it sets flags of V8, which hold for the whole process: a
   * program that uses it has no Workers then that compile or run WebAssembly, which could end the process.
   */
  readonly instructions?: Instructions | "none";
  /**
   * In pages: where the files of this package's folder `wasm` are served. Default: where the bundler puts them, or beside this module.
   *
   *     createWasmBackend({ locate: (file) => `/assets/saeno/${file}` })
   */
  readonly locate?: Locate;
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
  const plugin: BackendPlugin = defineBackend({
    kind: "wasm",
    summary: "WebAssembly with threads: the CPU, in Node and in pages",
    async available() {
      if (typeof WebAssembly === "undefined")
        return { available: false, reason: "this JavaScript engine has no WebAssembly" };
      if (running === undefined) return { available: true, detail: "WebAssembly" };
      const { detail, warning } = running;
      return { available: true, detail, ...(warning !== undefined && { warning }) };
    },
    async init() {
      // Wide kernels are asked for where they can be had.
      const insists = Object.entries(options).some(([key, value]) => key !== "instructions" || value !== "wide");
      if (running !== undefined && running.plugin !== plugin && insists) {
        throw new SaenoError(
          "backend.running",
          `The wasm backend is already running (${running.detail}) and cannot change its options: choose them before its first use.`,
        );
      }
      running ??= { plugin, ...(await start(threads, options)) };
    },
  });
  return plugin;
}

/** What runs, in words, and what should be mended for it to run faster. */
interface Running {
  readonly detail: string;
  readonly warning?: string;
}

/** tfjs has one wasm backend per program, and it starts once. */
let running: (Running & { readonly plugin: BackendPlugin }) | undefined;

/** Starts tfjs's backend and registers kernels on it. */
async function start(threads: number, { instructions: asked, locate }: WasmOptions): Promise<Running> {
  const { withTfjsModule } = await import("./runtime/start-tfjs.ts");
  const simd = Boolean(await env().getAsync("WASM_HAS_SIMD_SUPPORT"));
  const best = simd ? (hasRelaxedSimd() ? "relaxed" : "simd") : "none";
  const wanted = asked === undefined || (asked === "wide" && best !== "relaxed") ? best : asked;
  const sharing = threads > 1 && wanted !== "none" && canShareMemory();
  const binaries = await loadBinaries({ simd, instructions: wanted, shared: sharing }, locate);
  const { shared, instructions } = binaries;
  const startTfjs = async () => {
    if (!(await setBackend("wasm"))) throw startProblem(shared);
    await ready();
  };
  await withTfjsModule(startTfjs, { binary: binaries.tfjs, shared });
  registerHostKernels<WasmBackend>("wasm", (tensor, wasm) => wasm.typedArrayFromHeap(tensor));
  registerIdentity();
  registerTranspose();
  registerMatMul();
  registerUnsortedSegmentSum();
  if (binaries.kernels === undefined) return { detail: "WebAssembly, no kernels of our own" };
  const tfjs = backend() as WasmBackend;
  const wanting = { threads: shared ? threads : 1, mayWiden: instructions === "wide" };
  const kernels = await startKernels(tfjs.wasm, binaries.kernels, wanting, locate);
  const rowSums = deferredOutputs<RowSum>(tfjs);
  const derived = derivedFrom(tfjs, kernels);
  registerElementwiseKernels(kernels);
  registerConvolutionKernels(kernels);
  registerDenseKernels(kernels, rowSums, derived);
  registerGatherKernels(kernels);
  registerSpectralKernels(kernels);
  registerSparseCodeKernels(kernels);
  registerUnrolledKernels(kernels);
  registerUnrolledMapsKernels(kernels);
  registerOptimizerKernels(kernels, rowSums, derived);
  const level = instructions === "simd" ? "SIMD" : kernels.wide ? "relaxed SIMD of 256 bits" : "relaxed SIMD";
  const count = `${kernels.threads} thread${kernels.threads > 1 ? "s" : ""}`;
  const isolation = threads > 1 && !canShareMemory() ? " (the page is not cross-origin isolated)" : "";
  const problem = binaries.problem ?? kernels.problem;
  return {
    detail: `WebAssembly, ${level}, ${count}${isolation}`,
    ...(problem !== undefined && { warning: `The wasm backend is slower than it could be (${count}): ${problem}` }),
  };
}

/** What keeps tfjs's module from starting: tfjs tells that to the console alone. */
function startProblem(shared: boolean): SaenoError {
  try {
    // As much as that module asks for, in pages of 64 KiB.
    new WebAssembly.Memory({ initial: 256, maximum: 32_768, shared });
  } catch (cause) {
    return new SaenoError(
      "backend.memory",
      "WebAssembly cannot get memory from the system: the machine has too little, or a limit on address space (ulimit -v, a job's limit on virtual memory) is too low. It reserves up to 10 GB of addresses, and uses what it needs.",
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
