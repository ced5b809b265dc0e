import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type BackendPlugin, cpuBackend, SaenoError } from "@saeno/backend";
import { nodeBackend, nodeGpuBackend } from "@saeno/backend-node";
import { createWasmBackend, wasmBackend } from "@saeno/backend-wasm";
import { createWebgpuBackend, webgpuBackend } from "@saeno/backend-webgpu";

const plugins: Readonly<Record<string, () => BackendPlugin>> = {
  cpu: () => cpuBackend,
  wasm: () => wasmBackend,
  "wasm/one-thread": () => createWasmBackend({ threads: 1, instructions: "simd" }),
  "wasm/three-threads": () => createWasmBackend({ threads: 3, instructions: "simd" }),
  "wasm/relaxed": () => createWasmBackend({ instructions: "relaxed" }),
  "wasm/wide": () => createWasmBackend({ instructions: "wide" }),
  "wasm/composites": () => createWasmBackend({ instructions: "none" }),
  webgpu: () => webgpuBackend,
  "webgpu/composites": () => createWebgpuBackend({ kernels: "none" }),
  node: () => nodeBackend,
  "node-gpu": () => nodeGpuBackend,
};

/** Forms of backends that can be named. */
export const knownForms: readonly string[] = [...Object.keys(plugins), "wasm/chromium", "webgpu/chromium"];

/** What Node is started with: relaxed SIMD is behind a flag before version 22. */
export function nodeFlags(form: string): readonly string[] {
  const behindFlag = Number.parseInt(process.versions.node, 10) < 22;
  return behindFlag && ["wasm/relaxed", "wasm/wide"].includes(form) ? ["--experimental-wasm-relaxed-simd"] : [];
}

/**
 * The plugin of a known form, or the one that a module exports as `backend`.
 *
 * @throws SaenoError `conformance.backend` for a module that cannot be imported or exports no plugin.
 */
export async function backendForm(form: string): Promise<BackendPlugin> {
  const known = plugins[form];
  if (known !== undefined) return known();
  const isPath = /^[./]/.test(form);
  const loaded: { readonly backend?: BackendPlugin } = await import(
    isPath ? pathToFileURL(resolve(form)).href : form
  ).catch((cause: Error) => {
    throw refused(
      `${form} is neither one of ${knownForms.join(", ")} nor a module that can be imported: ${cause.message}`,
    );
  });
  if (typeof loaded.backend?.init !== "function")
    throw refused(`${form} exports no backend plugin under the name "backend".`);
  return loaded.backend;
}

function refused(message: string): SaenoError {
  return new SaenoError("conformance.backend", message);
}
