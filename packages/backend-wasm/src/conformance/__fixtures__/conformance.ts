/**
 * The conformance suite on a plugin. Call it in a separate file: each needs its own engine. `contracts` leaves the others out. Forms that are almost the same
 * as others take every fourth case, from the one at `sample` on: `pnpm conformance --backend wasm/one-thread`, and so on, takes all.
 */
import { type BackendPlugin, useBackend } from "@saeno/backend";
import { conformanceCases, sampleOfCases } from "@saeno/backend/conformance";
import { beforeAll, describe, expect, test } from "vitest";

export function describeConformance(
  plugin: BackendPlugin,
  { contracts = /./, sample }: { readonly contracts?: RegExp; readonly sample?: number } = {},
): void {
  describe("the wasm backend", () => {
    beforeAll(async () => {
      await useBackend(plugin);
    });

    const cases = conformanceCases().filter(({ contract }) => contracts.test(contract));
    for (const { contract, name, run } of sample === undefined ? cases : sampleOfCases(cases, 4, sample)) {
      test(`${contract} agrees with its reference: ${name}`, () => {
        const { forwardDeviation, gradientDeviation, leaks } = run();
        expect(forwardDeviation).toBeLessThan(1e-4);
        expect(gradientDeviation ?? 0).toBeLessThan(1e-4);
        expect(leaks).toBe(0);
      });
    }
  });
}
