export { createWasmBackend, type WasmOptions, wasmBackend } from "./wasm-backend.ts";
