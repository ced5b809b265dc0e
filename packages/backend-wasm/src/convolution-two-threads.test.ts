import { useBackend } from "@saeno/backend";
import { conformanceCases } from "@saeno/backend/conformance";
import { beforeAll, describe, expect, test } from "vitest";
import { createWasmBackend } from "./wasm-backend.ts";

describe("the wasm backend on two threads without fused multiply-add", () => {
  beforeAll(async () => {
    await useBackend(createWasmBackend({ instructions: "simd", threads: 2 }));
  });

  for (const { contract, name, run } of conformanceCases().filter((each) => each.contract.includes("Conv"))) {
    test(`${contract} agrees with its reference: ${name}`, () => {
      const { forwardDeviation, gradientDeviation, leaks } = run();
      expect(forwardDeviation).toBeLessThan(1e-4);
      expect(gradientDeviation ?? 0).toBeLessThan(1e-4);
      expect(leaks).toBe(0);
    });
  }
});
