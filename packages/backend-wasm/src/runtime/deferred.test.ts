/** Gradients that are sums over samples: computed when they are looked at, never stored where the optimizer takes them. */
import { accumulateRows, adamStep, createRandom, sizeOf, useBackend } from "@saeno/backend";
import { add, dispose, engine, memory, scalar, type Tensor, tensor, zeros } from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { createWasmBackend } from "../wasm-backend.ts";

beforeAll(async () => {
  await useBackend(createWasmBackend({ threads: 2 }));
});

const [batch, inputs, conceptCount, chosen] = [9, 37, 64, 5];

function sums(seed = 1) {
  const random = createRandom(seed);
  const normals = (...shape: number[]): Tensor => tensor(random.normals(sizeOf(shape)), shape);
  const picked = Array.from({ length: batch }, () =>
    [...random.permutation(conceptCount).slice(0, chosen)].sort((a, b) => a - b),
  );
  const given = {
    values: normals(batch, chosen),
    concepts: tensor(picked, [batch, chosen], "int32"),
    x: normals(batch, inputs),
  };
  const expected = new Float32Array(conceptCount * inputs);
  const [values, x] = [given.values.dataSync(), given.x.dataSync()];
  for (const [b, row] of picked.entries()) {
    for (const [j, concept] of row.entries()) {
      for (let i = 0; i < inputs; i++) expected[concept * inputs + i] += values[b * chosen + j] * x[b * inputs + i];
    }
  }
  return { given, gradient: accumulateRows(given, { conceptCount }).atoms, expected };
}

function close(found: Tensor, expected: ArrayLike<number>): void {
  const values = found.dataSync<"float32">();
  for (const [i, value] of values.entries()) expect(value).toBeCloseTo(expected[i], 5);
}

test("values are there for whoever reads them, also after what they are made of is gone", () => {
  const { given, gradient, expected } = sums();
  const copy = gradient.clone();
  dispose([given, gradient]);
  close(copy, expected);
  copy.dispose();
});

test("other operations compute with them", () => {
  const one = sums(1);
  const other = sums(2);
  const total = add(one.gradient, other.gradient);
  close(
    total,
    one.expected.map((value, i) => value + other.expected[i]),
  );
  dispose([one.given, one.gradient, other.given, other.gradient, total]);
});

test("the gradients of two losses are stepped with as one, and computed for whoever reads them", () => {
  const [one, other, third] = [sums(1), sums(2), sums(3)];
  const stored = [one, other, third].map(({ gradient }) => tensor(gradient.clone().dataSync(), gradient.shape));
  const [first, second, last] = [sums(1), sums(2), sums(3)];
  const total = add(add(first.gradient, second.gradient), last.gradient);
  const expected = add(add(stored[0], stored[1]), stored[2]);
  const state = { parameter: zeros(total.shape), first: zeros(total.shape), second: zeros(total.shape) };
  const [found, wanted] = [total, expected].map((gradient) => adamStep({ ...state, gradient }, settings(false)));
  for (const name of ["parameter", "first", "second"] as const) {
    expect(found[name].dataSync()).toEqual(wanted[name].dataSync());
  }
  expect(total.dataSync()).toEqual(expected.dataSync());
});

test("nothing stays, whether they were read, stepped with, or never looked at", () => {
  const before = memory();
  for (const use of ["read", "step", "sum", "nothing"] as const) {
    const { given, gradient } = sums();
    if (use === "sum") {
      const other = sums(2);
      const total = add(gradient, other.gradient);
      dispose([other.given, other.gradient]);
      const read = add(total, gradient);
      dispose([total]);
      read.dataSync();
      dispose([read]);
    }
    if (use === "read") gradient.dataSync();
    if (use === "step") {
      const state = { parameter: zeros(gradient.shape), first: zeros(gradient.shape), second: zeros(gradient.shape) };
      const stepped = adamStep({ ...state, gradient }, settings(false));
      dispose([state, { ...stepped }]);
    }
    dispose([given, gradient]);
  }
  const after = memory();
  expect([after.numTensors, after.numDataBuffers]).toEqual([before.numTensors, before.numDataBuffers]);
  expect(engine().backend.numDataIds()).toBe(after.numDataBuffers);
});

test.each([false, true])(
  "a step of Adam is that with the gradient stored (a moment for each row: %s)",
  (rowMoments) => {
    const random = createRandom(7);
    const { given, gradient } = sums();
    const normals = () => tensor(random.normals(sizeOf(gradient.shape)), gradient.shape);
    const second = rowMoments ? [conceptCount] : gradient.shape;
    const state = { parameter: normals(), first: normals(), second: add(zeros(second), scalar(0.5)) };
    const stored = tensor(sums().gradient.dataSync(), gradient.shape);
    const one = adamStep({ ...state, gradient }, settings(rowMoments));
    const other = adamStep({ ...state, gradient: stored }, settings(rowMoments));
    for (const name of ["parameter", "first", "second"] as const) {
      expect(one[name].dataSync()).toEqual(other[name].dataSync());
    }
    dispose([given, gradient, state, stored, { ...one }, { ...other }]);
  },
);

function settings(rowMoments: boolean) {
  return { rate: 0.01, floor: 1e-8, beta1: 0.9, beta2: 0.999, unitRows: true, rowMoments };
}
