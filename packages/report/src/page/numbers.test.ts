import { describe, expect, it } from "vitest";
import { formatCost, formatNumber, formatShare, formatSpread, formatTick } from "./numbers.ts";

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

  it("are percentages for costs, however small", () => {
    expect([0.0123, 0.00032, -0.00032, 1e-9, Number.NaN].map(formatCost)).toEqual([
      "1.2%",
      "0.032%",
      "−0.032%",
      "<0.1%",
      "–",
    ]);
  });

  it("are percentages for shares", () => {
    expect([0, 0.0004, 0.0123, 0.0996, 0.5, 1, Number.NaN].map(formatShare)).toEqual([
      "0%",
      "<0.1%",
      "1.2%",
      "10%",
      "50%",
      "100%",
      "–",
    ]);
  });
});
