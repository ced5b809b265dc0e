import { toDense } from "@saeno/activations";
import { createRandom, sizeOf, useBackend } from "@saeno/backend";
import { wasmBackend } from "@saeno/backend-wasm";
import { type SparseAutoencoder, saeCnn, saeFno, saeMlp } from "@saeno/core";
import { arrayDataset } from "@saeno/datasets";
import { codes, evaluate, stability } from "@saeno/metrics";
import { memory, tensor } from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { compareModels } from "./compare-models.ts";

beforeAll(() => useBackend(wasmBackend));

const grid = [9, 9];
function data(shape: readonly number[]) {
  return arrayDataset({ name: "noise", values: createRandom(3).normals(sizeOf(shape)), shape: [...shape] });
}
const functions = data([30, ...grid, 1]);
const shared = { channels: 1, active: 3, domain: { density: 0.1 } } as const;

/** Atoms as they are, moved by a shift, in another order. */
function shifted(
  model: SparseAutoencoder,
  other: SparseAutoencoder,
  order: readonly number[],
  by: readonly [number, number],
): void {
  const atoms = model.dictionary.atoms({ grid, origin: "corner" });
  const values = atoms.dataSync();
  const moved = Float32Array.from({ length: order.length * 81 }, (_, i) => {
    const [k, y, x] = [Math.floor(i / 81), Math.floor(i / 9) % 9, i % 9];
    return values[order[k] * 81 + ((y + by[0]) % 9) * 9 + ((x + by[1]) % 9)];
  });
  const functionsOfAtoms = tensor(moved, [order.length, ...grid, 1]);
  other.dictionary.assign(functionsOfAtoms);
  functionsOfAtoms.dispose();
  atoms.dispose();
}

test("a model compared with itself, its concepts in another order and moved, is the same", async () => {
  const a = saeFno({ ...shared, concepts: 6, modes: [5, 5], start: "random", tied: true, seed: 1 });
  const b = saeFno({ ...shared, concepts: 6, modes: [5, 5], tied: true, seed: 2 });
  const order = [3, 1, 0, 5, 4, 2];
  shifted(a, b, order, [2, 7]);
  const before = memory().numTensors;
  const { stability: found, pairs, alone } = await compareModels(a, b, { dataset: functions });
  expect(memory().numTensors).toBe(before);
  expect(found.weighted).toBeCloseTo(1, 4);
  for (const pair of pairs) {
    expect(pair.a).toBe(order[pair.b]);
    expect(pair.cosine).toBeCloseTo(1, 4);
    // On the torus the same concepts are as strong in the same samples, wherever their origin is.
    expect(pair.agreement).toBeGreaterThan(0.9);
    expect(pair.correlation).toBeGreaterThan(0.95);
  }
  expect(alone).toEqual({ a: [], b: [] });
  a.dispose();
  b.dispose();
});

test("other numbers of concepts, modes and kinds; agreement and stability are those of the codes", async () => {
  const a = saeFno({ ...shared, concepts: 8, modes: [4, 5], seed: 1, start: "random" });
  const b = saeCnn({ ...shared, concepts: 5, kernel: [3, 5], seed: 2 });
  const found = await compareModels(a, b, { dataset: functions, alike: 0.9 });
  const [useA, useB] = [
    await evaluate(a, functions, { metrics: [codes()] }),
    await evaluate(b, functions, { metrics: [codes()] }),
  ];
  const wanted = await stability(
    { ...useA, dictionary: a.dictionary },
    { ...useB, dictionary: b.dictionary },
    functions,
  );
  expect(found.stability).toEqual(wanted);
  const given = await compareModels(a, b, { dataset: functions, alike: 0.9, use: { a: useA, b: useB } });
  expect(given).toEqual(found);
  expect(found.pairs.length).toBe(Math.min(...wanted.compared));
  const active = async (model: SparseAutoencoder, concept: number) => {
    const x = tensor(await functions.read(Int32Array.from({ length: 30 }, (_, i) => i)), [30, ...grid, 1]);
    const values = toDense(model.encode(x)).dataSync();
    const K = model.dictionary.conceptCount;
    return Array.from({ length: 30 }, (_, b) =>
      Array.from({ length: 81 }, (_, n) => values[(b * 81 + n) * K + concept]).some((z) => z !== 0),
    );
  };
  for (const pair of found.pairs) {
    const [inA, inB] = [await active(a, pair.a), await active(b, pair.b)];
    const both = inA.filter((on, i) => on && inB[i]).length;
    const either = inA.filter((on, i) => on || inB[i]).length;
    expect(pair.agreement).toBeCloseTo(both / either, 6);
  }
  const matched = new Set(found.pairs.filter(({ cosine }) => cosine >= 0.9).map((pair) => pair.a));
  expect(found.alone.a.some((k) => matched.has(k))).toBe(false);
  expect(found.alone.a.length + matched.size).toBe(found.stability.compared[0]);
  a.dispose();
  b.dispose();
});

test("vectors are compared as they are, and models of other samples not at all", async () => {
  const a = saeMlp({ inputs: 12, concepts: 9, active: 3, seed: 1 });
  const b = saeMlp({ inputs: 12, concepts: 7, active: 2, seed: 2 });
  const other = saeMlp({ inputs: 13, concepts: 7, active: 2, seed: 2 });
  const dataset = data([20, 12]);
  const { pairs, samples } = await compareModels(a, b, { dataset });
  expect(samples).toBe(20);
  expect(pairs.length).toBeGreaterThan(0);
  await expect(compareModels(a, other, { dataset })).rejects.toThrow(/vectors of 13 numbers/);
  for (const model of [a, b, other]) model.dispose();
});
