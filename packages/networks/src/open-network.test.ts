import { createRandom, useBackend } from "@saeno/backend";
import { wasmBackend } from "@saeno/backend-wasm";
import { pageFiles } from "@saeno/datasets";
import {
  add,
  conv2d,
  expandDims,
  mean,
  memory,
  mul,
  relu,
  sum,
  type Tensor,
  type Tensor4D,
  tensor,
  tensor4d,
  tidy,
} from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { smallModel } from "./__fixtures__/small-model.ts";
import { disposeOutputs, type Network } from "./network.ts";
import { openNetwork } from "./open-network.ts";
import { defineNetwork } from "./own-network.ts";
import { preprocess } from "./preprocessing.ts";

beforeAll(() => useBackend(wasmBackend));

function images(count: number, size = 8): Tensor {
  return tensor(createRandom(2).normals(count * size * size * 3), [count, size, size, 3]);
}

const values = (x: Tensor) => Array.from(x.dataSync());

const filter = () => tensor4d(createRandom(1).normals(3 * 3 * 3 * 2), [3, 3, 3, 2]);
const own = () =>
  defineNetwork({
    name: "own",
    preprocessing: { channels: 3, size: [8, 8] },
    run(x, tap) {
      const map = tap("conv", conv2d(x as Tensor4D, filter(), 2, "same"));
      // The input goes around the layer.
      return { out: add(sum(relu(map), [1, 2]), expandDims(mean(x, [1, 2, 3]), 1)) };
    },
  });

const networks: [string, string, () => Promise<Network>][] = [
  ["a graph", "block/second/conv", () => openNetwork("net", { files: smallModel() })],
  ["a graph for one image", "block/second/conv", () => openNetwork("net", { files: smallModel({ batch: 1 }) })],
  ["a function", "conv", async () => own()],
];

describe.each(networks)("%s", (_, layer, open) => {
  test("gives the same outputs through hooks, bit for bit, and leaves nothing behind", async () => {
    const network = await open();
    const x = images(3);
    const plain = await network.outputs(x);
    const before = memory().numTensors;
    const map = await network.activations(x, layer);
    expect(map.shape.slice(0, 3)).toEqual([3, 4, 4]);
    const spliced = await network.outputsFrom(x, layer, map);
    for (const name of network.outputNames) expect(values(spliced[name])).toEqual(values(plain[name]));
    const other = tidy(() => mul(map, 0));
    const changed = await network.outputsFrom(x, layer, other);
    expect(values(changed[network.outputNames[0]])).not.toEqual(values(plain[network.outputNames[0]]));
    // What goes around the layer is not lost.
    const [first, second] = values(changed[network.outputNames[0]]);
    expect(first === second && first === 0).toBe(false);
    disposeOutputs(spliced);
    disposeOutputs(changed);
    other.dispose();
    map.dispose();
    expect(memory().numTensors).toBe(before);
    disposeOutputs(plain);
    x.dispose();
    network.dispose();
  });
});

test("layers say their grid, stride, receptive field and parameters", async () => {
  const network = await openNetwork("tfjs:net/model.json", { files: smallModel() });
  const layers = new Map((await network.layers()).map((layer) => [layer.name, layer]));
  expect(layers.get("block/second/conv")).toMatchObject({
    grid: [4, 4],
    channels: 4,
    stride: [2, 2],
    receptiveField: [7, 7],
    parameters: 3 * 3 * 3 * 4 + 3 * 3 * 4 * 4,
    global: false,
    sensible: true,
  });
  expect(layers.get("block/sum")).toMatchObject({ receptiveField: [7, 7], parameters: 264, sensible: true });
  expect(layers.has("logits")).toBe(false);
  network.dispose();
});

test("names are completed, and those that are close suggested", async () => {
  const network = await openNetwork("net", { files: smallModel() });
  expect(network.layerName("second/conv")).toBe("block/second/conv");
  expect(() => network.layerName("conv")).toThrow(/3 layers are called "conv"/);
  expect(() => network.layerName("block/secnd/conv")).toThrow(/Did you mean "?block\/second\/conv/);
  network.dispose();
});

test("outputs are any nodes, and must come after the layer", async () => {
  const network = await openNetwork("net", { files: smallModel(), outputs: ["logits", "first/relu"] });
  const x = images(2);
  const outputs = await network.outputs(x);
  expect(Object.keys(outputs)).toEqual(["logits", "block/first/relu"]);
  disposeOutputs(outputs);
  network.dispose();
  const early = await openNetwork("net", { files: smallModel(), outputs: ["first/relu"] });
  const map = await early.activations(x, "second/conv");
  await expect(early.outputsFrom(x, "second/conv", map)).rejects.toThrow(/none of the outputs .* comes after/);
  early.dispose();
  map.dispose();
  x.dispose();
});

test("preprocessing is checked against the file, and applied", async () => {
  const options = { range: "0..255", mean: [1, 2, 3], deviation: [1, 2, 4] } as const;
  const network = await openNetwork("net", { files: smallModel(), ...options });
  expect(network.preprocessing).toEqual({ ...options, size: [8, 8], channels: 3, layout: "channels-last" });
  const x = tidy(() => preprocess(tensor(new Float32Array(192).fill(1), [1, 8, 8, 3]), network.preprocessing));
  expect(values(x).slice(0, 3)).toEqual([254, 126.5, 63]);
  x.dispose();
  const small = images(1, 6);
  expect(() => preprocess(small, network.preprocessing)).toThrow(/8 x 8 points; these have 6 x 6\. .*crop=8/);
  small.dispose();
  network.dispose();
  const other = await openNetwork("net", { files: smallModel(), size: [16, 16] });
  expect((await other.layers()).find(({ name }) => name === "block/sum")?.grid).toEqual([8, 8]);
  other.dispose();
  await expect(openNetwork("net", { files: smallModel(), mean: [1] })).rejects.toThrow(/mean must be 3 numbers/);
});

test("a model is opened from files that were dropped on a page, wherever they lie", async () => {
  const stored = smallModel();
  const dropped = async (folder: string) => {
    const files = ["model.json", "weights.bin"].map(async (name) => {
      const source = await stored.open(`net/${name}`);
      const file = new File([new Uint8Array(await source.read(0, source.size))], name);
      return Object.defineProperty(file, "webkitRelativePath", { value: folder === "" ? "" : `${folder}/${name}` });
    });
    return pageFiles(await Promise.all(files));
  };
  for (const [folder, place] of [
    ["", "model.json"],
    ["a/b", "a/b"],
  ]) {
    const network = await openNetwork(place, { files: await dropped(folder) });
    expect(network.layerName("sum")).toBe("block/sum");
    network.dispose();
  }
});

test("what is not a graph model is said to be none", async () => {
  await expect(openNetwork("keras:x")).rejects.toThrow(/of a kind of tfjs/);
  await expect(openNetwork("net/weights.bin", { files: smallModel() })).rejects.toThrow(/weights.bin is/);
  const first = smallModel({ dataFormat: "NCHW" });
  await expect(openNetwork("net", { files: first })).rejects.toThrow(/first\/conv with channels first \(NCHW\)/);
});
