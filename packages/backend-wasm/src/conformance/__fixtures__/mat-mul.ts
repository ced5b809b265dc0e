/** What a matrix product on wasm must do, whatever the threads and instructions. Call it in a separate file: each needs its own engine. */
import { type BackendPlugin, createRandom, useBackend } from "@saeno/backend";
import { grads, matMul, memory, mul, sum, type Tensor, tensor } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";

const random = createRandom(3);

/** The product of batches of matrices that share leading axes of one length, or of which one has a single matrix. */
function productOf(a: Tensor, b: Tensor, transposeA: boolean, transposeB: boolean): number[] {
  const [m, inner] = transposeA ? [a.shape.at(-1), a.shape.at(-2)] : [a.shape.at(-2), a.shape.at(-1)];
  const n = transposeB ? b.shape.at(-2) : b.shape.at(-1);
  const [rows, depth, columns] = [m, inner, n] as [number, number, number];
  const [x, y] = [a.dataSync(), b.dataSync()];
  const batch = Math.max(x.length / (rows * depth), y.length / (depth * columns));
  const result: number[] = [];
  for (let s = 0; s < batch; s++) {
    const [fromA, fromB] = [(s * rows * depth) % x.length, (s * depth * columns) % y.length];
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        let total = 0;
        for (let k = 0; k < depth; k++) {
          const p = x[fromA + (transposeA ? k * rows + i : i * depth + k)];
          const q = y[fromB + (transposeB ? j * depth + k : k * columns + j)];
          total += (p) * (q);
        }
        result.push(total);
      }
    }
  }
  return result;
}

function randomTensor(shape: readonly number[]): Tensor {
  return tensor(random.normals(shape.reduce((size, n) => size * n, 1)), [...shape]);
}

function turned(shape: readonly number[], transposed: boolean): number[] {
  return transposed ? [...shape.slice(0, -2), shape.at(-1) as number, shape.at(-2) as number] : [...shape];
}

const sizes: readonly (readonly [number, number, number])[] = [
  [1, 1, 1],
  [1, 9, 8],
  [5, 3, 8],
  [6, 2, 1],
  [4, 300, 17],
  [121, 5, 9],
  [33, 385, 70],
  [3, 4100, 2],
  [260, 390, 264],
];

const batches: readonly { readonly name: string; readonly a: readonly number[]; readonly b: readonly number[] }[] = [
  { name: "two matrices", a: [], b: [] },
  { name: "two batches", a: [3], b: [3] },
  { name: "a batch by one matrix", a: [4], b: [] },
  { name: "one matrix by a batch", a: [], b: [4] },
  { name: "a batch by a batch of one", a: [2, 3], b: [1, 1] },
];

const transposes = [
  [false, false],
  [true, false],
  [false, true],
  [true, true],
] as const;

export function describeMatMul(plugin: BackendPlugin): void {
  beforeAll(async () => {
    await useBackend(plugin);
  });

  describe("matrix products on wasm", () => {
  for (const { name, a, b } of batches) {
    for (const [transposeA, transposeB] of transposes) {
      test(`agree with plain loops: ${name}, transposed ${transposeA} ${transposeB}`, () => {
        const left = randomTensor(turned([...a, 5, 7], transposeA));
        const right = randomTensor(turned([...b, 7, 3], transposeB));
        const before = memory().numTensors;
        const product = matMul(left, right, transposeA, transposeB);
        expect(memory().numTensors).toBe(before + 1);
        const expected = productOf(left, right, transposeA, transposeB);
        expect(product.shape).toEqual([...(a.length >= b.length ? a : b), 5, 3]);
        product.dataSync().forEach((value, i) => {
          expect(value).toBeCloseTo(expected[i], 4);
        });
      });
    }
  }

  test("have the gradients of a product", () => {
    const [a, b, g] = [randomTensor([3, 4, 2]), randomTensor([3, 2, 5]), randomTensor([3, 4, 5])];
    const [da, db] = grads((x: Tensor, y: Tensor) => sum(mul(g, matMul(x, y))))([a, b]) as [Tensor, Tensor];
    for (const [actual, expected] of [
      [da, productOf(g, b, false, true)],
      [db, productOf(a, g, true, false)],
    ] as const) {
      actual.dataSync().forEach((value, i) => {
        expect(value).toBeCloseTo(expected[i], 4);
      });
    }
  });

  test("of empty factors are zeros of the right shape", () => {
    const rows = matMul(tensor([], [0, 3]), randomTensor([3, 2]));
    expect(rows.shape).toEqual([0, 2]);
    const nothingSummed = matMul(tensor([], [2, 0]), tensor([], [0, 3]));
    expect([...nothingSummed.dataSync()]).toEqual([0, 0, 0, 0, 0, 0]);
  });

  for (const [rows, depth, columns] of sizes) {
    for (const [transposeA, transposeB] of transposes) {
      test(`agree with plain loops: ${rows} x ${depth} x ${columns}, transposed ${transposeA} ${transposeB}`, () => {
        const left = randomTensor(turned([rows, depth], transposeA));
        const right = randomTensor(turned([depth, columns], transposeB));
        const product = matMul(left, right, transposeA, transposeB).dataSync();
        const expected = productOf(left, right, transposeA, transposeB);
        const largest = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - (product[i]))), 0);
        expect(largest).toBeLessThan(1e-5 * depth + 1e-5);
      });
    }
  }
});
}
