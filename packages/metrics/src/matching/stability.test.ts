import { createRandom, sizeOf, useBackend } from "@saeno/backend";
import { wasmBackend } from "@saeno/backend-wasm";
import { saeCnn, saeFno, saeMlp } from "@saeno/core";
import { concat, gather, memory, neg, slice, type Tensor, tensor, tensor2d } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { stability, stabilityOfAtoms, type UsedModel } from "./stability.ts";

beforeAll(async () => {
  await useBackend(wasmBackend);
});

function noise(shape: number[], seed: number): Tensor {
  return tensor(createRandom(seed).normals(sizeOf(shape)), shape);
}

describe("stability", () => {
  it("is what is worked out by hand: weighted by energy in both directions, matched one-to-one, of concepts in use", async () => {
    // a: e1, e2, and one in 1 % of samples. b: both e1 and something near it, e3, and one more than a has.
    const a = {
      atoms: tensor2d([1, 0, 0, 0, 1, 0, 0, 0, 1], [3, 3]),
      utilization: [0.5, 0.2, 0.01],
      energy: [3, 1, 100],
    };
    const b = {
      atoms: tensor2d([-1, 0, 0, 0.8, 0.6, 0, 0, 0, 1], [3, 3]),
      utilization: [1, 0.02, 0.3],
      energy: [2, 6, 2],
    };
    const found = await stabilityOfAtoms(a, b);
    // |cosines| of a with b: 1 .8 0 and 0 .6 0.
    const forth = (3 * 1 + 1 * 0.6) / 4;
    const back = (2 * 1 + 6 * 0.8 + 2 * 0) / 10;
    expect(found.weighted).toBeCloseTo((forth + back) / 2, 6);
    expect(found.matched).toBeCloseTo((1 + 0.6) / 2, 6);
    expect(found.compared).toEqual([2, 3]);
    expect(found.best).toEqual([
      { concept: 0, other: 0, cosine: expect.closeTo(1, 6), share: 0.75 },
      { concept: 1, other: 1, cosine: expect.closeTo(0.6, 6), share: 0.25 },
    ]);
    const reversed = await stabilityOfAtoms(b, a);
    expect(reversed.weighted).toBeCloseTo(found.weighted, 10);
    expect(reversed.matched).toBeCloseTo(found.matched, 10);
  });

  it("is 1 for the same concepts in another order, shifted and negated, and leaves no tensor behind", async () => {
    const atoms = noise([5, 6, 4, 2], 1);
    const [begin, end] = [slice(atoms, [0, 2], [5, 4]), slice(atoms, [0, 0], [5, 2])];
    const moved = neg(gather(concat([begin, end], 1), tensor([4, 2, 0, 1, 3], [5], "int32")));
    const used = { utilization: Array(5).fill(0.5), energy: [1, 2, 3, 4, 5] };
    const before = memory().numTensors;
    const { weighted, matched, best } = await stabilityOfAtoms(
      { ...used, atoms },
      { ...used, atoms: moved },
      { shifts: true },
    );
    expect(memory().numTensors).toBe(before);
    expect(weighted).toBeCloseTo(1, 5);
    expect(matched).toBeCloseTo(1, 5);
    // The most energy first.
    expect(best.map(({ concept, other }) => [concept, other])).toEqual([
      [4, 0],
      [3, 4],
      [2, 1],
      [1, 3],
      [0, 2],
    ]);
  });

  it("is nothing where a run has no concept in use", async () => {
    const atoms = noise([2, 3], 1);
    const used = { atoms, utilization: [1, 1], energy: [1, 1] };
    const unused = { atoms, utilization: [0, 0.01], energy: [0, 1] };
    expect(await stabilityOfAtoms(used, unused)).toEqual({
      weighted: Number.NaN,
      matched: Number.NaN,
      compared: [2, 0],
      best: [],
    });
  });

  it("compares models of different modes, kinds and numbers of concepts on the grid of the data", async () => {
    const used = (model: { dictionary: UsedModel["dictionary"] }): UsedModel => {
      const { dictionary } = model;
      const alike = Array(dictionary.conceptCount).fill(1);
      return { dictionary, utilization: alike, energy: alike };
    };
    const grid = [12, 12];
    const fno = saeFno({ channels: 1, concepts: 3, active: 1, modes: [4, 4] });
    const fine = saeFno({ channels: 1, concepts: 5, active: 1, modes: [6, 6], seed: 1 });
    const cnn = saeCnn({ channels: 1, concepts: 4, active: 1, kernel: [5, 5] });
    const mlp = saeMlp({ inputs: 12, concepts: 4, active: 1 });
    // Where one dictionary holds the other's atoms, moved elsewhere, nothing is lost.
    const atoms = fno.dictionary.atoms({ grid, origin: "corner" });
    fine.dictionary.assign(concat([atoms, slice(atoms, [0], [2])], 0));
    const before = memory().numTensors;
    const same = await stability(used(fno), used(fine), { grid });
    expect([same.weighted, same.matched]).toEqual([expect.closeTo(1, 4), expect.closeTo(1, 4)]);
    const across = await stability(used(fno), used(cnn), { grid });
    expect(across.weighted).toBeGreaterThan(0);
    expect(across.weighted).toBeLessThan(1);
    await expect(stability(used(fno), used(mlp), { grid })).rejects.toThrow(
      /the other model cannot be compared .* it takes vectors of 12 numbers, this one functions with 1 channel/,
    );
    await expect(stability(used(fno), used(fine), { grid: [9, 9] })).rejects.toThrow(
      /do not fit on the grid of the data, 9 x 9, .* too few for 6 modes/,
    );
    expect(memory().numTensors).toBe(before);
  });
});
