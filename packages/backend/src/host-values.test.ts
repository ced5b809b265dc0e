import { memory, mul, square, tensor1d } from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { cpuBackend, hostValues, useBackend } from "./index.ts";

beforeAll(async () => {
  await useBackend(cpuBackend);
});

test("the values of what is computed; tensors that were there stay, others go", () => {
  const x = tensor1d([1, 2, 3]);
  const before = memory().numTensors;
  expect(Array.from(hostValues(() => square(mul(x, 2))))).toEqual([4, 16, 36]);
  expect(Array.from(hostValues(() => x))).toEqual([1, 2, 3]);
  expect(memory().numTensors).toBe(before);
  expect(x.isDisposed).toBe(false);
});
