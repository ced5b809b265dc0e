import { describe, expect, test } from "vitest";
import { isConstant, rangeOf, relativeNorm } from "./rounding.ts";

describe("constant up to rounding", () => {
  test.each([1, 0.7, 255, 1e6, 2 ** 40, 1e30, 1e-30])("is decided relative to the magnitude: %d", (magnitude) => {
    const value = Math.fround(magnitude);
    expect(isConstant(0, value)).toBe(true);
    // Two neighbors in float32, and a signal of a hundred thousandth.
    expect(isConstant(value * 2 ** -23, value)).toBe(true);
    expect(isConstant(value * 1e-5, value)).toBe(false);
  });

  test("zeros are constant, and NaN is not", () => {
    expect(isConstant(0, 0)).toBe(true);
    expect(isConstant(Number.NaN, 1)).toBe(false);
  });

  test("ranges are those of a channel", () => {
    expect(rangeOf([1, 10, -3, 20, 2, 5], 0, 2)).toEqual({ spread: 5, magnitude: 3 });
    expect(rangeOf([1, 10, -3, 20, 2, 5], 1, 2)).toEqual({ spread: 15, magnitude: 20 });
    expect(rangeOf([])).toEqual({ spread: 0, magnitude: 0 });
  });
});

test("the relative error of nothing is 0 where nothing came out, else 1", () => {
  expect(relativeNorm(1, 4)).toBe(0.5);
  expect(relativeNorm(0, 0)).toBe(0);
  expect(relativeNorm(1e-40, 0)).toBe(1);
  expect(relativeNorm(Number.NaN, 4)).toBeNaN();
});
