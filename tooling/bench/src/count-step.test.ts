import { describe, expect, test } from "vitest";
import { type Configuration, configurations } from "./configurations.ts";
import { countStep, type StepCounts } from "./count-step.ts";
import { countTable, stepBounds } from "./count-table.ts";
import { pointTransformOperations, transformOperations } from "./transform-operations.ts";

const tiny: Configuration = {
  kind: "fno",
  name: "tiny",
  batch: 2,
  grid: [8],
  channels: 1,
  concepts: 3,
  modes: [2],
  active: 1,
  count: 2,
  energy: "preactivation",
};

describe("operations of a truncated transform", () => {
  test("are those of the folded product for few modes, of an FFT for many", () => {
    expect(transformOperations([8], [2])).toBe(8 * 2 + 16);
    expect(transformOperations([1024], [64])).toBe(2.5 * 1024 * 10);
  });

  test("go axis by axis, the last one first, on the frequencies that are left", () => {
    expect(transformOperations([8, 16], [2, 3])).toBe(8 * (16 * 3 + 32) + 3 * 2 * (8 * 2 + 16));
  });

  test("of a few points are never more than of a whole function", () => {
    expect(pointTransformOperations([1024], [64], 16)).toBe(4 * 16 * 64);
    expect(pointTransformOperations([64, 64], [16, 16], 4096)).toBe(transformOperations([64, 64], [16, 16]));
    expect(pointTransformOperations([64, 64], [16, 16], 1)).toBe(4 * 31 * 16);
  });
});

describe("a training step", () => {
  test("on vectors: one dense product, sparse rows for the rest", () => {
    const { parameters, operations } = countStep({
      kind: "mlp",
      name: "m",
      batch: 2,
      inputs: 5,
      concepts: 7,
      active: 3,
    });
    expect(parameters).toBe(2 * 5 * 7 + 7 + 5);
    expect(operations).toEqual({
      selection: 2 * 7 * (2 * 5 + 1),
      maps: 0,
      concepts: 8 * 2 * 3 * 5,
      samples: 3 * 2 * 5,
      optimizer: 12 * parameters + 7 * 35,
    });
  });

  test("on functions: counted by hand for one small spectral model", () => {
    const { parameters, operations, bytes } = countStep(tiny);
    const transform = 32;
    expect(parameters).toBe(2 * (3 * 2 * 2) + 3 + 1);
    expect(operations).toEqual({
      selection: 2 * 3 * (2 * 2 + 1),
      maps: 2 * (transform + 3 * 8 + 3 * (4 * 2 * 2)),
      concepts: 5 * 8 * 2 * 2,
      samples: 2 * (3 * transform + 3 * 8),
      optimizer: 12 * parameters + 7 * 12,
    });
    expect(bytes).toBe(28 * parameters + 8 * 2 * 8 + 16 * 2 * 2);
  });

  test("costs more with rectified energies than before rectification, and the rest stays the same", () => {
    const by = (energy: "rectified" | "preactivation") => countStep({ ...tiny, energy }).operations;
    const [rectified, preactivation] = [by("rectified"), by("preactivation")];
    expect(rectified.selection).toBeGreaterThan(preactivation.selection);
    expect({ ...rectified, selection: 0 }).toEqual({ ...preactivation, selection: 0 });
  });

  test("takes the Gram form of energies for few channels, the spectrum of every map for many", () => {
    const selection = (channels: number) => countStep({ ...tiny, channels }).operations.selection;
    expect(selection(3)).toBe(2 * 3 * (2 * 9 * 2 + 1));
    expect(selection(100)).toBe(2 * 3 * (8 * 100 * 2 + 4 * 2 + 1));
  });

  test("grows with the batch in everything but the optimizer", () => {
    for (const configuration of configurations) {
      // The products of atoms with atoms are there once for all samples.
      if (configuration.kind === "unrolled-mlp") continue;
      const [once, twice] = [countStep(configuration), countStep({ ...configuration, batch: 2 * configuration.batch })];
      for (const part of ["selection", "maps", "concepts", "samples"] as const)
        expect(twice.operations[part]).toBeCloseTo(2 * once.operations[part], 3);
      expect(twice.operations.optimizer).toBe(once.operations.optimizer);
    }
  });
});

describe("bounds", () => {
  const counts = (selection: number, bytes: number): StepCounts => ({
    name: "x",
    parameters: 1,
    operations: { selection, maps: 0, concepts: 0, samples: 0, optimizer: 0 },
    bytes,
  });

  test("name what a step waits for, and say when that depends on the speed of memory", () => {
    expect(stepBounds(counts(100e9, 25e9))).toEqual({ arithmeticMs: 1000, memoryMs: [1000, 3125], bound: "memory" });
    expect(stepBounds(counts(100e9, 8e9)).bound).toBe("arithmetic");
    expect(stepBounds(counts(100e9, 16e9)).bound).toBe("either");
  });

  test("are a row for each configuration in the table", () => {
    const lines = countTable(configurations.map(countStep)).split("\n");
    expect(lines).toHaveLength(configurations.length + 2);
    expect(lines.find((line) => line.includes("mlp-large"))).toMatch(/\| +264 \| .* \| arithmetic +\|$/);
  });
});
