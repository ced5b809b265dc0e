import type { KernelBackend, TensorInfo } from "@tensorflow/tfjs-core";

/** What this package uses of the Emscripten module behind tfjs's wasm backend. */
export interface WasmModule {
  /** Where the plain build keeps its memory. */
  readonly asm: { readonly memory?: WebAssembly.Memory };
  /** Where the threaded build keeps it. */
  readonly wasmMemory?: WebAssembly.Memory;
  /** All of the memory; a new object after it has grown. */
  readonly HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  _free(address: number): void;
}

/** What this package uses of tfjs's wasm backend. A view of its heap is valid until the next allocation. */
export interface WasmBackend extends KernelBackend {
  readonly wasm: WasmModule;
  readonly dataIdMap: { get: (dataId: object) => { readonly memoryOffset: number } };
  typedArrayFromHeap(tensor: TensorInfo): Float32Array | Int32Array | Uint8Array;
  makeOutput(shape: number[], dtype: "float32" | "int32"): TensorInfo;
}

/** The address of a tensor's values in the backend's memory. */
export function addressOf(tensor: TensorInfo, backend: WasmBackend): number {
  return backend.dataIdMap.get(tensor.dataId).memoryOffset;
}

const bits = new DataView(new ArrayBuffer(4));

/** The bits of a float32, as the word that is passed to a kernel. */
export function floatWord(value: number): number {
  bits.setFloat32(0, value);
  return bits.getInt32(0);
}
