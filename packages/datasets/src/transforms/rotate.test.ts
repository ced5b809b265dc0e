import { createRandom, type Grid } from "@saeno/backend";
import { describe, expect, test } from "vitest";
import { arrayDataset, type Dataset, rotateDataset } from "../index.ts";

const channels = 2;

/** Two samples of two channels, `value(row, column)` from the center of the grid, another factor for each sample and channel. */
function sampled(grid: Grid, value: (down: number, right: number) => number): Dataset {
  const [height, width] = grid as [number, number];
  const values = Float32Array.from({ length: 2 * height * width * channels }, (_, i) => {
    const point = Math.floor(i / channels) % (height * width);
    const factor = 1 + (i % channels) + 3 * Math.floor(i / (height * width * channels));
    return factor * value(Math.floor(point / width) - (height - 1) / 2, (point % width) - (width - 1) / 2);
  });
  return arrayDataset({ name: "x", values, shape: [2, ...grid, channels] });
}

function noise(grid: Grid): Dataset {
  const size = 2 * grid[0] * grid[1] * channels;
  return arrayDataset({ name: "noise", values: createRandom(7).normals(size), shape: [2, ...grid, channels] });
}

const all = async (dataset: Dataset) => Array.from(await dataset.read([0, 1]));

async function largestDifference(a: Dataset, b: Dataset): Promise<number> {
  const other = await all(b);
  return Math.max(...(await all(a)).map((value, i) => Math.abs(value - other[i])));
}

describe("rotated datasets", () => {
  test.each([5, 6, 1])(
    "90 degrees of a square of side %i move the right column to the top row, and exactly",
    async (n) => {
      const dataset = noise([n, n]);
      const values = await all(dataset);
      const at = (sample: number, row: number, column: number, channel: number) =>
        values[((sample * n + row) * n + column) * channels + channel];
      const expected = (turned: (row: number, column: number) => [number, number]) =>
        values.map((_, i) => {
          const point = Math.floor(i / channels) % (n * n);
          const place = turned(Math.floor(point / n), point % n);
          return at(Math.floor(i / (n * n * channels)), ...place, i % channels);
        });
      const quarter = expected((row, column) => [column, n - 1 - row]);
      expect(await all(rotateDataset(dataset, { degrees: 90 }))).toEqual(quarter);
      expect(await all(rotateDataset(dataset, { degrees: -270 }))).toEqual(quarter);
      expect(await all(rotateDataset(dataset, { degrees: 180 }))).toEqual(
        expected((row, column) => [n - 1 - row, n - 1 - column]),
      );
      expect(await all(rotateDataset(dataset, { degrees: -90 }))).toEqual(
        expected((row, column) => [n - 1 - column, row]),
      );
    },
  );

  test("no turn and whole turns change nothing", async () => {
    const dataset = noise([6, 9]);
    for (const degrees of [0, 360, -720]) {
      expect(await all(rotateDataset(dataset, { degrees }))).toEqual(await all(dataset));
    }
    expect(await largestDifference(rotateDataset(dataset, { degrees: 360 + 1e-9 }), dataset)).toBeLessThan(1e-6);
  });

  test("samples are read in the order that is asked for", async () => {
    const rotated = rotateDataset(noise([5, 7]), { degrees: 33 });
    expect(Array.from(await rotated.read([1, 0, 1]))).toEqual(
      (await Promise.all([1, 0, 1].map((index) => rotated.read([index])))).flatMap((one) => Array.from(one)),
    );
  });

  test("a function of the distance from the center stays itself up to the error of interpolation", async () => {
    const width = 4;
    const dataset = sampled([33, 33], (down, right) => Math.exp(-(down ** 2 + right ** 2) / (2 * width ** 2)));
    // Bilinear interpolation is off by at most an eighth of the second derivatives, 1 / width^2 each, times the largest factor, 5.
    // What the border cuts off is smaller than e^-8.
    for (const degrees of [10, 45, 117.3]) {
      expect(await largestDifference(rotateDataset(dataset, { degrees }), dataset)).toBeLessThan(
        (5 * 2) / (8 * width ** 2),
      );
    }
  });

  test("linear functions rotate exactly where the grid reaches", async () => {
    const degrees = 30;
    const [cosine, sine] = [Math.cos(Math.PI / 6), Math.sin(Math.PI / 6)];
    const linear = (down: number, right: number) => 1 + 2 * down - 3 * right;
    const crop = [9, 8] as const;
    const rotated = rotateDataset(sampled([17, 18], linear), { degrees, crop });
    const expected = sampled(crop, (down, right) => linear(cosine * down + sine * right, cosine * right - sine * down));
    expect(await largestDifference(rotated, expected)).toBeLessThan(1e-5);
  });

  test("what comes from outside of the grid is zero, and no corner is empty in a window small enough", async () => {
    const ones = sampled([20, 20], () => 1);
    const corner = await rotateDataset(ones, { degrees: 45 }).read([0]);
    expect([corner[0], corner[1]]).toEqual([0, 0]);
    const window = rotateDataset(ones, { degrees: 45, crop: [13, 13] });
    expect([window.size, window.grid, window.channels]).toEqual([2, [13, 13], channels]);
    expect(Math.min(...(await window.read([0])))).toBeCloseTo(1, 6);
  });

  test("a window without a turn is the middle of the samples", async () => {
    const dataset = arrayDataset({
      name: "x",
      values: Float32Array.from({ length: 20 }, (_, i) => i),
      shape: [1, 4, 5, 1],
    });
    expect(Array.from(await rotateDataset(dataset, { degrees: 0, crop: [2, 3] }).read([0]))).toEqual([
      6, 7, 8, 11, 12, 13,
    ]);
    expect(Array.from(await rotateDataset(dataset, { degrees: 0, crop: [1, 1] }).read([0]))).toEqual([7]);
  });

  test("what cannot be rotated is refused with the reason", () => {
    const line = arrayDataset({ name: "line", values: new Float32Array(8), shape: [1, 8, 1] });
    expect(() => rotateDataset(line, { degrees: 10 })).toThrow(/two axes.*those of "line" are on the grid \[8\]/);
    expect(() => rotateDataset(noise([4, 4]), { degrees: Number.NaN })).toThrow(
      /degrees must be a finite number; got NaN/,
    );
    for (const crop of [[5, 4], [4], [0, 1], [2.5, 2]]) {
      expect(() => rotateDataset(noise([4, 4]), { degrees: 1, crop })).toThrow(/at most the grid \[4, 4\] of "noise"/);
    }
  });
});

test("half a turn about another center moves a point to the other side of it", async () => {
  const values = Float32Array.from({ length: 30 }, (_, i) => (i === 1 * 6 + 2 ? 1 : 0));
  const turned = rotateDataset(arrayDataset({ name: "point", values, shape: [1, 5, 6, 1] }), {
    degrees: 180,
    center: [2, 3],
  });
  expect((await turned.read([0])).indexOf(1)).toBe(3 * 6 + 4);
});
