import { describeConformance } from "./describe-conformance.ts";
import { createWasmBackend } from "./wasm-backend.ts";

describeConformance("the wasm backend without kernels of our own", createWasmBackend({ instructions: "none" }));
