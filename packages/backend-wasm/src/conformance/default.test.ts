/** The wasm backend: the form that it chooses itself. A process can start only one form, so each has its own file. */

import { wasmBackend } from "../wasm-backend.ts";
import { describeConformance } from "./__fixtures__/conformance.ts";
import { describeMatMul } from "./__fixtures__/mat-mul.ts";

describeConformance(wasmBackend);
describeMatMul(wasmBackend);
