import { cpuBackend, detach, useBackend } from "@saeno/backend";
import { memory, tensor1d } from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { wasmBackend } from "../wasm-backend.ts";

for (const [first, second] of [
  [cpuBackend, wasmBackend],
  [wasmBackend, cpuBackend],
] as const) {
  test(`a tensor made on ${first.kind} and detached on ${second.kind} keeps its values when either copy is disposed`, async () => {
    await useBackend(first);
    const original = tensor1d([1, 2, 3]);
    await useBackend(second);
    const before = memory();
    const detached = detach(original);
    original.dispose();
    expect([...detached.dataSync()]).toEqual([1, 2, 3]);
    detached.dispose();
    expect(memory().numTensors).toBe(before.numTensors - 1);
    expect(memory().numDataBuffers).toBe(before.numDataBuffers - 1);
  });
}
