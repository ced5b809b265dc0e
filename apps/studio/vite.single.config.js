import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { viteSingleFile } from "vite-plugin-singlefile";
import { aliases } from "./build/aliases.js";

/** What a page may do that is a file of its own: nothing outside of itself. */
const policy =
  "default-src 'none'; script-src 'unsafe-inline' 'wasm-unsafe-eval' blob: data:; worker-src blob: data:; connect-src data: blob:; img-src data: blob:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/** ONNX Runtime, which would be 39 MB of the file. */
const rolldownOptions = { external: ["#onnxruntime"] };

/** The studio as one file, dist/single.html, into which runs are put. */
export default defineConfig({
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  resolve: {
    alias: [
      ...aliases,
      {
        find: /^\.\/start-worker\.ts$/,
        replacement: fileURLToPath(new URL("src/engine/start-inline-worker.ts", import.meta.url)),
      },
    ],
  },
  build: { target: "es2022", outDir: "dist/single", emptyOutDir: true, copyPublicDir: false, rolldownOptions },
  worker: { format: "iife", rolldownOptions },
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
