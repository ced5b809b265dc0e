import {
  type Codes,
  densePreCodes,
  disposeCodes,
  mapSparsity,
  type SparseCodes,
  toDense,
  topK,
} from "@saeno/activations";
import { cpuBackend, createRandom, useBackend } from "@saeno/backend";
import { memory, square, sum, tensor, tensor2d, tensor3d, tidy } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { codeAccumulator, codeStatistics } from "./code-accumulator.ts";
import { conceptsInUse, deadConcepts, selectiveConcepts, useStatistics } from "./concepts-in-use.ts";

beforeAll(async () => {
  await useBackend(cpuBackend);
});

/** Two samples on 4 points, five concepts: 0 and 2 active in the first; 2, and 3 of value zero, chosen in the second. */
function small(): SparseCodes {
  return {
    kind: "sparse",
    concepts: tensor2d([0, 2, 2, 3], [2, 2], "int32"),
    positions: tensor3d([0, 1, 2, 3, 0, 3, 1, 2], [2, 2, 2], "int32"),
    values: tensor3d([2, 2, 1, 0, 3, 3, 0, 0], [2, 2, 2]),
    grid: [4],
    conceptCount: 5,
  };
}

describe("code statistics", () => {
  it("are the known ones of a small example: a chosen map of zeros is not active", async () => {
    const found = await codeStatistics(small());
    expect(found.samples).toBe(2);
    expect(found.l0).toBe(1.5);
    expect(found.density).toBeCloseTo(5 / 12, 12);
    expect(found.codeEntries).toBe(2.5);
    expect(found.dead).toBe(3);
    expect(found.utilization).toEqual([0.5, 0, 1, 0, 0]);
    expect(found.energy).toEqual([1, 0, 19 / 8, 0, 0]);
    expect(found.conceptsFor90).toBe(2);
    // In half of the samples and in all of them: shares of use 1/3 and 2/3.
    expect([found.selective, found.alwaysOn]).toEqual([0.5, 1]);
    expect(found.effectiveConcepts).toBeCloseTo(3 / 2 ** (2 / 3), 12);
  });

  it("are the same for sparse codes and for the dense tensor they stand for", async () => {
    const a = tensor(createRandom(1).normals(3 * 6 * 5 * 7), [3, 6, 5, 7]);
    const activation = mapSparsity({ concepts: 2, domain: { density: 0.2 } });
    const sparse = tidy(() => activation.apply(densePreCodes(a)) as never) as Codes;
    expect(sparse.kind).toBe("sparse");
    const fromSparse = await codeStatistics(sparse);
    const fromDense = await codeStatistics({ kind: "dense", values: toDense(sparse) });
    expect(fromSparse.l0).toBe(2);
    expect(fromSparse.density).toBeCloseTo(6 / 30, 12);
    expect(fromSparse).toMatchObject({ ...fromDense, energy: expect.anything() });
    fromSparse.energy.forEach((value, k) => {
      expect(value).toBeCloseTo(fromDense.energy[k], 5);
    });
  });

  it("have density 1 and energy of squares for scalar codes", async () => {
    const a = tensor(createRandom(2).normals(8 * 12), [8, 12]);
    const codes = tidy(() => topK({ k: 2 }).apply(densePreCodes(a)) as never) as Codes;
    const found = await codeStatistics(codes);
    expect(found.density).toBe(1);
    expect(found.l0).toBeLessThanOrEqual(2);
    const squares = tidy(() => sum(square(toDense(codes))).dataSync()[0]);
    expect(found.energy.reduce((total, value) => total + value, 0)).toBeCloseTo(squares / 8, 4);
  });

  it("of batches together are those of the whole, and codes may go at once", async () => {
    const accumulator = codeAccumulator(5);
    const before = memory().numTensors;
    for (let batch = 0; batch < 3; batch++) {
      const codes = small();
      const added = accumulator.add(codes);
      disposeCodes(codes);
      await added;
    }
    expect(memory().numTensors).toBe(before);
    expect(accumulator.result()).toEqual({ ...(await codeStatistics(small())), samples: 6 });
  });

  it("counts a negative entry as active, and no concepts for no energy", async () => {
    const negative = await codeStatistics({ kind: "dense", values: tensor([0, -1], [1, 2]) });
    expect(negative).toMatchObject({ l0: 1, dead: 1, conceptsFor90: 1 });
    const nothing = await codeStatistics({ kind: "dense", values: tensor([0, 0], [1, 2]) });
    expect(nothing).toMatchObject({ l0: 0, density: 0, dead: 2, conceptsFor90: 0 });
  });

  it("refuses codes of another number of concepts, and a result of nothing", async () => {
    await expect(codeAccumulator(4).add(small())).rejects.toThrow(/of 4 concepts; got codes of 5/);
    expect(() => codeAccumulator(4).result()).toThrow(/No codes/);
    expect(() => codeAccumulator(1.5)).toThrow(/got 1.5/);
  });
});

describe("concepts", () => {
  it("are dead where none of the samples uses them, and in use otherwise", () => {
    const evaluation = { utilization: [0, 0.001, 1, 0] };
    expect(deadConcepts(evaluation)).toEqual([0, 3]);
    expect(conceptsInUse(evaluation)).toEqual([1, 2]);
  });

  it("are selective where 1 to 60 % of the samples use them, and always on above 90 %", () => {
    const evaluation = { utilization: [0, 0.009, 0.01, 0.6, 0.61, 0.9, 0.91, 1] };
    expect(selectiveConcepts(evaluation)).toEqual([2, 3]);
    expect(useStatistics(evaluation)).toMatchObject({ selective: 2 / 7, alwaysOn: 2 });
  });

  it("count as many as there are where all are used alike, and none where none is", () => {
    expect(useStatistics({ utilization: [0.2, 0.2, 0, 0.2] }).effectiveConcepts).toBeCloseTo(3, 12);
    expect(useStatistics({ utilization: [0, 0] })).toEqual({
      selective: Number.NaN,
      alwaysOn: 0,
      effectiveConcepts: 0,
    });
  });
});
