import { add, grad, grads, memory, mul, sum, type Tensor, tensor, tensor1d } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { type Contract, defineContract, hasOwnKernel, registerKernel } from "./contract.ts";
import { topKRows } from "./contracts/top-k-rows.ts";
import { truncatedAnalysis } from "./contracts/truncated-transforms.ts";
import { cpuBackend } from "./cpu-backend.ts";
import { useBackend } from "./plugin.ts";

beforeAll(async () => {
  await useBackend(cpuBackend);
});

const double: Contract<"x", "y", { readonly factor: number }> = defineContract({
  name: "SaenoTestScale",
  inputs: ["x"],
  outputs: ["y"],
  composite: ({ x }, { factor }) => ({ y: mul(x, factor) }),
  gradient: { saves: [], backward: ({ y }, _, { factor }) => ({ x: () => mul(y, factor) }) },
});

describe("a contract", () => {
  test("runs its composite until the backend registers a kernel, which then runs under the same name", () => {
    expect([...double({ x: tensor1d([1, 2]) }, { factor: 3 }).y.dataSync()]).toEqual([3, 6]);
    expect(hasOwnKernel(double, "cpu")).toBe(false);
    registerKernel(double, "cpu", ({ x }, { factor }, backend) => {
      const values = backend.readSync(x.dataId) as Float32Array;
      return {
        y: tensor(
          values.map((value) => value * factor + 0.5),
          x.shape,
        ),
      };
    });
    expect(hasOwnKernel(double, "cpu")).toBe(true);
    expect(hasOwnKernel(double, "wasm")).toBe(false);
    expect([...double({ x: tensor1d([1, 2]) }, { factor: 3 }).y.dataSync()]).toEqual([3.5, 6.5]);
  });

  test("keeps its gradient whichever kernel ran", () => {
    const gradient = grad((x: Tensor) => sum(double({ x }, { factor: 3 }).y))(tensor1d([1, 2]));
    expect([...gradient.dataSync()]).toEqual([3, 3]);
  });

  test("that only selects passes no gradient to its inputs, and blocks no other", () => {
    const x = tensor([3, 1, 2, 5], [2, 2]);
    const gradient = grad((rows: Tensor) => {
      const { indices } = topKRows({ x: rows }, { k: 1 });
      expect(indices.dtype).toBe("int32");
      return sum(mul(rows, add(indices, 1)));
    })(x);
    expect([...gradient.dataSync()]).toEqual([1, 1, 2, 2]);
  });

  test("gives the gradient of a gradient", () => {
    // The energy of the mean is quadratic in x: the derivative of its derivative is constant.
    const energy = (x: Tensor) => {
      const { re } = truncatedAnalysis({ x }, { modes: [1] });
      return sum(mul(re, re));
    };
    const second = grad((x: Tensor) => sum(mul(grad(energy)(x), tensor([1, 0, 0, 0], [1, 4]))))(
      tensor([1, 2, 3, 4], [1, 4]),
    );
    for (const value of second.dataSync()) expect(value).toBeCloseTo(2 / 16, 5);
  });

  test("used twice by one function adds up its gradients and leaves no tensor", () => {
    const [a, b] = [tensor([1, 2, 3], [1, 3]), tensor([4, 5, 6], [1, 3])];
    const before = memory().numTensors;
    const results = grads((x: Tensor, y: Tensor) => {
      const [first, second] = [truncatedAnalysis({ x }, { modes: [2] }), truncatedAnalysis({ x: y }, { modes: [2] })];
      return add(sum(mul(first.re, second.re)), sum(mul(first.im, second.im)));
    })([a, b]);
    expect(memory().numTensors).toBe(before + 2);
    for (const result of results) result.dispose();
  });
});
