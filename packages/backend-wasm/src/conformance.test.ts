import { describeConformance } from "./__fixtures__/conformance.ts";
import { wasmBackend } from "./wasm-backend.ts";

describeConformance(wasmBackend);
