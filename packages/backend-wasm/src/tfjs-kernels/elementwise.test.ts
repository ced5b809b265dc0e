import { createRandom, sizeOf, useBackend } from "@saeno/backend";
import {
  add,
  div,
  memory,
  mul,
  slice,
  squaredDifference,
  sub,
  sum,
  type Tensor,
  tensor,
  tidy,
  transpose,
} from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { wasmBackend } from "../wasm-backend.ts";

beforeAll(async () => {
  await useBackend(wasmBackend);
});

const random = createRandom(3);

function values(shape: readonly number[]): Float32Array {
  return Float32Array.from(random.normals(sizeOf(shape)));
}

function close(found: Tensor, expected: ArrayLike<number>, tolerance = 1e-5): void {
  const data = found.dataSync();
  expect(data.length).toBe(expected.length);
  let largest = 0;
  for (let i = 0; i < data.length; i++) {
    largest = Math.max(largest, Math.abs(data[i] - expected[i]));
  }
  expect(largest).toBeLessThan(tolerance);
}

describe("operations of two tensors", () => {
  const operations = {
    add: [add, (p: number, q: number) => p + q],
    sub: [sub, (p: number, q: number) => p - q],
    mul: [mul, (p: number, q: number) => p * q],
    squaredDifference: [squaredDifference, (p: number, q: number) => (p - q) ** 2],
  } as const;
  // The shapes of a longer operand, and of one that is repeated along it.
  const shapes = [
    [[5000], [5000]],
    [
      [70, 71],
      [70, 71],
    ],
    [[33, 31, 7], [7]],
    [
      [33, 31, 7],
      [31, 7],
    ],
    [[17000, 3], [3]],
    [[5001], []],
    [[5001], [1]],
    [
      [64, 80],
      [1, 80],
    ],
    [[2, 20011], [20011]],
    // Cases left to tfjs: few entries, or a repeated axis in between.
    [[3, 5], [5]],
    [
      [90, 3, 50],
      [90, 1, 50],
    ],
  ] as const;
  it.each(
    Object.entries(operations).flatMap(([name, [run, reference]]) =>
      shapes.map(([long, short]) => ({ name, run, reference, long, short })),
    ),
  )("$name of $long and $short, in either order", ({ run, reference, long, short }) => {
    const before = memory().numTensors;
    tidy(() => {
      const [p, q] = [values(long), values(short)];
      const [a, b] = [tensor(p, [...long]), tensor(q, [...short])];
      const at = (i: number) => {
        if (short.length === 3 && short[1] === 1) return Math.floor(i / 150) * 50 + (i % 50);
        return i % q.length;
      };
      close(
        run(a, b),
        p.map((value, i) => reference(value, q[at(i)])),
      );
      close(
        run(b, a),
        p.map((value, i) => reference(q[at(i)], value)),
      );
    });
    expect(memory().numTensors).toBe(before);
  });

  it("leaves division to tfjs", () => {
    close(
      tidy(() => div(tensor([6]), 3)),
      [2],
    );
  });
});

describe("sums", () => {
  it.each([
    { shape: [9000], axes: [0] },
    { shape: [300, 7, 3], axes: [0, 1] },
    { shape: [300, 7, 3], axes: [0, 1, 2] },
    { shape: [300, 7, 3], axes: [2] },
    { shape: [300, 7, 3], axes: [1, 2] },
    { shape: [3, 7, 300], axes: [1] },
    { shape: [2, 9001], axes: [0] },
    { shape: [90001, 3], axes: [0] },
    { shape: [11, 1001], axes: [1] },
    { shape: [2, 3], axes: [0] },
  ])("of $shape over $axes, with and without the axes", ({ shape, axes }) => {
    const x = values(shape);
    const kept = shape.map((n, i) => (axes.includes(i) ? 1 : n));
    const expected = new Float64Array(sizeOf(kept));
    x.forEach((value, flat) => {
      let [rest, to, step] = [flat, 0, 1];
      for (let axis = shape.length - 1; axis >= 0; axis--) {
        const n = shape[axis];
        if (!axes.includes(axis)) {
          to += (rest % n) * step;
          step *= n;
        }
        rest = Math.floor(rest / n);
      }
      expected[to] = expected[to] + value;
    });
    tidy(() => {
      const result = sum(tensor(x, shape), axes, true);
      expect(result.shape).toEqual(kept);
      close(result, expected, 2e-3);
      expect(sum(tensor(x, shape), axes).shape).toEqual(shape.filter((_, i) => !axes.includes(i)));
    });
  });
});

describe("transposes", () => {
  it.each([
    { shape: [2, 60, 70], perm: [0, 2, 1] },
    { shape: [3, 131, 33], perm: [0, 2, 1] },
    { shape: [67, 65], perm: [1, 0] },
    { shape: [2, 30, 30, 3], perm: [0, 3, 1, 2] },
    { shape: [2, 3, 30, 30], perm: [0, 2, 3, 1] },
    { shape: [20, 30, 40], perm: [2, 1, 0] },
    { shape: [5000, 1], perm: [1, 0] },
    { shape: [4, 5], perm: [1, 0] },
  ])("of $shape by $perm", ({ shape, perm }) => {
    const x = values(shape);
    const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
    const target = perm.map((axis) => shape[axis]);
    const expected = Float32Array.from({ length: x.length }, (_, flat) => {
      let [rest, from] = [flat, 0];
      for (let i = target.length - 1; i >= 0; i--) {
        from += (rest % target[i]) * strides[perm[i]];
        rest = Math.floor(rest / target[i]);
      }
      return x[from];
    });
    tidy(() => close(transpose(tensor(x, shape), perm), expected, 1e-12));
  });
});

describe("slices", () => {
  it.each([
    { begin: [1, 0, 0], size: [2, 5, 6] },
    { begin: [3, 2, 0], size: [1, 2, -1] },
    { begin: [3, 2, 4], size: [1, 1, 2] },
    { begin: [0, 1, 2], size: [4, 2, 3] },
    { begin: [4, 0, 0], size: [0, 5, 6] },
  ])("from $begin of $size", ({ begin, size }) => {
    const shape = [4, 5, 6];
    const x = values(shape);
    tidy(() => {
      const found = slice(tensor(x, shape), begin, size);
      const expected = Array.from({ length: sizeOf(found.shape) }, (_, flat) => {
        const [, rows, columns] = found.shape as [number, number, number];
        const index = [Math.floor(flat / (rows * columns)), Math.floor(flat / columns) % rows, flat % columns];
        const at = index.map((i, axis) => i + begin[axis]) as [number, number, number];
        return x[(at[0] * 5 + at[1]) * 6 + at[2]];
      });
      close(found, expected, 1e-12);
    });
  });
});
