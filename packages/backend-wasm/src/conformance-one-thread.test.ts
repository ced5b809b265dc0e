import { describeConformance } from "./describe-conformance.ts";
import { createWasmBackend } from "./wasm-backend.ts";

describeConformance(
  "the wasm backend on one thread, its memory not shared",
  createWasmBackend({ threads: 1, instructions: "simd" }),
);
