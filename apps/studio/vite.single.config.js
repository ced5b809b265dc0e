import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { viteSingleFile } from "vite-plugin-singlefile";
import { onnxRuntime } from "./build/onnx-runtime.js";

/** What a page may do that is a file of its own: nothing outside of itself. */
const policy =
  "default-src 'none'; script-src 'unsafe-inline' 'wasm-unsafe-eval' blob: data:; worker-src blob: data:; connect-src data: blob:; img-src data: blob:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/** The studio as one file, dist/single.html, into which runs are put. */
export default defineConfig({
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  resolve: {
    alias: [
      onnxRuntime("no-onnx.ts"),
      {
        find: /^\.\/start-worker\.ts$/,
        replacement: fileURLToPath(new URL("src/engine/start-inline-worker.ts", import.meta.url)),
      },
    ],
  },
  build: { target: "es2022", outDir: "dist/single", emptyOutDir: true, copyPublicDir: false },
  worker: { format: "iife" },
  plugins: [
    viteSingleFile({ removeViteModuleLoader: true }),
    {
      name: "policy",
      transformIndexHtml: {
        order: "post",
        handler: (html) =>
          html.replace(/content="default-src[^"]*"/, `content="${policy}"`).replace(/<link rel="icon"[^>]*>/, ""),
      },
    },
  ],
});
