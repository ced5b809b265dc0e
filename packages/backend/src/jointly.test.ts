import { add, grads, memory, mul, sub, sum, type Tensor, tensor1d } from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { type Contract, defineContract } from "./contract.ts";
import { cpuBackend } from "./cpu-backend.ts";
import { jointly } from "./jointly.ts";
import { useBackend } from "./plugin.ts";

let computed = 0;

/** `left + 2 right`, with a backward pass that counts its runs. */
const combine: Contract<"left" | "right", "sum", object> = defineContract({
  name: "SaenoTestCombine",
  inputs: ["left", "right"],
  outputs: ["sum"],
  composite: ({ left, right }) => ({ sum: add(left, mul(right, 2)) }),
  gradient: {
    saves: [],
    backward(upstream) {
      return jointly(["left", "right"], () => {
        computed++;
        return { first: mul(upstream.sum, 1), second: mul(upstream.sum, 2) };
      }, ["first", "second"]);
    },
  },
});

beforeAll(async () => {
  await useBackend(cpuBackend);
});

test("gradients computed together are computed once, reach their inputs and leave nothing behind", () => {
  const [x, y] = [tensor1d([1, 2]), tensor1d([3, 4])];
  const before = memory();
  const [dx, dy] = grads((left: Tensor, right: Tensor) =>
    sum(sub(combine({ left, right }, {}).sum, combine({ left: right, right: left }, {}).sum)),
  )([x, y]) as [Tensor, Tensor];
  expect(computed).toBe(2);
  expect([...dx.dataSync()]).toEqual([-1, -1]);
  expect([...dy.dataSync()]).toEqual([1, 1]);
  dx.dispose();
  dy.dispose();
  expect(memory()).toMatchObject({ numTensors: before.numTensors, numDataBuffers: before.numDataBuffers });
});
