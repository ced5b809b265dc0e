/** The wasm backend: the form it chooses by itself. A process starts one form, so each has a file of its own. */

import { wasmBackend } from "../wasm-backend.ts";
import { describeConformance } from "./__fixtures__/conformance.ts";
import { describeMatMul } from "./__fixtures__/mat-mul.ts";

describeConformance(wasmBackend);
describeMatMul(wasmBackend);
