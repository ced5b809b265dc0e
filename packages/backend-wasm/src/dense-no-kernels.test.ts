import { denseContracts, describeConformance } from "./__fixtures__/conformance.ts";
import { describeMatMul } from "./__fixtures__/mat-mul.ts";
import { createWasmBackend } from "./wasm-backend.ts";

const plugin = createWasmBackend({ instructions: "none" });
describeConformance(plugin, denseContracts);
describeMatMul(plugin);
