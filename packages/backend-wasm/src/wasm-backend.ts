/**
 * tfjs's WebAssembly backend as a saeno plugin: it adds the kernels that tfjs leaves out there and takes the fast path
 * of its matrix product for transposed factors too. Runs in Node and in browsers.
 */
import { type BackendPlugin, registerHostKernels } from "@saeno/backend";
import { registerMatMul } from "./mat-mul.ts";
import { registerTranspose } from "./transpose.ts";
import { registerUnsortedSegmentSum } from "./unsorted-segment-sum.ts";
import type { WasmBackend } from "./wasm-memory.ts";

export const wasmBackend: BackendPlugin = {
  name: "wasm",
  async available() {
    if (typeof WebAssembly === "undefined")
      return { available: false, reason: "this JavaScript engine has no WebAssembly" };
    return { available: true, detail: "WebAssembly" };
  },
  async init() {
    await import("@tensorflow/tfjs-backend-wasm");
    registerHostKernels<WasmBackend>("wasm", (tensor, backend) => backend.typedArrayFromHeap(tensor));
    registerTranspose();
    registerMatMul();
    registerUnsortedSegmentSum();
  },
};
