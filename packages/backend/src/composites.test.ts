import { beforeAll, describe, expect, test } from "vitest";
import { conformanceCases, sampleOfCases } from "./conformance.ts";
import { defineBackend, useBackend } from "./plugin.ts";

/** tfjs's cpu backend as it is: without a kernel of its own, every contract runs its composite. Every third case: those on wasm take all (`pnpm conformance --backend wasm/composites`). */
const plainBackend = defineBackend({
  kind: "cpu",
  summary: "plain JavaScript",
  async available() {
    return { available: true, detail: "plain JavaScript" };
  },
  async init() {
    await import("@tensorflow/tfjs-backend-cpu");
  },
});

describe("a backend without kernels for contracts", () => {
  beforeAll(async () => {
    await useBackend(plainBackend);
  });

  for (const { contract, name, run } of sampleOfCases(conformanceCases(), 3)) {
    test(`${contract} as a composite agrees with its reference: ${name}`, () => {
      const { forwardDeviation, gradientDeviation, leaks } = run();
      expect(forwardDeviation).toBeLessThan(1e-4);
      expect(gradientDeviation ?? 0).toBeLessThan(1e-4);
      expect(leaks).toBe(0);
    });
  }
});
