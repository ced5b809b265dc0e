import type { KernelBackend, TensorInfo } from "@tensorflow/tfjs-core";

/** What this package uses of tfjs's wasm backend. A view of its heap is valid until the next allocation. */
export interface WasmBackend extends KernelBackend {
  typedArrayFromHeap(tensor: TensorInfo): Float32Array | Int32Array | Uint8Array;
}
