export type BackendName = "wasm" | "webgpu" | "cpu";

/** As people read them. */
export const backendNames: Readonly<Record<BackendName, string>> = { wasm: "wasm", webgpu: "WebGPU", cpu: "cpu" };
