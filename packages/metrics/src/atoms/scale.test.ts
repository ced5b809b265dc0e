import { cpuBackend, createRandom, useBackend } from "@saeno/backend";
import { wasmBackend } from "@saeno/backend-wasm";
import { type Tensor, tensor } from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { matchConcepts, pairwiseCosines, shiftCosines } from "../index.ts";
import { atomExtents } from "./extent.ts";
import { hoyerScores } from "./hoyer.ts";

/** Four atoms on 6 x 7 points, the last one a constant, times a number. */
function atoms(size: number): Tensor {
  const values = createRandom(1).normals(4 * 42);
  return tensor(
    values.map((value, i) => size * (i < 3 * 42 ? value : 0.7)),
    [4, 6, 7, 1],
  );
}

describe.each([cpuBackend, wasmBackend])("statistics of atoms on $kind", (backend) => {
  test.each([1e30, 1e-13, 1e-30])("do not depend on their size: %d", async (size) => {
    await useBackend(backend);
    const [unit, scaled] = [atoms(1), atoms(size)];
    const close = (found: readonly number[], expected: readonly number[]) =>
      found.forEach((value, i) => {
        expect(value).toBeCloseTo(expected[i], 5);
      });
    close(pairwiseCosines(scaled), pairwiseCosines(unit));
    close(shiftCosines(scaled), shiftCosines(unit));
    close(hoyerScores(scaled), hoyerScores(unit));
    expect(await atomExtents(scaled)).toEqual(await atomExtents(unit));
    close(matchConcepts(unit, scaled).cosines, [1, 1, 1, 1]);
  });

  test("a constant atom has one frequency and no structure", async () => {
    await useBackend(backend);
    const { bandwidths } = await atomExtents(atoms(1));
    expect(bandwidths[3]).toBeLessThan(Math.min(...bandwidths.slice(0, 3)) / 5);
    expect(hoyerScores(atoms(1))[3]).toBeCloseTo(0, 6);
    expect(hoyerScores(atoms(1))[3]).toBeGreaterThanOrEqual(0);
  });
});
