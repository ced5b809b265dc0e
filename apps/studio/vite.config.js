import { defineConfig } from "vite";
import { aliases } from "./build/aliases.js";

/** Memory is shared between threads in pages that are isolated only. */
const isolated = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

/** ONNX Runtime, which would be 14 MB of the page. */
const rolldownOptions = { external: ["#onnxruntime"] };

export default defineConfig({
  // Works from any folder of any host.
  base: "./",
  resolve: { alias: aliases },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  // The kernels are one file each, loaded where they are used.
  build: { target: "es2022", chunkSizeWarningLimit: 2000, assetsInlineLimit: 0, rolldownOptions },
  worker: { format: "es", rolldownOptions },
  server: { headers: isolated },
  preview: { headers: isolated },
});
