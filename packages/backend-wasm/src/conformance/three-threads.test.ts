/** The wasm backend: three threads. A process can start only one form, so each has its own file. */

import { createWasmBackend } from "../wasm-backend.ts";
import { describeConformance } from "./__fixtures__/conformance.ts";
import { describeMatMul } from "./__fixtures__/mat-mul.ts";

const plugin = createWasmBackend({ threads: 3, instructions: "simd" });
describeConformance(plugin, { sample: 1 });
describeMatMul(plugin);
