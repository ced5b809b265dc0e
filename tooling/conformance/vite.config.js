import { defineConfig } from "vite";

/** The page for browsers, bundled as users bundle theirs. */
export default defineConfig({
  publicDir: false,
  logLevel: "warn",
  build: {
    outDir: "dist/page",
    target: "es2022",
    chunkSizeWarningLimit: 10_000,
  },
  // Shared memory takes a page that is isolated.
  preview: {
    headers: { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" },
  },
});
