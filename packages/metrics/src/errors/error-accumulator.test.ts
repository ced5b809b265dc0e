import { createRandom, SaenoError } from "@saeno/backend";
import { describe, expect, it } from "vitest";
import { errorAccumulator } from "./error-accumulator.ts";

/** The definitions, straight: two passes over everything. */
function direct(x: Float32Array, reconstruction: Float32Array, channels: number) {
  const rows = x.length / channels;
  const means = Array.from(
    { length: channels },
    (_, c) => x.reduce((s, v, i) => (i % channels === c ? s + v : s), 0) / rows,
  );
  const sse = x.reduce((s, v, i) => s + (v - reconstruction[i]) ** 2, 0);
  const sst = x.reduce((s, v, i) => s + (v - means[i % channels]) ** 2, 0);
  const norm = x.reduce((s, v) => s + v * v, 0);
  return { mse: sse / x.length, relativeError: Math.sqrt(sse / norm), r2: 1 - sse / sst };
}

function sample(entries: number, offset: number) {
  const random = createRandom(3);
  const x = random.normals(entries).map((value, i) => value + offset * (1 + (i % 3)));
  const noise = random.normals(entries);
  return { x, reconstruction: x.map((value, i) => value + 0.1 * noise[i]) };
}

describe("errorAccumulator", () => {
  it("gives the definitions, however the set is cut into batches", () => {
    const { x, reconstruction } = sample(3 * 40, 2);
    const expected = direct(x, reconstruction, 3);
    for (const cuts of [[120], [3, 117], [60, 30, 27, 3], Array.from({ length: 40 }, () => 3)]) {
      const accumulator = errorAccumulator(3);
      let begin = 0;
      for (const length of cuts) {
        accumulator.add(x.subarray(begin, begin + length), reconstruction.subarray(begin, begin + length));
        begin += length;
      }
      const found = accumulator.result();
      expect(found.mse).toBeCloseTo(expected.mse, 12);
      expect(found.relativeError).toBeCloseTo(expected.relativeError, 12);
      expect(found.r2).toBeCloseTo(expected.r2, 10);
    }
  });

  it("keeps R2 when means are ten thousand times the deviations", () => {
    const { x, reconstruction } = sample(3 * 400, 1e4);
    const accumulator = errorAccumulator(3);
    for (let i = 0; i < x.length; i += 30) accumulator.add(x.subarray(i, i + 30), reconstruction.subarray(i, i + 30));
    expect(accumulator.result().r2).toBeCloseTo(direct(x, reconstruction, 3).r2, 8);
  });

  it("has R2 of 0 for the channels' means and 1 for a perfect reconstruction", () => {
    const means = errorAccumulator(2);
    means.add([1, 10, 3, 30], [2, 20, 2, 20]);
    expect(means.result().r2).toBeCloseTo(0, 14);
    const perfect = errorAccumulator(1);
    perfect.add([0, 0], [0, 0]);
    expect(perfect.result()).toEqual({ mse: 0, relativeError: 0, r2: 1 });
  });

  /** The errors of samples `[n]` of one channel and a reconstruction. */
  const errorsOf = (x: readonly number[], reconstruction: readonly number[], channels = 1) => {
    const accumulator = errorAccumulator(channels);
    accumulator.add(Float32Array.from(x), Float32Array.from(reconstruction));
    return accumulator.result();
  };

  it.each([0.7, 255, 1e6, 2 ** 40, 1e30, 1e-30])("has one stated R2 for what is %d everywhere", (constant) => {
    const values = [constant, constant, constant, constant];
    const off = (share: number) => values.map((value) => value * (1 + share));
    expect(errorsOf(values, values)).toEqual({ mse: 0, relativeError: 0, r2: 1 });
    // As the rounding of a few operations leaves it, and as a model that has not learned it does.
    expect(errorsOf(values, off(2e-7)).r2).toBe(1);
    expect(errorsOf(values, off(0.01)).r2).toBe(0);
    expect(errorsOf(values, off(-1)).r2).toBe(0);
    // Channels that are constant but different, and one that is a rounding off.
    expect(errorsOf([constant, 1, constant, 1], [0, 0, 0, 0], 2).r2).toBe(0);
    expect(errorsOf([constant, constant * (1 + 1.2e-7)], [0, 0]).r2).toBe(0);
    // One channel that changes makes it R2 again.
    expect(errorsOf([constant, 1, constant, 2], [constant, 1.5, constant, 1.5], 2).r2).toBeCloseTo(0, 10);
  });

  it("has stated errors of zeros", () => {
    expect(errorsOf([0, 0], [0, 0])).toEqual({ mse: 0, relativeError: 0, r2: 1 });
    expect(errorsOf([0, 0], [1, 1])).toEqual({ mse: 1, relativeError: 1, r2: 0 });
  });

  it.each([1e30, 1e20, 1e-20, 1e-30, 1e-42])("does not depend on the unit: size %d", (size) => {
    const found = errorsOf([size, 3 * size], [1.5 * size, 2.5 * size]);
    expect(found.relativeError).toBeCloseTo(Math.sqrt(0.5 / 10), size < 1e-38 ? 2 : 6);
    expect(found.r2).toBeCloseTo(0.75, size < 1e-38 ? 2 : 6);
  });

  it("refuses a reconstruction that is not a number", () => {
    expect(() => errorsOf([1, 2], [1, Number.NaN])).toThrow(/reconstruction holds NaN or infinite values/);
    expect(() => errorsOf([1, 2], [1, Number.POSITIVE_INFINITY])).toThrow(SaenoError);
  });

  it("names what is wrong with a shape, and that nothing was added", () => {
    expect(() => errorAccumulator(2).add([1, 2, 3], [1, 2, 3])).toThrow(SaenoError);
    expect(() => errorAccumulator(2).add([1, 2], [1, 2, 3, 4])).toThrow(/one length/);
    expect(() => errorAccumulator(2).result()).toThrow(/No samples/);
    expect(() => errorAccumulator(0)).toThrow(/positive integer; got 0/);
  });
});
