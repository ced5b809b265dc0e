import { describeMatMul } from "./__fixtures__/mat-mul.ts";
import { wasmBackend } from "./wasm-backend.ts";

describeMatMul(wasmBackend);
