import { setFlagsFromString } from "node:v8";
import { describeConformance } from "./describe-conformance.ts";
import { createWasmBackend } from "./wasm-backend.ts";

// Node 20 has relaxed SIMD behind this flag, later ones without.
if (Number.parseInt(process.versions.node, 10) < 22) setFlagsFromString("--experimental-wasm-relaxed-simd");

describeConformance(
  "the wasm backend with relaxed SIMD, two threads",
  createWasmBackend({ threads: 2, instructions: "relaxed" }),
);
