/** The wasm backend: fused multiply-add on two threads. A process can start only one form, so each has its own file. */
import { setFlagsFromString } from "node:v8";
import { createWasmBackend } from "../wasm-backend.ts";
import { describeConformance } from "./__fixtures__/conformance.ts";
import { describeMatMul } from "./__fixtures__/mat-mul.ts";

// Node 20 has relaxed SIMD behind this flag, later versions have it without.
if (Number.parseInt(process.versions.node, 10) < 22) setFlagsFromString("--experimental-wasm-relaxed-simd");

const plugin = createWasmBackend({ threads: 2, instructions: "relaxed" });
describeConformance(plugin);
describeMatMul(plugin);
