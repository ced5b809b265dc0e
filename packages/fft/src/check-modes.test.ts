import { cpuBackend, useBackend } from "@saeno/backend";
import { zeros } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { analyze } from "./analyze.ts";
import { allModes, checkModes } from "./check-modes.ts";
import { resample } from "./resample.ts";
import { synthesize } from "./synthesize.ts";

beforeAll(async () => {
  await useBackend(cpuBackend);
});

describe("a grid too small for the modes", () => {
  test("is an error that names the axis, its size and the smallest size that works", () => {
    const analysis = () => analyze(zeros([1, 9, 6, 2]), { modes: [5, 4] });
    expect(analysis).toThrow(expect.objectContaining({ code: "fft.grid", kind: "usage" }));
    expect(analysis).toThrow(/Axis 2 has 6 points, too few for 4 modes: at least 7/);
    expect(analysis).toThrow(/at most 3 modes/);
    const spectrum = { re: zeros([1, 3, 3, 2]), im: zeros([1, 3, 3, 2]) };
    expect(() => synthesize(spectrum, { grid: [2, 5] })).toThrow(/Axis 1 has 2 points.*at least 3/);
    expect(() => resample(zeros([1, 8, 1]), { grid: [4], modes: [3] })).toThrow(/Axis 1 has 4 points.*at least 5/);
  });

  test("is one with fewer than 2 m - 1 points", () => {
    for (const m of [1, 2, 3, 10]) {
      expect(() => checkModes([m], [2 * m - 1])).not.toThrow();
      expect(() => checkModes([m], [2 * m - 2])).toThrow(expect.objectContaining({ code: "fft.grid" }));
    }
  });
});

describe("modes", () => {
  test("are one to three positive integers", () => {
    for (const modes of [[], [0], [-1], [1.5], [Number.NaN], [1, 1, 1, 1]]) {
      expect(() =>
        checkModes(
          modes,
          modes.map(() => 9),
        ),
      ).toThrow(expect.objectContaining({ code: "fft.modes" }));
    }
  });

  test("are as many as the grid has axes", () => {
    expect(() => analyze(zeros([1, 8, 8, 1]), { modes: [2] })).toThrow(
      /one number per axis of the grid; got \[2\] for a grid of 8 x 8/,
    );
    expect(() => resample(zeros([1, 8, 8, 1]), { grid: [8] })).toThrow(expect.objectContaining({ code: "fft.modes" }));
  });

  test("stay below the Nyquist frequency", () => {
    expect(allModes([1, 2, 3, 8, 9])).toEqual([1, 1, 2, 4, 5]);
  });
});

describe("tensors of the wrong shape", () => {
  test("are rejected with what was expected and what came", () => {
    expect(() => analyze(zeros([4, 3]), { modes: [1] })).toThrow(/\[B, \.\.\.N, C\].*\[4, 3\]/);
    const spectrum = { re: zeros([1, 3, 2]), im: zeros([1, 4, 2]) };
    expect(() => synthesize(spectrum, { grid: [8] })).toThrow(/\[1, 3, 2\] and \[1, 4, 2\]/);
  });
});
