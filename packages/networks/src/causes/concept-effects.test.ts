import { disposeCodes } from "@saeno/activations";
import { cpuBackend, createRandom, useBackend } from "@saeno/backend";
import { wasmBackend } from "@saeno/backend-wasm";
import { type SparseAutoencoder, saeCnn, saeFno, saeTokens } from "@saeno/core";
import { arrayDataset } from "@saeno/datasets";
import { editCodes } from "@saeno/inspect";
import {
  add,
  conv2d,
  depthwiseConv2d,
  expandDims,
  grads,
  memory,
  mul,
  squeeze,
  sub,
  sum,
  type Tensor,
  type Tensor4D,
  tensor,
  tensor4d,
  tidy,
} from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { smallModel } from "../__fixtures__/small-model.ts";
import { readInput } from "../data/maps-of.ts";
import { openNetwork } from "../open-network.ts";
import { defineNetwork } from "../own-network.ts";
import { conceptEffects } from "./concept-effects.ts";
import { editedOutput } from "./edited-output.ts";
import { registerGradientKernels } from "./gradient-kernels.ts";
import { rankCorrelation } from "./rank-correlation.ts";

beforeAll(() => useBackend(wasmBackend));

const count = 4;
const images = (channels = 3) =>
  arrayDataset({
    name: "images",
    values: createRandom(4).normals(count * 64 * channels),
    shape: [count, 8, 8, channels],
  });
const model = (channels: number): SparseAutoencoder =>
  saeCnn({ channels, concepts: 6, active: 3, kernel: [3, 3], domain: { density: 0.5 }, seed: 2 });
const norm = (values: ArrayLike<number>) =>
  Math.sqrt(Array.from(values).reduce((total, value) => total + value ** 2, 0));

test.each([-1, 1])("effects are those of codes that are edited, one by one; batch of the graph: %s", async (batch) => {
  const network = await openNetwork("net", { files: smallModel({ batch }), outputs: ["logits"] });
  const sae = model(4);
  const before = memory().numTensors;
  const found = await conceptEffects(sae, network, "second/conv", images(), { batchSize: 2, attribution: false });
  expect(memory().numTensors).toBe(before);
  const { concept, change, samples } = found.concepts[0];
  expect([found.pairs, samples > 0, change > 0]).toEqual([count * 3, true, true]);
  let expected = 0;
  for (let sample = 0; sample < count; sample++) {
    const x = await readInput(network, images(), [sample]);
    const map = await network.activations(x, "second/conv");
    const codes = sae.encode(map);
    const edited = await editCodes(codes, [{ kind: "remove", concepts: [concept] }]);
    const instead = tidy(() => add(map, sub(sae.decode(edited, [4, 4]), sae.decode(codes, [4, 4]))));
    const [clean, changed] = [await network.outputs(x), await network.outputsFrom(x, "second/conv", instead)];
    expected += norm(sub(changed.logits, clean.logits).dataSync()) / norm(clean.logits.dataSync()) / count;
    disposeCodes(codes);
    disposeCodes(edited);
  }
  expect(change).toBeCloseTo(expected, 4);
});

test.each([
  ["SAE-CNN", () => model(4)],
  ["SAE-FNO", () => saeFno({ channels: 4, concepts: 6, active: 3, modes: [2, 2], seed: 2 })],
  ["tokens", () => saeTokens({ channels: 4, concepts: 6, active: 2, seed: 2 })],
])("moves are those of codes that are moved; the output channel that changes is named: %s", async (_, make) => {
  const network = await openNetwork("net", { files: smallModel(), outputs: ["logits", "block/relu"] });
  const sae = make();
  const before = memory().numTensors;
  const options = { move: [1, -2], attribution: false, output: "block/relu" };
  const found = await conceptEffects(sae, network, "second/conv", images(), options);
  expect([memory().numTensors, found.edit]).toEqual([before, { move: [1, -2] }]);
  const { concept, change, channels = [] } = found.concepts[0];
  let expected = 0;
  const squares = new Float64Array(4);
  for (let sample = 0; sample < count; sample++) {
    const x = await readInput(network, images(), [sample]);
    const map = await network.activations(x, "second/conv");
    const codes = sae.encode(map);
    const edited = await editCodes(codes, [{ kind: "move", concept, by: [1, -2] }]);
    const instead = tidy(() => add(map, sub(sae.decode(edited, [4, 4]), sae.decode(codes, [4, 4]))));
    const [clean, changed] = [await network.outputs(x), await network.outputsFrom(x, "second/conv", instead)];
    const difference = sub(changed["block/relu"], clean["block/relu"]).dataSync();
    for (const [i, value] of difference.entries()) squares[i % 4] += value ** 2;
    expected += norm(difference) / norm(clean["block/relu"].dataSync()) / count;
    const tensors = memory().numTensors;
    const alone = await editedOutput(sae, network, "second/conv", images(), {
      ...{ concept, sample, output: "block/relu", move: [1, -2] },
    });
    expect(memory().numTensors).toBe(tensors);
    expect(alone.shape).toEqual([4, 4, 4]);
    const moved = alone.after.map((value, i) => value - alone.before[i]);
    expect(norm(moved)).toBeCloseTo(norm(difference), 4);
  }
  expect(change).toBeCloseTo(expected, 4);
  const total = squares.reduce((sum, value) => sum + value);
  const order = [...squares.keys()].sort((a, b) => squares[b] - squares[a]);
  expect(channels.map(({ channel }) => channel)).toEqual(order.slice(0, 3));
  expect(channels[0].share).toBeCloseTo(squares[order[0]] / total, 4);
  await expect(conceptEffects(sae, network, "second/conv", images(), { move: [1] })).rejects.toThrow(/4 x 4 takes 2/);
  const both = conceptEffects(sae, network, "second/conv", images(), { move: [1, 0], factor: 2 });
  await expect(both).rejects.toThrow(/One edit at a time/);
});

test("of a network that is linear after the layer, the guess is the truth", async () => {
  const weights = tensor(createRandom(7).normals(8 * 8 * 2), [1, 8, 8, 2]);
  const network = defineNetwork({
    name: "linear",
    preprocessing: { channels: 2, size: [8, 8] },
    run: (x, tap) => ({ sum: expandDims(sum(mul(tap("map", mul(x, 2)), weights), [1, 2, 3]), 1) }),
  });
  const found = await conceptEffects(model(2), network, "map", images(2), {
    factor: 0.5,
    target: ({ sum: value }) => squeeze(value, [1]),
  });
  for (const { effect, attribution } of found.concepts) expect(attribution).toBeCloseTo(effect, 3);
  expect(found.rankCorrelation).toBeGreaterThan(0.999);
});

test("on a graph the guess follows the truth", async () => {
  const network = await openNetwork("net", { files: smallModel(), outputs: ["logits"] });
  const before = memory().numTensors;
  const sae = model(4);
  const small = await conceptEffects(sae, network, "second/conv", images(), { factor: 0.999 });
  // Where the edit is small, the gradient is right.
  expect(small.rankCorrelation).toBeGreaterThan(0.95);
  sae.dispose();
  expect(memory().numTensors).toBe(before);
  await expect(conceptEffects(model(4), network, "second/conv", images(), { output: "x" })).rejects.toThrow(
    /outputs logits/,
  );
});

describe("gradients of convolutions are those of the cpu backend", () => {
  const cases = [
    { stride: 1, padding: "same", size: [6, 5] },
    { stride: 2, padding: "same", size: [7, 6] },
    { stride: 2, padding: "valid", size: [8, 7] },
  ] as const;
  test.each(cases)("$stride $padding", async ({ stride, padding, size }) => {
    const random = createRandom(1);
    const numbers = (length: number) => random.normals(length);
    const xs = numbers(2 * size[0] * size[1] * 2);
    const [filter, depth] = [numbers(3 * 3 * 2 * 3), numbers(3 * 3 * 2 * 2)];
    const run = (
      of: (x: Tensor4D, w: Tensor4D) => Tensor,
      shape: [number, number, number, number],
      values: Float32Array,
    ) => {
      const x = tensor4d(xs, [2, size[0], size[1], 2]);
      const found = grads((a: Tensor, b: Tensor) =>
        sum(mul(of(a as Tensor4D, b as Tensor4D), of(x, tensor4d(values, shape)))),
      )([x, tensor4d(values, shape)]);
      return found.map((each) => Array.from(each.dataSync()));
    };
    const all = () => [
      run((x, w) => conv2d(x, w, stride, padding), [3, 3, 2, 3], filter),
      run((x, w) => depthwiseConv2d(x, w, stride, padding), [3, 3, 2, 2], depth),
    ];
    registerGradientKernels();
    const here = all().flat(2);
    await useBackend(cpuBackend);
    const there = all().flat(2);
    await useBackend(wasmBackend);
    expect(here.length).toBe(there.length);
    for (let i = 0; i < here.length; i++) expect(here[i]).toBeCloseTo(there[i], 3);
  });
});

test("ranks are Spearman's, with ties", () => {
  expect(rankCorrelation([1, 2, 3, 4], [10, 20, 30, 35])).toBeCloseTo(1, 12);
  expect(rankCorrelation([1, 2, 3, 4], [4, 3, 2, 1])).toBeCloseTo(-1, 12);
  expect(rankCorrelation([1, 1, 2], [1, 2, 2])).toBeCloseTo(0.5, 12);
  expect(rankCorrelation([1, 1], [1, 2])).toBe(0);
});
