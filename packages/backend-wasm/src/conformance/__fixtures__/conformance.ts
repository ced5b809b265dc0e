/** The conformance suite on a plugin. Call it in a separate file: each needs its own engine. `contracts` leaves the others out. */
import { type BackendPlugin, useBackend } from "@saeno/backend";
import { conformanceCases } from "@saeno/backend/conformance";
import { beforeAll, describe, expect, test } from "vitest";

export function describeConformance(plugin: BackendPlugin, contracts: RegExp = /./): void {
  describe("the wasm backend", () => {
    beforeAll(async () => {
      await useBackend(plugin);
    });

    for (const { contract, name, run } of conformanceCases()) {
      if (!contracts.test(contract)) continue;
      test(`${contract} agrees with its reference: ${name}`, () => {
        const { forwardDeviation, gradientDeviation, leaks } = run();
        expect(forwardDeviation).toBeLessThan(1e-4);
        expect(gradientDeviation ?? 0).toBeLessThan(1e-4);
        expect(leaks).toBe(0);
      });
    }
  });
}
