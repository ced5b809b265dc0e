/** The k largest (assembly/select.ts) against sorting: all lengths around those that are compared together, ties, infinities, NaN of both signs. */
import { createRandom, type Random, topKRows, useBackend } from "@saeno/backend";
import { dispose, tensor } from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { createWasmBackend } from "../wasm-backend.ts";

beforeAll(async () => {
  await useBackend(createWasmBackend({ threads: 1 }));
});

const kinds: Readonly<Record<string, (random: Random) => number>> = {
  normal: (random) => random.normal(),
  "never negative": (random) => Math.max(0, random.normal()),
  "few values": (random) => random.integer(5) - 2,
  "never positive": (random) => -Math.abs(random.normal()),
  "infinities among them": (random) => [-1 / 0, 1 / 0, random.normal()][random.integer(3)],
};

const lengths = [1, 3, 15, 16, 63, 64, 65, 127, 200, 784, 1000];

function found(values: Float32Array, k: number): number[] {
  const x = tensor(values, [1, values.length]);
  const largest = topKRows({ x }, { k });
  try {
    return [...largest.indices.dataSync()];
  } finally {
    dispose([x, { ...largest }]);
  }
}

test.each(Object.keys(kinds))("are those of sorting, of equal ones the first: %s", (kind) => {
  const random = createRandom(11);
  for (const length of lengths) {
    const values = Float32Array.from({ length }, () => kinds[kind](random));
    const order = [...values.keys()].sort(
      (a, b) => Number(values[b] > values[a]) - Number(values[b] < values[a]) || a - b,
    );
    for (const k of new Set(
      [1, 2, length >> 3, length >> 1, length - 1, length].filter((each) => each > 0 && each <= length),
    )) {
      expect(found(values, k)).toEqual(order.slice(0, k).sort((a, b) => a - b));
    }
  }
});

test.each([0x7fc00000, 0xffc00000, 0x7f800001, 0xff800001])("NaN is refused wherever it is: %i", (bits) => {
  const random = createRandom(12);
  for (const length of lengths) {
    const values = random.normals(length);
    new Uint32Array(values.buffer)[random.integer(length)] = bits;
    for (const k of new Set([1, (length + 1) >> 1, length])) expect(() => found(values, k)).toThrow(/NaN/);
  }
});
