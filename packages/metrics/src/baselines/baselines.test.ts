import { createRandom, useBackend } from "@saeno/backend";
import { wasmBackend } from "@saeno/backend-wasm";
import { saeFno, saeMlp } from "@saeno/core";
import { arrayDataset, type Dataset, subset } from "@saeno/datasets";
import { abs, matMul, memory, mul, sub, type Tensor2D, tensor2d, tidy } from "@tensorflow/tfjs-core";
import { Matrix, SingularValueDecomposition } from "ml-matrix";
import { beforeAll, describe, expect, it } from "vitest";
import { evaluate } from "../evaluate.ts";
import { baselines } from "./baselines.ts";
import { mostAxes, principalAxes } from "./principal-axes.ts";

beforeAll(async () => {
  await useBackend(wasmBackend);
});

/** Rows whose spread falls along random directions: `n` of length `p`. */
function falling(n: number, p: number, rate = 0.9): Tensor2D {
  const rank = Math.min(n, p);
  const random = createRandom(3);
  return tidy(() => {
    const weights = tensor2d(
      random.normals(n * rank).map((value, i) => value * rate ** (i % rank)),
      [n, rank],
    );
    return matMul(weights, tensor2d(random.normals(rank * p), [rank, p]));
  });
}

/** What is left of rows beside their part along axes, as a share of their squares. */
async function left(x: Tensor2D, axes: Tensor2D): Promise<number> {
  const parts = [tidy(() => sub(x, matMul(matMul(x, axes), axes, false, true))), x];
  const [rest, whole] = await Promise.all(parts.map(async (part) => squares(await part.data())));
  parts[0].dispose();
  return rest / whole;
}

function squares(values: ArrayLike<number>): number {
  return Array.from(values).reduce((total, value) => total + value * value, 0);
}

describe("principal axes", () => {
  it.each([
    [30, 12],
    [12, 30],
    [500, 450],
  ])(
    "of %i rows of length %i leave what the singular values leave, and are orthonormal",
    async (n, p) => {
      const x = falling(n, p);
      const axes = await principalAxes(x, 4);
      if (axes === undefined) throw new Error("These rows spread.");
      expect(axes.shape).toEqual([p, 4]);
      const gram = tidy(() => matMul(axes, axes, true));
      (await gram.data()).forEach((value, i) => {
        expect(value).toBeCloseTo(i % 5 === 0 ? 1 : 0, 4);
      });
      const { diagonal } = new SingularValueDecomposition(Matrix.from1DArray(n, p, Array.from(await x.data())), {
        autoTranspose: true,
      });
      expect(await left(x, axes)).toBeCloseTo(squares(diagonal.slice(4)) / squares(diagonal), 4);
    },
    30_000,
  );

  it.each([1e-30, 1e25])("are the same for data of size %f", async (size) => {
    const x = falling(40, 30);
    const [own, scaled] = [await principalAxes(x, 3), await principalAxes(mul<Tensor2D>(x, size), 3)];
    if (own === undefined || scaled === undefined) throw new Error("These rows spread.");
    const alike = tidy(() => abs(matMul(own, scaled, true)));
    (await alike.data()).forEach((value, i) => {
      expect(value).toBeCloseTo(i % 4 === 0 ? 1 : 0, 3);
    });
  });

  it("are no more than rows spread in, none where they do not, and always the same", async () => {
    const line = tensor2d([1, 2, 2, 4, -3, -6], [3, 2]);
    expect((await principalAxes(line, 2))?.shape).toEqual([2, 1]);
    expect(await principalAxes(tensor2d([0, 0, 0, 0], [2, 2]), 1)).toBeUndefined();
    const x = falling(420, 410);
    const [first, second] = [await principalAxes(x, 3), await principalAxes(x, 3)];
    expect(await first?.data()).toEqual(await second?.data());
    expect((await principalAxes(falling(2, 9), 1))?.shape).toEqual([9, 1]);
  });
});

/** Combinations of three random vectors, about a mean of 5. */
function ofRank(rank: number, samples: number, shape: readonly number[]): Dataset {
  const random = createRandom(1);
  const p = shape.reduce((product, n) => product * n, 1);
  const directions = Array.from({ length: rank }, () => random.normals(p));
  const values = new Float32Array(samples * p);
  for (let sample = 0; sample < samples; sample++) {
    const weights = random.normals(rank);
    for (let i = 0; i < p; i++) {
      values[sample * p + i] = directions.reduce((sum, direction, k) => sum + weights[k] * direction[i], 5);
    }
  }
  return arrayDataset({ name: "low rank", values, shape: [samples, ...shape] });
}

describe("baselines", () => {
  const split = (dataset: Dataset, train: number) => ({
    train: subset(dataset, { start: 0, end: train }),
    test: subset(dataset, { start: train, end: dataset.size }),
  });

  it("of data in a plane are a mean that misses and components that do not, as many as a code has entries", async () => {
    const model = saeMlp({ inputs: 20, concepts: 12, active: 4 });
    const data = split(ofRank(3, 60, [20]), 50);
    const before = memory().numTensors;
    const found = await baselines(model, data);
    expect(memory().numTensors).toBe(before);
    const { relativeError, codeEntries } = await evaluate(model, data.test);
    expect(found).toMatchObject({ samples: 10, trainingSamples: 50, codeEntries, components: 3 });
    expect(found.model).toBeCloseTo(relativeError, 6);
    expect(found.pca).toBeLessThan(1e-4);
    expect(found.mean).toBeGreaterThan(0.1);
    expect(found.mean).toBeLessThan(0.6);
    expect(await baselines(model, data)).toEqual(found);
    model.dispose();
  });

  it("of functions have no more components than training samples allow, and look at a bounded number of samples", async () => {
    const model = saeFno({ channels: 1, concepts: 6, active: 2, modes: [4, 4], domain: { density: 0.5 } });
    const few = await baselines(model, split(ofRank(8, 14, [8, 8, 1]), 5));
    expect(few).toMatchObject({ samples: 9, trainingSamples: 5, components: 4 });
    expect(few.codeEntries).toBeGreaterThan(40);
    expect(few.pca).toBeLessThan(few.mean);
    const many = await baselines(model, split(ofRank(2, 3000, [8, 8, 1]), 2500));
    expect(many).toMatchObject({ samples: 256, trainingSamples: 2048, components: 2 });
    model.dispose();
  });

  it("of constant data are exact", async () => {
    const model = saeMlp({ inputs: 4, concepts: 6, active: 2 });
    const values = new Float32Array(40).fill(2);
    const constant = arrayDataset({ name: "twos", values, shape: [10, 4] });
    expect(await baselines(model, split(constant, 8))).toMatchObject({ mean: 0, pca: 0, components: 0 });
    model.dispose();
  });

  it("of data with values that are not numbers are none", async () => {
    const model = saeMlp({ inputs: 4, concepts: 6, active: 2 });
    const values = new Float32Array(40).map((_, i) => (i === 5 ? Number.NaN : i % 7));
    const found = await baselines(model, split(arrayDataset({ name: "holes", values, shape: [10, 4] }), 8));
    expect(found).toMatchObject({ mean: Number.NaN, pca: Number.NaN, components: 0 });
    model.dispose();
  });

  it("finds as many components as it computes at most in a few seconds", async () => {
    const x = falling(1100, 1000, 0.999);
    const started = performance.now();
    const axes = await principalAxes(x, 5000);
    expect(axes?.shape).toEqual([1000, mostAxes]);
    expect(performance.now() - started).toBeLessThan(20_000);
  }, 60_000);
});
