import { describe, expect, test } from "vitest";
import { sparseFunctions, sparseVectors } from "../index.ts";

describe("generative models with a known dictionary", () => {
  const options = {
    grid: [8, 6],
    channels: 2,
    concepts: 4,
    kernel: 3,
    activeConcepts: 1,
    spikes: 2,
    samples: 20,
    seed: 5,
  };

  test("samples depend on the seed and their index alone", async () => {
    const dataset = sparseFunctions(options);
    expect(Array.from(await dataset.read([3, 7]))).toEqual([
      ...(await sparseFunctions(options).read([3])),
      ...(await dataset.read([7])),
    ]);
    expect(Array.from(await dataset.read([3]))).not.toEqual(
      Array.from(await sparseFunctions({ ...options, seed: 6 }).read([3])),
    );
  });

  test("a function of one spike is one kernel of unit norm times its amplitude", async () => {
    const dataset = sparseFunctions({ ...options, spikes: 1, amplitudeStd: 0 });
    const length = 18;
    for (let k = 0; k < 4; k++) {
      expect(Math.hypot(...dataset.truth.values.subarray(k * length, (k + 1) * length))).toBeCloseTo(1, 5);
    }
    for (let i = 0; i < 5; i++) expect(Math.hypot(...(await dataset.read([i])))).toBeCloseTo(15, 3);
  });

  test("vectors are sums of as many atoms as are active", async () => {
    const dataset = sparseVectors({ n: 40, concepts: 6, active: 1, samples: 10, amplitudeStd: 0 });
    const rows = Array.from({ length: 6 }, (_, k) => dataset.truth.values.subarray(k * 40, (k + 1) * 40));
    for (let i = 0; i < 10; i++) {
      const x = await dataset.read([i]);
      const products = rows.map((row) => row.reduce((sum, value, j) => sum + value * x[j], 0));
      expect(Math.max(...products)).toBeCloseTo(15, 3);
    }
  });

  test("options that cannot be are refused by name", () => {
    expect(() => sparseFunctions({ ...options, kernel: 4 })).toThrow(/kernel must be odd/);
    expect(() => sparseFunctions({ ...options, activeConcepts: 5 })).toThrow(/activeConcepts/);
    expect(() => sparseVectors({ n: 4, concepts: 2, active: 3, samples: 1 })).toThrow(
      /active must be a whole number of at least 1 and at most the number of concepts; got 3/,
    );
  });
});
