/** The wasm backend: none of our kernels. A process can start only one form, so each has its own file. */

import { createWasmBackend } from "../wasm-backend.ts";
import { describeConformance } from "./__fixtures__/conformance.ts";
import { describeMatMul } from "./__fixtures__/mat-mul.ts";

const plugin = createWasmBackend({ instructions: "none" });
describeConformance(plugin, { sample: 2 });
describeMatMul(plugin);
