import { defineConfig } from "vite";
import { onnxRuntime } from "./build/onnx-runtime.js";

/** Memory is shared between threads in pages that are isolated only. */
const isolated = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

export default defineConfig({
  // Works from any folder of any host.
  base: "./",
  resolve: { alias: [onnxRuntime("onnx-runtime.ts")] },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  // The kernels are one file each, loaded where they are used.
  build: { target: "es2022", chunkSizeWarningLimit: 2000, assetsInlineLimit: 0 },
  worker: { format: "es" },
  server: { headers: isolated },
  preview: { headers: isolated },
});
