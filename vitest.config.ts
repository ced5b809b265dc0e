import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: [
      "packages/*/src/**/*.test.ts",
      "apps/*/src/**/*.test.ts",
      "tooling/**/*.test.ts",
      "examples/*/src/**/*.test.js",
    ],
    // Not the cache of whoever runs them.
    env: { SAENO_CACHE: fileURLToPath(new URL(".saeno/test-cache", import.meta.url)) },
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // One engine and one backend for a file: tests of one file share them in order.
    pool: "forks",
    maxWorkers: 2,
    server: { deps: { inline: [/tfjs-core\/dist\/(?!tf-core)/] } },
  },
});
