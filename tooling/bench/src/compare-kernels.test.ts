import { expect, it } from "vitest";
import { compare, describeComparison } from "./compare-kernels.ts";

const arrays = (values: number[], concepts: number[], positions: number[], gradient: number[]) =>
  new Map([
    ["values", Float32Array.from(values)],
    ["concepts", Float32Array.from(concepts)],
    ["positions", Float32Array.from(positions)],
    ["gradient of theta", Float32Array.from(gradient)],
  ]);

it("compares codes that both kept, counts the others, and measures gradients by their norm", () => {
  const reference = arrays([4, 2, 1, 3], [0, 5], [1, 2, 3, 4], [3, 4]);
  const own = arrays([4.04, 2, 9, 3], [0, 5], [1, 2, 7, 4], [3, 4.5]);
  const result = compare("small", own, reference);
  expect(result.selections).toEqual({ different: 1, of: 4 });
  expect(result.deviations.codes).toBeCloseTo(0.01, 5);
  expect(result.deviations["gradient of theta"]).toBeCloseTo(0.1, 6);
  expect(describeComparison(result)).toBe("small: 1 of 4 selections differ; codes 1.0e-2, gradient of theta 1.0e-1");
});

it("finds nothing between equal arrays", () => {
  const same = arrays([1, 2], [0, 1], [0, 0], [1, 0]);
  expect(compare("same", same, same)).toEqual({
    name: "same",
    selections: { different: 0, of: 2 },
    deviations: { codes: 0, "gradient of theta": 0 },
  });
});
