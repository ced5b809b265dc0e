import { describeConformance } from "./describe-conformance.ts";
import { wasmBackend } from "./wasm-backend.ts";

describeConformance("the wasm backend as it chooses by itself", wasmBackend);
