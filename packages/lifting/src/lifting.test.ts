import { cpuBackend, createRandom, sizeOf, useBackend } from "@saeno/backend";
import { grads, matMul, memory, mul, sum, type Tensor, tensor, transpose } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { lifting } from "./index.ts";

beforeAll(async () => {
  await useBackend(cpuBackend);
});

const normals = (shape: number[], seed = 1) => tensor(createRandom(seed).normals(sizeOf(shape)), shape);
const values = (x: Tensor) => Array.from(x.dataSync());
const inner = (a: Tensor, b: Tensor) => sum(mul(a, b)).dataSync()[0];

describe("lifting", () => {
  test("an orthogonal start has orthonormal columns, so that P L x = x", () => {
    const { lift, project } = lifting({ channels: 5, lifted: 9 }, createRandom(3));
    const x = normals([2, 3, 4, 5]);
    const back = values(project(lift(x)));
    values(x).forEach((value, i) => {
      expect(back[i]).toBeCloseTo(value, 5);
    });
  });

  test("tied, P is the transpose of L; untied, it starts as the transpose and is then independent", () => {
    const [x, y] = [normals([4, 3]), normals([4, 6], 2)];
    const tied = lifting({ channels: 3, lifted: 6, start: "gaussian" }, createRandom(3));
    expect(inner(tied.lift(x), y)).toBeCloseTo(inner(x, tied.project(y)), 4);
    const untied = lifting({ channels: 3, lifted: 6, start: "gaussian", tied: false }, createRandom(3));
    expect(inner(untied.lift(x), y)).toBeCloseTo(inner(x, untied.project(y)), 4);
    const [up, down] = untied.parameters();
    expect([up?.name, down?.name]).toEqual(["lifting.lift", "lifting.project"]);
    down?.variable.assign(mul(down.variable, 2));
    expect(inner(untied.lift(x), y)).toBeCloseTo(inner(x, untied.project(y)) / 2, 4);
  });

  test("a gaussian start keeps the norm of a sample, on average", () => {
    const { lift } = lifting({ channels: 50, lifted: 2000, start: "gaussian" }, createRandom(4));
    const x = normals([1, 50]);
    const ratio = inner(lift(x), lift(x)) / inner(x, x);
    // L^T L is (lifted / channels) I on average.
    expect(ratio / 40).toBeGreaterThan(0.85);
    expect(ratio / 40).toBeLessThan(1.15);
  });

  test("gradients reach the matrix from both sides", () => {
    const { lift, project, parameters } = lifting({ channels: 2, lifted: 3 }, createRandom(5));
    const matrix = parameters()[0]?.variable as unknown as Tensor;
    const [x, g] = [normals([4, 2]), normals([4, 2], 6)];
    const run = (m: Tensor) => matMul(matMul(x as never, m as never, false, true), m as never);
    const expected = grads((m: Tensor) => sum(mul(run(m), g)))([matrix])[0];
    const found = grads((_: Tensor) => sum(mul(project(lift(x)), g)))([matrix])[0];
    values(expected).forEach((value, i) => {
      expect(values(found)[i]).toBeCloseTo(value, 4);
    });
  });

  test("matrices can be frozen, and can start from given ones", () => {
    const given = normals([6, 3]);
    const made = lifting({ channels: 3, lifted: 6, learned: false, tied: false }, { lift: given });
    expect(made.parameters().map(({ frozen }) => frozen)).toEqual([true, true]);
    expect(values(made.parameters()[1]?.variable as unknown as Tensor)).toEqual(values(transpose(given)));
    expect(made.toConfig()).toEqual({ channels: 3, lifted: 6, start: "orthogonal", tied: false, learned: false });
  });

  test("impossible sizes are rejected by name, and nothing leaks", () => {
    expect(() => lifting({ channels: 5, lifted: 3 }, createRandom(0))).toThrow(/at least as many lifted channels/);
    expect(() => lifting({ channels: 0, lifted: 3 }, createRandom(0))).toThrow(/channels must be a positive integer/);
    expect(() => lifting({ channels: 2, lifted: 3, start: "unit" as never }, createRandom(0))).toThrow(
      /"orthogonal" or/,
    );
    const before = memory().numTensors;
    const made = lifting({ channels: 2, lifted: 3, tied: false }, createRandom(0));
    const x = normals([1, 2]);
    const up = made.lift(x);
    made.project(up).dispose();
    up.dispose();
    x.dispose();
    made.dispose();
    expect(memory().numTensors).toBe(before);
  });
});
