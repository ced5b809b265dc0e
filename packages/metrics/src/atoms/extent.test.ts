import { createRandom } from "@saeno/backend";
import { expect, test } from "vitest";
import { conceptsForShare, energyExtent } from "../index.ts";

test("a single point has the extent of a point, a constant magnitude that of the share", () => {
  expect(energyExtent([0, 0, 5, 0])).toBe(0.25);
  expect(energyExtent(Array(100).fill(2))).toBeCloseTo(0.9, 10);
  expect(energyExtent(Array(100).fill(2), 0.5)).toBeCloseTo(0.5, 10);
  expect(energyExtent([0, 0])).toBeNaN();
});

test("nine tenths of the energy of Gaussian noise lie in 44 % of its points", () => {
  const energies = createRandom(1)
    .normals(100_000)
    .map((value) => value ** 2);
  expect(energyExtent(energies)).toBeCloseTo(0.443, 2);
});

test("the fewest concepts that carry a share are the largest", () => {
  expect(conceptsForShare([1, 7, 2], 0.7)).toBe(1);
  expect(conceptsForShare([1, 7, 2], 0.71)).toBe(2);
  expect(conceptsForShare([1, 7, 2], 1)).toBe(3);
  expect(conceptsForShare([], 0.9)).toBe(0);
});

test("a share that is none is refused", () => {
  expect(() => energyExtent([1], 0)).toThrow(/share of the energy must be above 0 and at most 1; got 0/);
});
