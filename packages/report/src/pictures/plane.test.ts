import { describe, expect, it } from "vitest";
import { rollOrigin } from "./plane.ts";

describe("rollOrigin", () => {
  it.each([
    { grid: [5], channels: 1 },
    { grid: [4, 5], channels: 2 },
    { grid: [3, 4, 2], channels: 1 },
  ])("puts the first point of $grid in the middle, with all its channels", ({ grid, channels }) => {
    const size = grid.reduce((product, points) => product * points, channels);
    const values = new Float32Array(size);
    for (let c = 0; c < channels; c++) values[c] = c + 1;
    const middle = grid.reduce((index, points) => index * points + Math.floor(points / 2), 0);
    const rolled = Array.from(rollOrigin({ values, grid, channels }).values);
    for (let c = 0; c < channels; c++) expect(rolled[middle * channels + c]).toBe(c + 1);
    expect(rolled.filter((value) => value !== 0).length).toBe(channels);
  });

  it("keeps neighbors together", () => {
    expect([...Array.from(rollOrigin({ values: [0, 1, 2, 3, 4], grid: [5], channels: 1 }).values)]).toEqual([
      3, 4, 0, 1, 2,
    ]);
  });
});
