import { createRandom, useBackend } from "@saeno/backend";
import { wasmBackend } from "@saeno/backend-wasm";
import { memory, type Tensor, tensor } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { shiftCosines } from "./correlation-peaks.ts";
import { gramConditionNumber, mutualCoherence, pairwiseCosines } from "./cosines.ts";

beforeAll(async () => {
  await useBackend(wasmBackend);
});

function noise(shape: number[], seed = 1): Tensor {
  return tensor(createRandom(seed).normals(shape.reduce((size, n) => size * n, 1)), shape);
}

function expectClose(found: readonly number[], expected: readonly number[], digits: number): void {
  expect(found.length).toBe(expected.length);
  found.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i], digits);
  });
}

/** Every shift of every pair by its definition, in float64. */
function shiftCosinesByDefinition(atoms: Tensor): number[] {
  const [count, ...rest] = atoms.shape as [number, ...number[]];
  const grid = rest.slice(0, -1);
  const channels = rest[rest.length - 1];
  const points = grid.reduce((size, n) => size * n, 1);
  const values = Float64Array.from(atoms.dataSync());
  const entry = (k: number, n: number, c: number) => values[(k * points + n) * channels + c];
  const shifted = (n: number, r: number) => {
    let [flat, scale, a, b] = [0, 1, n, r];
    for (let axis = grid.length - 1; axis >= 0; axis--) {
      const size = grid[axis];
      flat += (((a % size) + (b % size)) % size) * scale;
      scale *= size;
      a = Math.floor(a / size);
      b = Math.floor(b / size);
    }
    return flat;
  };
  const product = (k: number, l: number, r: number) => {
    let sum = 0;
    for (let n = 0; n < points; n++) {
      for (let c = 0; c < channels; c++) sum += entry(k, n, c) * entry(l, shifted(n, r), c);
    }
    return sum;
  };
  const peaks: number[] = [];
  for (let k = 0; k < count; k++) {
    for (let l = k + 1; l < count; l++) {
      const norm = Math.sqrt(product(k, k, 0) * product(l, l, 0));
      const all = Array.from({ length: points }, (_, r) => Math.abs(product(k, l, r)) / norm);
      peaks.push(Math.max(...all));
    }
  }
  return peaks;
}

describe("pairwiseCosines", () => {
  it("lists k < l row by row, whatever the scale of the atoms", () => {
    const atoms = tensor([1, 0, 5, 5, 0, -2], [3, 2]);
    expectClose(pairwiseCosines(atoms), [Math.SQRT1_2, 0, -Math.SQRT1_2], 6);
    expect(mutualCoherence(atoms)).toBeCloseTo(Math.SQRT1_2, 6);
  });

  it("gives 0 for an atom of zeros, and no pairs for one atom", () => {
    expect(pairwiseCosines(tensor([0, 0, 1, 1], [2, 2]))).toEqual([0]);
    expect(pairwiseCosines(tensor([1, 1], [1, 2]))).toEqual([]);
    expect(mutualCoherence(tensor([1, 1], [1, 2]))).toBe(0);
  });

  it("refuses what are not atoms", () => {
    expect(() => pairwiseCosines(tensor([1, 2]))).toThrow(/got the shape \[2\]/);
  });
});

describe("shiftCosines", () => {
  it.each([[[4, 7, 1]], [[4, 8, 2]], [[3, 5, 6, 1]], [[3, 6, 4, 3]], [[3, 2, 3, 4, 2]], [[2, 1, 2, 1]]])(
    "is the largest |cosine| over all shifts, %j",
    (shape) => {
      const atoms = noise(shape);
      expectClose(shiftCosines(atoms), shiftCosinesByDefinition(atoms), 5);
    },
  );

  it("is 1 for a shifted or negated copy, where the plain cosine may be 0", () => {
    const atoms = tensor([1, 0, 0, 0, 0, 0, 1, 0, 0, -1, 0, 0], [3, 4, 1]);
    expectClose(pairwiseCosines(atoms), [0, 0, 0], 6);
    expectClose(shiftCosines(atoms), [1, 1, 1], 5);
  });

  it("is no less than the plain |cosine|", () => {
    const atoms = noise([6, 8, 8, 1], 2);
    const plain = pairwiseCosines(atoms);
    shiftCosines(atoms).forEach((peak, i) => {
      expect(peak).toBeGreaterThanOrEqual(Math.abs(plain[i]) - 1e-5);
    });
  });

  it("has no pairs for one atom, and refuses vectors", () => {
    expect(shiftCosines(noise([1, 4, 4, 1]))).toEqual([]);
    expect(() => shiftCosines(noise([3, 4]))).toThrow(/on a grid/);
  });

  it("compares every pair of 64 atoms at 28 x 28", () => {
    expect(shiftCosines(noise([64, 28, 28, 1])).length).toBe((64 * 63) / 2);
  });
});

describe("gramConditionNumber", () => {
  it("is 1 for orthogonal atoms of any length", () => {
    expect(gramConditionNumber(tensor([3, 0, 0, 0, 0.5, 0], [2, 3]))).toBeCloseTo(1, 12);
  });

  it("is (1 + c) / (1 - c) for two atoms of cosine c", () => {
    expect(gramConditionNumber(tensor([1, 0, 0.6, 0.8], [2, 2]))).toBeCloseTo(1.6 / 0.4, 6);
  });

  it("is infinite for dependent atoms, and for more atoms than entries", () => {
    expect(gramConditionNumber(tensor([1, 2, 3, -2, -4, -6], [2, 3]))).toBe(Number.POSITIVE_INFINITY);
    expect(gramConditionNumber(noise([3, 2]))).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("correlation", () => {
  it("leaves no tensor behind", () => {
    const atoms = noise([5, 4, 6, 2]);
    const before = memory().numTensors;
    pairwiseCosines(atoms);
    shiftCosines(atoms);
    mutualCoherence(atoms);
    gramConditionNumber(atoms);
    expect(memory().numTensors).toBe(before);
  });
});
