import { beforeAll, describe, expect, test } from "vitest";
import { conformanceCases, runConformance } from "./conformance.ts";
import { cpuBackend } from "./cpu-backend.ts";
import { useBackend } from "./plugin.ts";

describe("the cpu backend with its own kernels", () => {
  beforeAll(async () => {
    await useBackend(cpuBackend);
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

test("a sample of the cases, or none where there is no such sample", async () => {
  expect((await runConformance(cpuBackend, { every: 200 })).length).toBe(Math.ceil(conformanceCases().length / 200));
  await expect(runConformance(cpuBackend, { every: 0 })).rejects.toMatchObject({ code: "conformance.every" });
});
