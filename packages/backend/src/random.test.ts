import { describe, expect, test } from "vitest";
import { SaenoError } from "./error.ts";
import { createRandom, type Random } from "./random.ts";

function draw(random: Random, count: number): number[] {
  return Array.from({ length: count }, () => random.uniform());
}

function moment(values: ArrayLike<number>, power: number): number {
  return Array.from(values).reduce((total, value) => total + value ** power, 0) / values.length;
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const [meanA, meanB] = [moment(a, 1), moment(b, 1)];
  const covariance = a.reduce((total, value, i) => total + (value - meanA) * (b[i] - meanB), 0) / a.length;
  return covariance / Math.sqrt((moment(a, 2) - meanA ** 2) * (moment(b, 2) - meanB ** 2));
}

describe("a random stream", () => {
  test("gives the same numbers for the same seed and others for another", () => {
    expect(draw(createRandom(7), 20)).toEqual(draw(createRandom(7), 20));
    expect(draw(createRandom(7), 20)).not.toEqual(draw(createRandom(8), 20));
    expect(draw(createRandom(7), 20)).not.toEqual(draw(createRandom(7 + 2 ** 32), 20));
    expect(draw(createRandom(-7), 20)).not.toEqual(draw(createRandom(7), 20));
  });

  test("of a neighboring seed is uncorrelated", () => {
    for (const seed of [0, 1, 41]) {
      const [a, b] = [draw(createRandom(seed), 4000), draw(createRandom(seed + 1), 4000)];
      expect(Math.abs(correlation(a, b))).toBeLessThan(0.06);
    }
  });

  test("is left untouched by its splits, which depend on the label alone", () => {
    const plain = createRandom(5);
    const splitting = createRandom(5);
    const early = draw(splitting.split("weights"), 10);
    expect(draw(splitting, 10)).toEqual(draw(plain, 10));
    expect(draw(splitting.split("weights"), 10)).toEqual(early);
    expect(draw(splitting.split("data"), 10)).not.toEqual(early);
  });

  test("is uncorrelated with its splits, and they with each other", () => {
    const random = createRandom(11);
    const streams = [random, random.split("a"), random.split("b"), random.split("a").split("a")];
    const draws = streams.map((stream) => draw(stream, 4000));
    draws.forEach((a, i) => {
      for (const b of draws.slice(i + 1)) expect(Math.abs(correlation(a, b))).toBeLessThan(0.06);
    });
  });

  test("is uniform on [0, 1)", () => {
    const values = draw(createRandom(1), 20_000);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...values)).toBeLessThan(1);
    expect(moment(values, 1)).toBeCloseTo(1 / 2, 1.9);
    expect(moment(values, 2)).toBeCloseTo(1 / 3, 1.9);
  });

  test("has normals with the moments of N(0, 1)", () => {
    const values = createRandom(2).normals(40_000);
    expect(Math.abs(moment(values, 1))).toBeLessThan(0.02);
    expect(Math.abs(moment(values, 2) - 1)).toBeLessThan(0.03);
    expect(Math.abs(moment(values, 3))).toBeLessThan(0.08);
    expect(Math.abs(moment(values, 4) - 3)).toBeLessThan(0.2);
  });

  test("draws every whole number below n about equally often", () => {
    const random = createRandom(3);
    const counts = new Array(7).fill(0);
    for (let i = 0; i < 14_000; i++) counts[random.integer(7)]++;
    for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(200);
  });

  test("permutes: every number appears once, and can reach every place", () => {
    const random = createRandom(4);
    expect([...random.permutation(0)]).toEqual([]);
    expect([...random.permutation(100)].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    const places = new Set<string>();
    for (let i = 0; i < 200; i++) {
      for (const [place, value] of random.permutation(4).entries()) places.add(`${value} at ${place}`);
    }
    expect(places.size).toBe(16);
  });

  test("rejects a seed that is not an integer", () => {
    for (const seed of [0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
      expect(() => createRandom(seed)).toThrow(SaenoError);
    }
  });
});
