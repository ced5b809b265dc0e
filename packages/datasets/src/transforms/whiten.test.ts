import { cpuBackend, createRandom, useBackend } from "@saeno/backend";
import { createWasmBackend } from "@saeno/backend-wasm";
import { describe, expect, test } from "vitest";
import { constantChannels, whiten } from "../index.ts";

const backends = [
  { name: "cpu", backend: cpuBackend },
  // A process has one form of it; images of this size and smaller are done by one thread.
  { name: "wasm", backend: createWasmBackend({ threads: 3 }) },
];
const shapes: readonly (readonly [number, number])[] = [
  [24, 31],
  [64, 64],
  [63, 65],
];

type Field = (row: number, column: number, channel: number) => number;

function image(height: number, width: number, channels: number, value: Field): Float32Array {
  return Float32Array.from({ length: height * width * channels }, (_, i) => {
    const pixel = Math.floor(i / channels);
    return value(Math.floor(pixel / width), pixel % width, i % channels);
  });
}

const channelOf = (values: Float32Array, channel: number, channels: number) =>
  values.filter((_, i) => i % channels === channel);
const power = (values: Float32Array) => values.reduce((sum, value) => sum + value ** 2, 0) / values.length;
const cosine = (a: Float32Array, b: Float32Array) =>
  a.reduce((sum, value, i) => sum + value * b[i], 0) / a.length / Math.sqrt(power(a) * power(b));

describe.each(backends)("whitening on $name", ({ backend }) => {
  test.each([0, 1, 0.7, 0.1, 255, 1e6, -3.3, 1e30, 1e-30, 1e-42])(
    "an image that is %d everywhere becomes exactly zero",
    async (constant) => {
      await useBackend(backend);
      for (const [height, width] of shapes) {
        const values = image(height, width, 1, () => constant);
        expect(constantChannels(values, 1)).toEqual([0]);
        expect(whiten(values, [height, width, 1]).every((value) => value === 0)).toBe(true);
      }
    },
  );

  test("a constant channel becomes zero beside others, which stay what they are alone", async () => {
    await useBackend(backend);
    const noise = createRandom(1).normals(40 * 40);
    const values = image(40, 40, 4, (row, column, channel) => [0.7, noise[row * 40 + column], 255, 1e6][channel]);
    expect(constantChannels(values, 4)).toEqual([0, 2, 3]);
    const whitened = whiten(values, [40, 40, 4]);
    for (const channel of [0, 2, 3]) expect(power(channelOf(whitened, channel, 4))).toBe(0);
    const alone = whiten(Float32Array.from(noise), [40, 40, 1]);
    channelOf(whitened, 1, 4).forEach((value, i) => {
      expect(value).toBeCloseTo(alone[i], 4);
    });
  });

  test("neighbors in float32 are rounding, and the lowest bit of a byte is not", async () => {
    await useBackend(backend);
    const coin = createRandom(2).normals(32 * 32);
    const toss = (row: number, column: number) => (coin[row * 32 + column] > 0 ? 1 : 0);
    const rounding = image(32, 32, 1, (row, column) => 0.7 * (1 + toss(row, column) * 2 ** -23));
    expect(power(whiten(rounding, [32, 32, 1]))).toBe(0);
    const plain = whiten(image(32, 32, 1, toss), [32, 32, 1]);
    for (const base of [254, 10_000, 100_000]) {
      // A signal of 1 on a large value is exact in float32, and comes out as if it stood alone.
      const whitened = whiten(
        image(32, 32, 1, (row, column) => base + toss(row, column)),
        [32, 32, 1],
      );
      expect(power(whitened)).toBeCloseTo(1, 4);
      expect(cosine(whitened, plain)).toBeGreaterThan(0.99999);
    }
  });

  test.each([1e30, 1e20, 1e-20, 1e-30])("an image of size %d comes out as one of size 1", async (size) => {
    await useBackend(backend);
    const noise = createRandom(3).normals(30 * 32);
    const scaled = whiten(
      noise.map((value) => value * size),
      [30, 32, 1],
    );
    expect(power(scaled)).toBeCloseTo(1, 4);
    expect(cosine(scaled, whiten(noise, [30, 32, 1]))).toBeGreaterThan(0.99999);
  });

  test("a checkerboard, of which the filter leaves nothing, becomes zero and no noise", async () => {
    await useBackend(backend);
    const values = image(64, 64, 1, (row, column) => 0.5 + 0.25 * (-1) ** (row + column));
    expect(constantChannels(values, 1)).toEqual([]);
    expect(power(whiten(values, [64, 64, 1]))).toBe(0);
  });
});
