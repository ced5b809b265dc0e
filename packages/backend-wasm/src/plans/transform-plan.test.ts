import { expect, test } from "vitest";
import { transformLengths } from "./transform-plan.ts";

const sizes = { batch: 32, concepts: 64, channels: 1 };

test("a large kernel is transformed on the grid itself if it wraps", () => {
  expect(transformLengths({ ...sizes, grid: [64, 60], size: [11, 11], padding: "circular" })).toEqual([64, 60]);
});

test("a grid that does not wrap, or has another prime factor, gets room for the border", () => {
  const [first] = transformLengths({ ...sizes, grid: [64, 64], size: [11, 11], padding: "zero" }) ?? [];
  expect(first).toBeGreaterThanOrEqual(64 + 5);
  const [second] = transformLengths({ ...sizes, grid: [61, 61], size: [11, 11], padding: "circular" }) ?? [];
  expect(second).toBeGreaterThanOrEqual(61 + 10);
});

test("small kernels, and empty batches, use direct sums", () => {
  expect(transformLengths({ ...sizes, grid: [64, 64], size: [3, 3], padding: "circular" })).toBeUndefined();
  expect(transformLengths({ ...sizes, batch: 0, grid: [64, 64], size: [11, 11], padding: "zero" })).toBeUndefined();
});
