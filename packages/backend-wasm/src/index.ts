export type { Locate, PackageFile, WasmFile } from "./files.ts";
export { createWasmBackend, type WasmOptions, wasmBackend } from "./wasm-backend.ts";
