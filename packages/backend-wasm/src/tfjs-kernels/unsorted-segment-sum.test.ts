import { useBackend } from "@saeno/backend";
import { gather, grad, mul, sum, type Tensor, tensor, tensor1d, unsortedSegmentSum } from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { wasmBackend } from "../wasm-backend.ts";

beforeAll(async () => {
  await useBackend(wasmBackend);
});

test("rows are summed by segment, segments without rows are zero and negative ids are dropped", () => {
  const x = tensor([1, 2, 3, 4, 5, 6, 7, 8], [4, 2]);
  const sums = unsortedSegmentSum(x, tensor1d([2, 0, 2, -1], "int32"), 4);
  expect(sums.shape).toEqual([4, 2]);
  expect([...sums.dataSync()]).toEqual([3, 4, 0, 0, 6, 8, 0, 0]);
});

test("the gradient of gather adds up what was gathered more than once", () => {
  const x = tensor([1, 2, 3, 4, 5, 6], [3, 2]);
  const weights = tensor([1, 10, 2, 20, 4, 40, 8, 80], [4, 2]);
  const gradient = grad((rows: Tensor) => sum(mul(gather(rows, tensor1d([2, 0, 2, 2], "int32")), weights)))(x);
  expect([...gradient.dataSync()]).toEqual([2, 20, 0, 0, 13, 130]);
});

test("the gradient of gather along a later axis reaches that axis", () => {
  const x = tensor([1, 2, 3, 4, 5, 6], [2, 3]);
  const weights = tensor([1, 2, 3, 4], [2, 2]);
  const gradient = grad((rows: Tensor) => sum(mul(gather(rows, tensor1d([2, 0], "int32"), 1), weights)))(x);
  expect([...gradient.dataSync()]).toEqual([2, 0, 1, 4, 0, 3]);
});
