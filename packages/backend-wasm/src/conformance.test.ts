import { useBackend } from "@saeno/backend";
import { conformanceCases } from "@saeno/backend/conformance";
import { beforeAll, describe, expect, test } from "vitest";
import { wasmBackend } from "./wasm-backend.ts";

describe("the wasm backend", () => {
  beforeAll(async () => {
    await useBackend(wasmBackend);
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
