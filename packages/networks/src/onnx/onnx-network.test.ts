import { disposeCodes } from "@saeno/activations";
import { useBackend } from "@saeno/backend";
import { wasmBackend } from "@saeno/backend-wasm";
import { saeCnn } from "@saeno/core";
import { arrayDataset, type Dataset } from "@saeno/datasets";
import { editCodes } from "@saeno/inspect";
import { add, memory, slice, sub, type Tensor, tensor, tidy, transpose, zerosLike } from "@tensorflow/tfjs-core";
import { InferenceSession, Tensor as OnnxTensor } from "onnxruntime-node";
import { beforeAll, describe, expect, test } from "vitest";
import { sized, smallBytes, smallExpected, smallImages, smallOnnx } from "../__fixtures__/small-onnx.ts";
import { conceptEffects } from "../causes/concept-effects.ts";
import { harvest } from "../data/harvest.ts";
import { readInput } from "../data/maps-of.ts";
import { fidelity } from "../fidelity.ts";
import { disposeOutputs, type Network } from "../network.ts";
import { networkFiles, openNetwork } from "../open-network.ts";

beforeAll(() => useBackend(wasmBackend));

const layer = "block/second/conv";
const values = (x: Tensor) => Array.from(x.dataSync());
const input = (count: number) => tensor(smallImages(count), [count, 3, 16, 12]);
const norm = (numbers: ArrayLike<number>) => Math.hypot(...Array.from(numbers));
const open = (change = sized(0, 3, 16, 12), outputs?: string[]): Promise<Network> =>
  openNetwork("onnx:small.onnx", { files: smallOnnx(change), ...(outputs && { outputs }) });

function images(count: number): Dataset {
  const given = tidy(() => transpose(input(count), [0, 2, 3, 1]));
  const dataset = arrayDataset({
    name: "images",
    values: given.dataSync<"float32">().slice(),
    shape: [count, 16, 12, 3],
  });
  given.dispose();
  return dataset;
}

function expectClose(found: readonly number[], wanted: readonly number[]): void {
  expect(found).toHaveLength(wanted.length);
  for (const [i, value] of wanted.entries()) expect(Math.abs(found[i] - value)).toBeLessThan(1e-5);
}

test("maps and outputs are those of loops in float64, maps with their channels last", async () => {
  const network = await open(undefined, ["logits"]);
  const expected = await smallExpected();
  const x = input(3);
  const map = await network.activations(x, layer);
  expect(map.shape).toEqual([3, 4, 3, 5]);
  expectClose(values(map), expected.layer);
  expectClose(values((await network.outputs(x)).logits), expected.logits);
  expectClose(values((await network.outputsFrom(x, layer, zerosLike(map))).logits), expected.without);
  network.dispose();
});

describe.each([
  ["any number of images", 0],
  ["one image at a time", 1],
])("a file for %s", (_, batch) => {
  test("says through hooks what it says by itself, bit for bit, and leaves nothing behind", async () => {
    const plain = await InferenceSession.create(await smallBytes, { graphOptimizationLevel: "disabled" });
    const network = await open(sized(batch, 3, 16, 12));
    const before = memory().numTensors;
    const x = input(3);
    const step = batch || 3;
    const direct: number[] = [];
    for (let at = 0; at < 3; at += step) {
      const some = smallImages(3).slice(at * 576, (at + step) * 576);
      const { classes } = await plain.run({ image: new OnnxTensor("float32", some, [step, 3, 16, 12]) });
      direct.push(...(classes.data as Float32Array));
    }
    const outputs = await network.outputs(x);
    expect(values(outputs.classes)).toEqual(direct);
    disposeOutputs(outputs);
    // One of several results of an operation, and the input itself, can be replaced too.
    for (const each of ["block/first/relu", "block/left", layer, "block/sum", "average"]) {
      const map = await network.activations(x, each);
      const spliced = await network.outputsFrom(x, each, map);
      expect(values(spliced.classes)).toEqual(direct);
      const none = zerosLike(map);
      const changed = await network.outputsFrom(x, each, none);
      expect(values(changed.classes)).not.toEqual(direct);
      // A tail for one image says the same of many maps: how many there are is a part of the graph.
      const one = slice(x, 1, 1);
      const tail = await network.tail(one, each);
      const [copies, alone] = [slice(map, 1, 1), await network.outputsFrom(one, each, slice(none, 0, 1))];
      const both = tidy(() => add<Tensor>(copies, tensor([0, 0], [2, ...copies.shape.slice(1).map(() => 1)])));
      const same = await tail.outputs(both);
      expectClose(values(same.classes), [...direct.slice(6, 12), ...direct.slice(6, 12)]);
      const zeroed = await tail.outputs(slice(none, 0, 1));
      expect(values(zeroed.classes)).toEqual(values(alone.classes));
      tail.dispose();
      for (const tensors of [spliced, changed, alone, same, zeroed]) disposeOutputs(tensors);
      for (const each of [map, none, one, copies, both]) each.dispose();
    }
    x.dispose();
    // Slices that were made on the way.
    expect(memory().numTensors - before).toBe(10);
    network.dispose();
  });
});

test("optimizations that are left out change no more than rounding", async () => {
  const session = await InferenceSession.create(await smallBytes);
  const { classes } = await session.run({ image: new OnnxTensor("float32", smallImages(3), [3, 3, 16, 12]) });
  const network = await open();
  expectClose(values((await network.outputs(input(3))).classes), Array.from(classes.data as Float32Array));
  network.dispose();
});

test("layers say their grid, stride, receptive field and parameters; names are completed", async () => {
  const network = await openNetwork("small.onnx", { files: smallOnnx() });
  const layers = new Map((await network.layers()).map((each) => [each.name, each]));
  const first = 4 * 3 * 9 + 4;
  expect(layers.get("block/first/conv")).toMatchObject({ op: "Conv", grid: [8, 6], channels: 4, parameters: first });
  expect(layers.get(layer)).toMatchObject({
    grid: [4, 3],
    channels: 5,
    stride: [4, 4],
    receptiveField: [13, 13],
    parameters: first + 16 + 5 * 4 * 9 + 5,
    global: false,
    sensible: true,
  });
  expect(layers.get("block/left")).toMatchObject({ channels: 2, receptiveField: [5, 5], sensible: false });
  expect(layers.get("block/relu")).toMatchObject({ receptiveField: [13, 13], sensible: true });
  expect([layers.has("vector"), layers.has("average")]).toEqual([false, false]);
  expect(network.layerName("second/conv")).toBe(layer);
  expect(() => network.layerName("block/secnd/conv")).toThrow(/Did you mean "?block\/second\/conv/);
  expect(network.preprocessing).toEqual({ channels: 3, size: [16, 12], layout: "channels-first", range: "0..1" });
  network.dispose();
});

test("a harvest that is killed and goes on is the same store", async () => {
  const network = await open();
  const options = { shardBytes: 2 * 4 * 60, batch: 2, type: "F32" } as const;
  const store = (files: Map<string, Uint8Array>, most = Number.POSITIVE_INFINITY) => ({
    read: async (name: string) => files.get(name),
    async write(name: string, bytes: Uint8Array) {
      if (most-- <= 0) throw new Error("killed");
      files.set(name, bytes.slice());
    },
  });
  const whole = new Map<string, Uint8Array>();
  await harvest(network, layer, images(5), store(whole), options);
  for (const most of [1, 2, 4]) {
    const files = new Map<string, Uint8Array>();
    await expect(harvest(network, layer, images(5), store(files, most), options)).rejects.toThrow("killed");
    await harvest(network, layer, images(5), store(files), options);
    expect(files).toEqual(whole);
  }
  network.dispose();
});

test("fidelity and effects are measured; of the guess by the gradient it is said that there is none", async () => {
  const network = await open(undefined, ["logits"]);
  const model = saeCnn({ channels: 5, concepts: 6, active: 3, kernel: [3, 3], domain: { density: 0.5 }, seed: 2 });
  const before = memory().numTensors;
  const { outputs } = await fidelity(model, network, layer, images(5), { batchSize: 3 });
  expect(outputs[0].changes.zero.relativeError).toBeGreaterThan(0);
  expect(outputs[0].changes.zero.agreement).toBeDefined();
  const found = await conceptEffects(model, network, layer, images(3), { batchSize: 2 });
  expect(memory().numTensors).toBe(before);
  expect([found.pairs, "rankCorrelation" in found, "attribution" in found.concepts[0]]).toEqual([9, false, false]);
  await expect(conceptEffects(model, network, layer, images(3), { attribution: true })).rejects.toMatchObject({
    code: "effects.gradient",
    message: expect.stringMatching(/without gradients/),
  });
  const { concept, change } = found.concepts[0];
  let expected = 0;
  for (let sample = 0; sample < 3; sample++) {
    const x = await readInput(network, images(3), [sample]);
    const map = await network.activations(x, layer);
    const codes = model.encode(map);
    const edited = await editCodes(codes, [{ kind: "remove", concepts: [concept] }]);
    const instead = tidy(() => add<Tensor>(map, sub(model.decode(edited, [4, 3]), model.decode(codes, [4, 3]))));
    const [clean, changed] = [await network.outputs(x), await network.outputsFrom(x, layer, instead)];
    expected += norm(sub(changed.logits, clean.logits).dataSync()) / norm(clean.logits.dataSync()) / 3;
    disposeCodes(codes);
    disposeCodes(edited);
  }
  expect(change).toBeCloseTo(expected, 4);
  network.dispose();
});

test("inputs are checked: sizes, numbers of images, layouts, types", async () => {
  const free = await openNetwork("x.onnx", { files: smallOnnx(sized(0, 3, 0, 0)), size: [32, 24] });
  expect((await free.layers()).find(({ name }) => name === layer)?.grid).toEqual([8, 6]);
  expect((await free.layers([16, 16])).find(({ name }) => name === layer)?.grid).toEqual([4, 4]);
  free.dispose();
  await expect(openNetwork("x.onnx", { files: smallOnnx(), size: [32, 24] })).rejects.toThrow(
    /made for images of 16 x 12 points; got 32 x 24/,
  );
  await expect(open(sized(4, 3, 16, 12))).rejects.toThrow(/made for 4 images at a time/);
  const half = smallOnnx(({ input: [image] }) => {
    if (image.type?.tensorType) image.type.tensorType.elemType = 10;
  });
  await expect(openNetwork("x.onnx", { files: half })).rejects.toThrow(/image \(float16: any, 3, any, any\)/);
  const text = smallOnnx(undefined, { "x.onnx": new TextEncoder().encode("no network") });
  await expect(openNetwork("x.onnx", { files: text })).rejects.toThrow(/is not an ONNX file/);
  await expect(open(undefined, ["nothing"])).rejects.toThrow(/no layer "nothing"/);
});

test("weights in a file beside it are read, and no other file is", async () => {
  const stored = new Uint8Array(5 * 4 * 9 * 4 + 3);
  const apart = (location: string) =>
    smallOnnx(
      ({ initializer }) => {
        const tensor = initializer.find(({ name }) => name === "second/filter");
        if (tensor === undefined) return;
        stored.set(tensor.rawData, 3);
        const entries = { location, offset: "3", length: String(tensor.rawData.length) };
        Object.assign(tensor, { rawData: new Uint8Array(), dataLocation: 1 });
        for (const [key, value] of Object.entries(entries))
          tensor.externalData.push({ $typeName: "onnx.StringStringEntryProto", key, value });
      },
      { "nets/small.data": stored },
    );
  const network = await openNetwork("nets/small.onnx", { files: apart("small.data"), outputs: ["logits"] });
  expectClose(values((await network.outputs(input(3))).logits), (await smallExpected()).logits);
  network.dispose();
  expect(await networkFiles("nets/small.onnx", apart("small.data"))).toEqual(["nets/small.onnx", "nets/small.data"]);
  const asked = "https://host/nets/small.onnx?download=true";
  const addresses: string[] = [];
  const { open: there } = apart("small.data");
  const host = {
    open(path: string) {
      addresses.push(path);
      return there(new URL(path).pathname.slice(1));
    },
    list: async () => undefined,
  };
  (await openNetwork(asked, { files: host })).dispose();
  expect(addresses).toEqual([asked, "https://host/nets/small.data"]);
  await expect(openNetwork("nets/small.onnx", { files: apart("../secret") })).rejects.toThrow(/not beside it/);
});

test("outputs are any values, of any type, that are one for each image", async () => {
  const network = await open(undefined, ["block/branch/conv", "count"]);
  const one = await network.outputs(input(1));
  expect([values(one.count), one.count.dtype, one["block/branch/conv"].shape]).toEqual([[1], "int32", [1, 4, 3, 5]]);
  await expect(network.outputs(input(2))).rejects.toThrow(/gives count of the shape \(1\) for 2 images/);
  network.dispose();
});
