import { cpuBackend, useBackend } from "@saeno/backend";
import { memory, tensor } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { errorMetrics, mse, r2, relativeError } from "./error-metrics.ts";

beforeAll(async () => {
  await useBackend(cpuBackend);
});

describe("errors of one batch", () => {
  it("are the known ones of a small example, each coordinate about its own mean", () => {
    const x = tensor([1, 10, 3, 30], [2, 2]);
    const reconstruction = tensor([1, 10, 3, 28], [2, 2]);
    expect(mse(x, reconstruction)).toBeCloseTo(1, 6);
    expect(relativeError(x, reconstruction)).toBeCloseTo(2 / Math.sqrt(1010), 6);
    expect(r2(x, reconstruction)).toBeCloseTo(1 - 4 / 202, 6);
  });

  it("do not change when a function is sampled twice as often", () => {
    const x = tensor([1, 2, 4, 3], [1, 4, 1]);
    const reconstruction = tensor([1, 1, 4, 4], [1, 4, 1]);
    const finer = (values: number[]) =>
      tensor(
        values.flatMap((value) => [value, value]),
        [1, 8, 1],
      );
    expect(errorMetrics(finer([1, 2, 4, 3]), finer([1, 1, 4, 4]))).toEqual(errorMetrics(x, reconstruction));
  });

  it("make no tensor, and refuse shapes that differ", () => {
    const x = tensor([1, 2, 3, 4], [2, 2]);
    const before = memory().numTensors;
    errorMetrics(x, x);
    expect(memory().numTensors).toBe(before);
    expect(() => errorMetrics(x, tensor([1, 2, 3, 4], [4, 1]))).toThrow(/\[2, 2\] and \[4, 1\]/);
  });
});
