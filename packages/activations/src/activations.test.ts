import { cpuBackend, createRandom, register, sizeOf, tidied, useBackend } from "@saeno/backend";
import { grad, memory, mul, sum, type Tensor, tensor, tidy } from "@tensorflow/tfjs-core";
import * as v from "valibot";
import { beforeAll, describe, expect, test } from "vitest";
import {
  type Activation,
  activationFromConfig,
  defineActivation,
  densePreCodes,
  disposeCodes,
  keptPoints,
  mapSparsity,
  relu,
  toDense,
  topK,
} from "./index.ts";

beforeAll(async () => {
  await useBackend(cpuBackend);
});

const normals = (shape: number[], seed = 1) => tensor(createRandom(seed).normals(sizeOf(shape)), shape);
const run = (activation: Activation, a: Tensor) =>
  Array.from(tidy(() => toDense(activation.apply(densePreCodes(a)))).dataSync());

/** The indices of the k largest, of equals the first. */
function largest(values: readonly number[], k: number): Set<number> {
  const order = values.map((_, i) => i).sort((i, j) => values[j] - values[i] || i - j);
  return new Set(order.slice(0, k));
}

/** Concept and domain sparsity by plain loops over `[B, n, K]`. */
function referenceMaps(
  a: readonly number[],
  shape: [number, number, number],
  concepts: number,
  kept: number,
  energy: string,
): number[] {
  const [batch, points, size] = shape;
  const at = (b: number, n: number, k: number) => a[(b * points + n) * size + k];
  const result = new Array<number>(a.length).fill(0);
  for (let b = 0; b < batch; b++) {
    const maps = Array.from({ length: size }, (_, k) => Array.from({ length: points }, (_, n) => at(b, n, k)));
    const energies = maps.map((map) => {
      const rectified = map.map((value) => Math.max(value, 0));
      const counted =
        energy === "preactivation"
          ? map
          : energy === "kept"
            ? [...largest(map, kept)].map((n) => rectified[n])
            : rectified;
      return counted.reduce((total, value) => total + value * value, 0);
    });
    for (const k of largest(energies, concepts)) {
      for (const n of largest(maps[k], kept)) result[(b * points + n) * size + k] = Math.max(at(b, n, k), 0);
    }
  }
  return result;
}

describe("scalar codes", () => {
  test("relu keeps what is positive", () => {
    expect(run(relu(), tensor([[-1, 0, 2]]))).toEqual([0, 0, 2]);
  });

  test("topk keeps the k largest positive entries of each sample and its gradient is their mask", () => {
    const u = tensor([
      [3, -1, 2, 1],
      [-4, -3, 0.5, -1],
    ]);
    expect(run(topK({ k: 2 }), u)).toEqual([3, 0, 2, 0, 0, 0, 0.5, 0]);
    const upstream = tensor([
      [5, 6, 7, 8],
      [1, 2, 3, 4],
    ]);
    const gradient = grad((x: Tensor) => sum(mul(toDense(topK({ k: 2 }).apply(densePreCodes(x))), upstream)))(u);
    expect(Array.from(gradient.dataSync())).toEqual([5, 0, 7, 0, 0, 0, 3, 0]);
  });

  test("of equal entries topk keeps the one of lower index", () => {
    expect(run(topK({ k: 2 }), tensor([[1, 2, 2, 2]]))).toEqual([0, 2, 2, 0]);
  });

  test("topk refuses more active concepts than there are, no count, maps, and NaN", () => {
    expect(() => run(topK({ k: 5 }), tensor([[1, 2]]))).toThrow(/k = 5 active concepts of only 2/);
    expect(() => topK({ k: 0 })).toThrow(/must be a positive integer; got 0/);
    expect(() => run(topK({ k: 1 }), normals([1, 3, 2]))).toThrow(/mapSparsity/);
    expect(() => run(topK({ k: 1 }), tensor([[1, Number.NaN]]))).toThrow(/NaN/);
  });
});

describe("feature maps", () => {
  const shape: [number, number, number] = [3, 35, 6];
  for (const energy of ["rectified", "preactivation", "kept"] as const) {
    for (const domain of [{ density: 0.13 }, { count: 4 }]) {
      test(`concept then domain sparsity by ${energy} energy and ${Object.keys(domain)[0]} agree with plain loops`, () => {
        const a = normals([3, 5, 7, 6], 7);
        const kept = "count" in domain ? 4 : 5;
        const expected = referenceMaps(Array.from(a.dataSync()), shape, 2, kept, energy);
        expect(run(mapSparsity({ concepts: 2, domain, energy }), a)).toEqual(expected.map(Math.fround));
      });
    }
  }

  test("the gradient passes through kept positive entries unchanged and is zero elsewhere", () => {
    const a = normals([2, 9, 4], 3);
    const activation = mapSparsity({ concepts: 2, domain: { count: 3 } });
    const kept = run(activation, a);
    const upstream = normals([2, 9, 4], 4);
    const gradient = grad((x: Tensor) => sum(mul(toDense(activation.apply(densePreCodes(x))), upstream)))(a);
    const expected = Array.from(upstream.dataSync()).map((g, i) => (kept[i] > 0 ? g : 0));
    expect(Array.from(gradient.dataSync())).toEqual(expected);
  });

  test("a density keeps the ceiling of its share of the points, a count at most all of them", () => {
    expect(keptPoints({ density: 0.1 }, [7, 10])).toBe(7);
    expect(keptPoints({ density: 0.04 }, [28, 28])).toBe(32);
    expect(keptPoints({ density: 1e-9 }, [5])).toBe(1);
    expect(keptPoints({ count: 31 }, [4, 4])).toBe(16);
  });

  test("options out of range are refused by name", () => {
    expect(() => mapSparsity({ concepts: 0 })).toThrow(/concepts must be a positive integer/);
    expect(() => mapSparsity({ concepts: 1, domain: { density: 0 } })).toThrow(/density must be above 0/);
    expect(() => mapSparsity({ concepts: 1, domain: { count: 1.5 } })).toThrow(/count must be a positive integer/);
    expect(() => mapSparsity({ concepts: 1, energyGrid: 0 })).toThrow(/energyGrid/);
    expect(() => run(mapSparsity({ concepts: 3 }), normals([1, 4, 2]))).toThrow(
      /concepts = 3 active concepts of only 2/,
    );
  });
});

test("a config makes the same activation again, and a third party's by its name", () => {
  for (const activation of [
    relu(),
    topK({ k: 3 }),
    mapSparsity({ concepts: 2, domain: { count: 5 }, energy: "kept", energyGrid: "data" }),
  ]) {
    expect(activationFromConfig(activation.toConfig(), { conceptCount: 5 }).toConfig()).toEqual(activation.toConfig());
  }
  expect(() => activationFromConfig({ kind: "square" }, { conceptCount: 2 })).toThrow(
    /no activation "square". Known: balanced, batchtopk, .*, topk/,
  );
  const square: Activation = {
    kind: "square",
    apply: (preCodes) => ({ kind: "dense", values: mul(preCodes.dense(), preCodes.dense()) }),
    toConfig: () => ({ kind: "square" }),
  };
  register(defineActivation({ kind: "square", summary: "squares", schema: v.strictObject({}), create: () => square }));
  expect(run(activationFromConfig({ kind: "square" }, { conceptCount: 2 }), tensor([[2, -3]]))).toEqual([4, 9]);
});

test("no call leaves a tensor behind", () => {
  const a = normals([2, 4, 3, 5]);
  const scalar = normals([2, 6]);
  const before = memory().numTensors;
  for (const [activation, x] of [
    [relu(), a],
    [topK({ k: 2 }), scalar],
    [mapSparsity({ concepts: 2, domain: { density: 0.3 } }), a],
  ] as const) {
    const codes = tidied(() => activation.apply(densePreCodes(x)));
    toDense(codes).dispose();
    disposeCodes(codes);
  }
  expect(memory().numTensors).toBe(before);
});
