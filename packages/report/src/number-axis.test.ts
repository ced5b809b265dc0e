import { describe, expect, it } from "vitest";
import { formatNumber } from "./format-number.ts";
import { formatSpread } from "./format-spread.ts";
import { formatTick } from "./format-tick.ts";
import { positionAxis, shareAlong, valueAxis } from "./number-axis.ts";
import { quantile } from "./quantile.ts";
import { thinPoints } from "./thin-points.ts";

describe("axes", () => {
  it("hold their values, and reach zero where that is near", () => {
    expect(valueAxis([0.1, 0.5])?.domain[0]).toBe(0);
    expect(valueAxis([-0.5, -0.1])?.domain[1]).toBe(0);
    const [low, high] = valueAxis([0.9, 1])?.domain ?? [0, 0];
    expect(low).toBeGreaterThan(0.8);
    expect(low).toBeLessThan(0.9);
    expect(high).toBeGreaterThan(1);
  });

  it("are logarithmic between round numbers, with at least two ticks", () => {
    for (const values of [
      [0.1201, 0.1209],
      [0.3, 4],
      [1e-9, 1e9],
      [1, 1],
    ]) {
      const axis = valueAxis(values, true);
      expect(axis?.type).toBe("log");
      expect(Array.isArray(axis?.ticks) && axis.ticks.length).toBeGreaterThanOrEqual(2);
      expect(axis?.domain[0]).toBeLessThanOrEqual(Math.min(...values));
      expect(axis?.domain[1]).toBeGreaterThanOrEqual(Math.max(...values));
    }
    expect(valueAxis([-1, 0], true)?.type).toBe("linear");
  });

  it("are none without a number that can be drawn, and never empty", () => {
    expect(valueAxis([Number.NaN, Number.POSITIVE_INFINITY, 1e300])).toBeUndefined();
    for (const value of [0, 3, -3, 1e-300]) {
      const [low, high] = valueAxis([value])?.domain ?? [0, 0];
      expect(high).toBeGreaterThan(low);
      const [from, to] = positionAxis([value], 400, true)?.domain ?? [0, 0];
      expect(to).toBeGreaterThan(from);
    }
  });

  it("tick at the values where there is room", () => {
    expect(positionAxis([1, 2, 4, 8], 400, true)?.ticks).toEqual([1, 2, 4, 8]);
    expect(positionAxis([1, 2, 4, 8], 30, true)?.ticks).not.toEqual([1, 2, 4, 8]);
    expect(positionAxis([1, 2, 1000], 400)?.ticks).toBeTypeOf("number");
  });

  it("place values by their share", () => {
    expect(shareAlong("log", [1, 100])(10)).toBeCloseTo(0.5);
    expect(shareAlong("linear", [1, 3])(2)).toBeCloseTo(0.5);
  });
});

describe("numbers in words", () => {
  it("have their range, unless there is one seed", () => {
    expect(formatSpread({ mean: 0.12, low: 0.118, high: 0.123, count: 3 })).toBe("0.120 (0.118 to 0.123)");
    expect(formatSpread({ mean: 0.12, low: 0.118, high: 0.123, count: 1 })).toBe("0.120");
    expect(formatSpread({ mean: 0.12, low: Number.NaN, high: 0.123, count: 3 })).toBe("0.120");
    expect(formatSpread({ mean: Number.NaN, low: 1, high: 2, count: 3 })).toBe("–");
    expect(formatSpread(undefined)).toBe("–");
  });

  it("have as many digits as tell the ends of a range apart", () => {
    expect(formatSpread({ mean: 1.0023, low: 1.0021, high: 1.0026, count: 3 })).toBe("1.002 (1.002 to 1.003)");
    expect(formatSpread({ mean: 0.5, low: 0.5, high: 0.5, count: 3 })).toBe("0.500 (0.500 to 0.500)");
  });

  it("are short however large or small", () => {
    for (const value of [1e300, -1e300, 1e-300, 123_456_789_012, 1 / 3, 0, -0]) {
      expect(formatNumber(value).length).toBeLessThan(12);
      expect(formatTick(value).length).toBeLessThan(14);
    }
    expect(formatTick(1024)).toBe("1,024");
    expect(formatNumber(-0) + formatTick(-0)).toBe("00");
  });
});

describe("thinPoints", () => {
  it("keeps the first and the last, and no more than asked for", () => {
    const points = Array.from({ length: 1000 }, (_, i) => i / 999);
    const thin = thinPoints(points, (x) => x, 50);
    expect(thin.length).toBeLessThanOrEqual(50);
    expect([thin[0], thin.at(-1)]).toEqual([0, 1]);
    expect(thinPoints([3, 1], () => 0, 50)).toEqual([3, 1]);
  });
});

describe("quantile", () => {
  it("interpolates between neighbors", () => {
    expect(quantile([0, 10], 0.25)).toBe(2.5);
    expect(quantile([1, 2, 3], 0.5)).toBe(2);
    expect(quantile([7], 0.95)).toBe(7);
    expect(quantile([], 0.5)).toBeNaN();
  });
});
