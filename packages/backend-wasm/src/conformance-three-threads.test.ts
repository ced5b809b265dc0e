import { describeConformance } from "./describe-conformance.ts";
import { createWasmBackend } from "./wasm-backend.ts";

describeConformance("the wasm backend on three threads", createWasmBackend({ threads: 3, instructions: "simd" }));
