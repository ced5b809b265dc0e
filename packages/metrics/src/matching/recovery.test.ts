import { createRandom, useBackend } from "@saeno/backend";
import { wasmBackend } from "@saeno/backend-wasm";
import { gather, memory, neg, type Tensor, tensor } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it, test } from "vitest";
import { matchConcepts } from "./match-concepts.ts";
import { recoveryError, unmatchedError } from "./recovery.ts";

beforeAll(async () => {
  await useBackend(wasmBackend);
});

function noise(shape: number[], seed: number): Tensor {
  return tensor(createRandom(seed).normals(shape.reduce((size, n) => size * n, 1)), shape);
}

/** The largest sum of |cosine| over all one-to-one assignments, by trying them. */
function bestSum(magnitudes: number[][], used: readonly number[] = []): number {
  const row = magnitudes[used.length];
  if (row === undefined) return 0;
  const sums = row.flatMap((value, l) => (used.includes(l) ? [] : [value + bestSum(magnitudes, [...used, l])]));
  return Math.max(...sums);
}

function magnitudesOf(a: Tensor, b: Tensor): number[][] {
  const [rows, columns] = [a.arraySync() as number[][], b.arraySync() as number[][]];
  const dot = (u: number[], v: number[]) => u.reduce((sum, value, i) => sum + value * v[i], 0);
  return rows.map((u) => columns.map((v) => Math.abs(dot(u, v)) / Math.sqrt(dot(u, u) * dot(v, v))));
}

describe("matchConcepts", () => {
  it.each([1, 2, 3, 4, 5])("finds the best of all assignments, seed %i", (seed) => {
    for (const [rows, columns] of [
      [6, 6],
      [4, 7],
    ] as const) {
      const [a, b] = [noise([rows, 5], seed), noise([columns, 5], seed + 100)];
      const magnitudes = magnitudesOf(a, b);
      const { match, cosines } = matchConcepts(a, b);
      expect(new Set(match).size).toBe(rows);
      match.forEach((l, k) => {
        expect(cosines[k]).toBeCloseTo(magnitudes[k]?.[l], 6);
      });
      expect(cosines.reduce((sum, value) => sum + value, 0)).toBeCloseTo(bestSum(magnitudes), 5);
    }
  });

  it("undoes a permutation and a change of sign", () => {
    const truth = noise([8, 20], 1);
    const order = [3, 1, 7, 0, 2, 6, 5, 4];
    const { match, cosines } = matchConcepts(truth, neg(gather(truth, tensor(order, [8], "int32"))));
    expect(match).toEqual(order.map((_, k) => order.indexOf(k)));
    for (const cosine of cosines) expect(cosine).toBeCloseTo(1, 12);
  });

  it("leaves out the concepts that fit worst when the other set has fewer", () => {
    const truth = noise([3, 10], 2);
    const { match, cosines } = matchConcepts(truth, gather(truth, tensor([2, 0], [2], "int32")));
    expect(match).toEqual([1, -1, 0]);
    expect(cosines[1]).toBe(0);
  });

  it("finds shifted copies when asked for shifts", () => {
    const truth = tensor([1, 2, 0, 0, 0, 3, 0, 1, 0, 0], [2, 5, 1]);
    const moved = tensor([0, 0, 3, 0, 1, 0, 0, 1, 2, 0], [2, 5, 1]);
    const found = recoveryError(truth, moved, { shifts: true });
    expect(found.match).toEqual([1, 0]);
    expect(found.recovered).toBe(1);
    expect(found.mean).toBeLessThan(2e-3);
    expect(recoveryError(truth, moved).mean).toBeGreaterThan(0.3);
  });

  it("refuses atoms of two shapes, and NaN", () => {
    expect(() => matchConcepts(noise([2, 3], 1), noise([2, 4], 1))).toThrow(/\[2, 3\] and \[2, 4\]/);
    expect(() => matchConcepts(tensor([Number.NaN, 1], [1, 2]), noise([1, 2], 1))).toThrow(/NaN/);
  });
});

describe("recoveryError", () => {
  it("is 0 for the truth itself, and all of it recovered", () => {
    const truth = noise([10, 30], 3);
    const found = recoveryError(truth, truth);
    expect(found.mean).toBeLessThan(1e-6);
    expect(found.recovered).toBe(1);
  });

  it("is the sine of the angle to the matched concept; one without a match counts 1", () => {
    const truth = tensor([1, 0, 0, 0, 1, 0], [2, 3]);
    expect(recoveryError(truth, tensor([0.8, 0, 0.6], [1, 3]))).toMatchObject({ match: [0, -1], recovered: 0 });
    expect(recoveryError(truth, tensor([0.8, 0, 0.6], [1, 3])).mean).toBeCloseTo((0.6 + 1) / 2, 6);
    expect(recoveryError(truth, tensor([0.96, 0, 0.28, 0, 0, 1], [2, 3])).recovered).toBe(0.5);
  });
});

describe("unmatchedError", () => {
  it("compares by index, sign and scale included", () => {
    const truth = tensor([3, 0, 0, 4], [2, 2]);
    expect(unmatchedError(truth, tensor([3, 0, 0, 3], [2, 2]))).toBeCloseTo(1 / 5, 7);
    expect(unmatchedError(truth, neg(truth))).toBeCloseTo(2, 7);
    expect(() => unmatchedError(truth, noise([3, 2], 1))).toThrow(/got 2 and 3/);
  });
});

test("comparisons leave no tensor behind", () => {
  const atoms = noise([6, 4, 4, 1], 5);
  const before = memory().numTensors;
  unmatchedError(atoms, atoms);
  recoveryError(atoms, atoms, { shifts: true });
  expect(memory().numTensors).toBe(before);
});
