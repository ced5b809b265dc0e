import { beforeAll, describe, expect, test } from "vitest";
import { conformanceCases, runConformance, sampleOfCases } from "./conformance.ts";
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

test("a sample has cases of every contract, and samples from each start have all together", async () => {
  const all = conformanceCases();
  const samples = [0, 1, 2, 3].map((first) => sampleOfCases(all, 4, first));
  expect(new Set(samples.flat())).toEqual(new Set(all));
  const contracts = new Set(all.map(({ contract }) => contract));
  for (const sample of [...samples, sampleOfCases(all, 1000)]) {
    expect(new Set(sample.map(({ contract }) => contract))).toEqual(contracts);
    expect(sample.length).toBeLessThan(all.length / 3);
  }
  expect((await runConformance(cpuBackend, { every: 1000 })).length).toBe(contracts.size);
  await expect(runConformance(cpuBackend, { every: 0 })).rejects.toMatchObject({ code: "conformance.every" });
});
