import { createRandom, useBackend } from "@saeno/backend";
import { wasmBackend } from "@saeno/backend-wasm";
import { beforeAll, expect, test } from "vitest";
import { filterLarge } from "./large-spectrum.ts";

beforeAll(() => useBackend(wasmBackend));

test.each([
  [8, 8, 1],
  [7, 12, 3],
  [13, 5, 2],
  [1, 6, 1],
  [16, 1, 1],
] as const)(
  "a filter of 1 is the identity, and one of a frequency what the sum over all points says, at %i x %i x %i",
  (...shape) => {
    const [height, width, channels] = shape;
    const values = createRandom(1).normals(height * width * channels);
    const same = filterLarge(values, shape, () => 1);
    expect(Math.max(...same.map((value, i) => Math.abs(value - values[i])))).toBeLessThan(1e-6);
    const gain = (row: number, column: number) => Math.exp(-3 * row * row - 5 * column * column) + Math.abs(row);
    const filtered = filterLarge(values, shape, gain);
    const channel = channels - 1;
    const direct = new Float64Array(height * width);
    for (let k = 0; k < height; k++) {
      for (let l = 0; l < width; l++) {
        const [row, column] = [(k <= height / 2 ? k : k - height) / height, (l <= width / 2 ? l : l - width) / width];
        let [re, im] = [0, 0];
        for (let y = 0; y < height; y++) {
          for (let x = 0; x < width; x++) {
            const angle = 2 * Math.PI * (row * y + column * x);
            re += values[(y * width + x) * channels + channel] * Math.cos(angle);
            im -= values[(y * width + x) * channels + channel] * Math.sin(angle);
          }
        }
        const factor = gain(row, column) / (height * width);
        for (let y = 0; y < height; y++) {
          for (let x = 0; x < width; x++) {
            const angle = 2 * Math.PI * (row * y + column * x);
            direct[y * width + x] += factor * (re * Math.cos(angle) - im * Math.sin(angle));
          }
        }
      }
    }
    for (let i = 0; i < direct.length; i++) expect(filtered[i * channels + channel]).toBeCloseTo(direct[i], 5);
  },
);
