export { wasmBackend } from "./wasm-backend.ts";
