import { describe, expect, it } from "vitest";
import { logTicks, positionAxis, shareAlong, valueAxis } from "./axes.ts";

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
      const axis = valueAxis(values, { log: true });
      expect(axis?.type).toBe("log");
      expect(Array.isArray(axis?.ticks) && axis.ticks.length).toBeGreaterThanOrEqual(2);
      expect(axis?.domain[0]).toBeLessThanOrEqual(Math.min(...values));
      expect(axis?.domain[1]).toBeGreaterThanOrEqual(Math.max(...values));
    }
    expect(valueAxis([-1, 0], { log: true })?.type).toBe("linear");
  });

  it("are none without a number that can be drawn, and never empty", () => {
    expect(valueAxis([Number.NaN, Number.POSITIVE_INFINITY, 1e300])).toBeUndefined();
    for (const value of [0, 3, -3, 1e-300]) {
      const [low, high] = valueAxis([value])?.domain ?? [0, 0];
      expect(high).toBeGreaterThan(low);
      const [from, to] = positionAxis([value], 400, { log: true })?.domain ?? [0, 0];
      expect(to).toBeGreaterThan(from);
    }
  });

  it("tick at the values where there is room", () => {
    expect(positionAxis([1, 2, 4, 8], 400, { log: true })?.ticks).toEqual([1, 2, 4, 8]);
    expect(positionAxis([1, 2, 4, 8], 30, { log: true })?.ticks).not.toEqual([1, 2, 4, 8]);
    expect(positionAxis([1, 2, 1000], 400)?.ticks).toBeTypeOf("number");
  });

  it("place values by their share", () => {
    expect(shareAlong("log", [1, 100])(10)).toBeCloseTo(0.5);
    expect(shareAlong("linear", [1, 3])(2)).toBeCloseTo(0.5);
  });

  it("reach zero where they are asked to", () => {
    expect(valueAxis([0.9, 1], { zero: true })?.domain[0]).toBe(0);
    expect(valueAxis([-1, -0.9], { zero: true })?.domain[1]).toBe(0);
  });

  it("tick at 1, 2 and 5 times powers of ten when logarithmic, and at powers of ten alone over long ranges", () => {
    expect(logTicks([0.03, 1.2])).toEqual([0.05, 0.1, 0.2, 0.5, 1]);
    expect(logTicks([1e-6, 1])).toEqual([1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1]);
  });
});
