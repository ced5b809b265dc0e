/** The wasm backend: three threads. A process starts one form, so each has a file of its own. */

import { createWasmBackend } from "../wasm-backend.ts";
import { describeConformance } from "./__fixtures__/conformance.ts";
import { describeMatMul } from "./__fixtures__/mat-mul.ts";

const plugin = createWasmBackend({ threads: 3, instructions: "simd" });
describeConformance(plugin);
describeMatMul(plugin);
