/** The wasm backend with the kernels that Node 24 computes in vectors of 256 bits; other versions take two of 128 for each. */
import { setFlagsFromString } from "node:v8";
import { useBackend } from "@saeno/backend";
import { expect, test, vi } from "vitest";
import { createWasmBackend } from "../wasm-backend.ts";
import { describeConformance } from "./__fixtures__/conformance.ts";
import { describeMatMul } from "./__fixtures__/mat-mul.ts";

if (Number.parseInt(process.versions.node, 10) < 22) setFlagsFromString("--experimental-wasm-relaxed-simd");
vi.mock("../runtime/wide-kernels.ts", () => import("../runtime/__fixtures__/wide.ts"));

const plugin = createWasmBackend({ threads: 2, instructions: "wide" });
describeConformance(plugin, {
  contracts: /TopK|Rows|Unrolled|Functions|Truncated|Energies|Theta|Chosen|Conv|EncodePoints/,
  sample: 3,
});
describeMatMul(plugin);

test("a backend that has them says so", async () => {
  expect((await useBackend(plugin)).reason).toContain("relaxed SIMD of 256 bits");
});
