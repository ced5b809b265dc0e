import { type BackendPlugin, useBackend } from "@saeno/backend";
import { conformanceCases } from "@saeno/backend/conformance";
import { beforeAll, describe, expect, test } from "vitest";

/** The conformance suite on one form of the backend. A process starts only one, so each form has a file of its own. */
export function describeConformance(title: string, plugin: BackendPlugin): void {
  describe(title, () => {
    beforeAll(async () => {
      await useBackend(plugin);
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
}
