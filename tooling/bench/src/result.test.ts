import { describe, expect, test } from "vitest";
import { formatNumber } from "./format-number.ts";
import type { Measurement } from "./measurement.ts";
import { measurementSchema } from "./measurement.ts";
import { combine } from "./result.ts";
import { resultTable } from "./result-table.ts";
import { summarize } from "./statistics.ts";

const measurement = (train: number[], infer: number[], peakMb: number): Measurement => ({
  train,
  infer,
  peakMb,
  detail: "here",
});

test("a summary is the median with the tenth and ninetieth percentile, in any order of samples", () => {
  expect(summarize([11, 1, 6, 2, 3, 10, 4, 5, 9, 7, 8])).toEqual({ median: 6, p10: 2, p90: 10 });
  expect(summarize([1, 2])).toEqual({ median: 1.5, p10: 1.1, p90: 1.9 });
  expect(summarize([4])).toEqual({ median: 4, p10: 4, p90: 4 });
});

describe("a result", () => {
  const own = [measurement([10, 20], [4], 99.6), measurement([30], [8], 120.2)];

  test("pools the samples of all processes, and takes the largest peak of memory", () => {
    expect(combine("fno-img", own, [])).toEqual({
      name: "fno-img",
      train: { saenoMs: 20, saenoP10: 12, saenoP90: 28 },
      infer: { saenoMs: 6, saenoP10: 4.4, saenoP90: 7.6 },
      peakMb: { saeno: 120 },
    });
  });

  test("has the peer's median and the ratio peer / saeno where the peer was measured", () => {
    expect(combine("fno-img", own, [measurement([100, 300], [3], 1200)])).toEqual({
      name: "fno-img",
      train: { saenoMs: 20, saenoP10: 12, saenoP90: 28, peerMs: 200, ratio: 10 },
      infer: { saenoMs: 6, saenoP10: 4.4, saenoP90: 7.6, peerMs: 3, ratio: 0.5 },
      peakMb: { saeno: 120, peer: 1200 },
    });
  });

  test("has the peer's TF32 beside its float32 where that was measured, in the table too", () => {
    const result = combine("a", own, [{ ...measurement([100], [3], 9), tf32: { train: [40], infer: [2] } }]);
    expect(result.train).toMatchObject({ peerMs: 100, ratio: 5, peerTf32Ms: 40, ratioTf32: 2 });
    expect(resultTable([result])).toMatch(/PyTorch ms \| ratio \| TF32 ms \| ratio/);
  });

  test("is a row of the table, with the peer's columns only where there is one", () => {
    const [alone, compared] = [combine("a", own, []), combine("b", own, own)];
    expect(resultTable([alone])).not.toContain("PyTorch");
    const [heading = "", , first = "", second = ""] = resultTable([alone, compared]).split("\n");
    const cells = (line: string) => line.split("|").map((cell) => cell.trim());
    expect(cells(heading)).toContain("PyTorch ms");
    expect(cells(first)).toHaveLength(cells(heading).length);
    expect(cells(second)).toContain("1.00");
  });
});

test("an answer that is not a measurement is refused", () => {
  expect(measurementSchema.safeParse(measurement([1], [1], 1)).success).toBe(true);
  expect(measurementSchema.safeParse(measurement([], [1], 1)).success).toBe(false);
  expect(measurementSchema.safeParse({ ...measurement([1], [1], 1), train: [null] }).success).toBe(false);
});

test("numbers have three significant digits, and no fraction from 100 on", () => {
  expect([0, 0.01234, 5, 99.94, 123.4, 25787].map(formatNumber)).toEqual([
    "0",
    "0.0123",
    "5.00",
    "99.9",
    "123",
    "25787",
  ]);
});
