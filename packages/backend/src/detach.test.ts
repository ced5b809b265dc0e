import { grad, memory, mul, sum, type Tensor, tensor1d, tidy } from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { cpuBackend } from "./cpu-backend.ts";
import { detach } from "./detach.ts";
import { useBackend } from "./plugin.ts";

beforeAll(async () => {
  await useBackend(cpuBackend);
});

test("no gradient flows through a detached tensor", () => {
  // d/dx of x * c with c = x held fixed is c, not 2 x.
  const gradient = grad((x: Tensor) => sum(mul(x, detach(x))))(tensor1d([3, -4]));
  expect([...gradient.dataSync()]).toEqual([3, -4]);
});

test("a detached tensor shares its data and outlives the original", () => {
  const before = memory();
  const original = tensor1d([1, 2]);
  const detached = detach(original);
  expect(memory().numTensors).toBe(before.numTensors + 2);
  expect(memory().numDataBuffers).toBe(before.numDataBuffers + 1);
  original.dispose();
  expect([...detached.dataSync()]).toEqual([1, 2]);
  detached.dispose();
  expect(memory()).toMatchObject({ numTensors: before.numTensors, numDataBuffers: before.numDataBuffers });
});

test("the original outlives a detached tensor, and a tidy disposes detached ones", () => {
  const before = memory().numTensors;
  const original = tensor1d([1, 2]);
  tidy(() => {
    detach(detach(original));
  });
  expect([...original.dataSync()]).toEqual([1, 2]);
  original.dispose();
  expect(memory().numTensors).toBe(before);
});
