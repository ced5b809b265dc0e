import { useBackend } from "@saeno/backend";
import { conformanceCases } from "@saeno/backend/conformance";
import { wasmBackend } from "@saeno/backend-wasm";
import { getBackend, matMul, tensor } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { createNodeBackend, nodeBackend, nodeGpuBackend } from "./node-backend.ts";

const availability = await nodeBackend.available();
if (!availability.available) console.warn(`Skipping TensorFlow: ${availability.reason}`);

test("if the package is missing, or the wrong one, the reason says what to install", async () => {
  const elsewhere = createNodeBackend({ path: import.meta.dirname });
  expect(await elsewhere.available()).toEqual({
    available: false,
    reason: expect.stringMatching(/tfjs-node is not installed in .*npm install @tensorflow\/tfjs-node@4\.22\.0/),
  });
  await expect(useBackend(elsewhere)).rejects.toMatchObject({ code: "backend.unavailable" });
});

test("node-gpu says if there is no GPU or no package", async () => {
  const gpu = await nodeGpuBackend.available();
  if (!gpu.available) expect(gpu.reason).toMatch(/install/);
});

describe.skipIf(!availability.available)("the node backend", () => {
  beforeAll(async () => {
    await useBackend(wasmBackend);
    await useBackend(nodeBackend);
  });

  test("runs under its own name, on TensorFlow, and is started once", async () => {
    expect(getBackend()).toBe("node");
    expect(await nodeBackend.available()).toMatchObject({
      detail: expect.stringMatching(/^TensorFlow 2\.\d+\.\d+, CPU/),
    });
    const x = tensor([1, 2, 3, 4], [2, 2]);
    await useBackend(wasmBackend);
    expect(getBackend()).toBe("wasm");
    const { reason } = await useBackend(nodeBackend);
    expect(reason).toMatch(/TensorFlow/);
    expect(matMul(x, x).arraySync()).toEqual([
      [7, 10],
      [15, 22],
    ]);
  });

  for (const { contract, name, run } of conformanceCases()) {
    test(`${contract} agrees with its reference: ${name}`, () => {
      const { forwardDeviation, gradientDeviation, leaks } = run();
      expect(forwardDeviation).toBeLessThan(1e-4);
      expect(gradientDeviation ?? 0).toBeLessThan(1e-4);
      expect(leaks).toBe(0);
    });
  }
});
