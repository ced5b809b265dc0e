import { createRandom, register, useBackend } from "@saeno/backend";
import { wasmBackend } from "@saeno/backend-wasm";
import {
  arrayComponents,
  arrayDataset,
  type Dataset,
  dataSourceText,
  defineDataset,
  type FileAccess,
  memoryBytes,
  openDataset,
  parseDataSource,
} from "@saeno/datasets";
import { testDataset } from "@saeno/datasets/testing";
import { memory } from "@tensorflow/tfjs-core";
import { strictObject } from "valibot";
import { beforeAll, expect, test } from "vitest";
import { smallModel } from "../__fixtures__/small-model.ts";
import { defineNetworkKind, networkPath, openNetwork } from "../open-network.ts";
import { harvest } from "./harvest.ts";
import { harvestedImages } from "./harvested-images.ts";
import { mapsOf, readInput } from "./maps-of.ts";
import { networkData } from "./network-data.ts";

const count = 11;

function pictures(): Dataset {
  const random = createRandom(3);
  const values = Float32Array.from({ length: count * 192 }, () => random.uniform());
  const all = arrayDataset({ name: "pictures", values, shape: [count, 8, 8, 3] });
  return { ...all, origin: (index) => ({ file: `picture ${index}`, top: 0, left: 1 }) };
}

beforeAll(async () => {
  await useBackend(wasmBackend);
  const components = [
    defineDataset({ kind: "pictures", summary: "noise", schema: strictObject({}), open: () => pictures() }),
    networkData(smallModel()),
  ];
  register(...components);
  register(
    defineNetworkKind({ kind: "own", summary: "a graph", open: () => openNetwork("net", { files: smallModel() }) }),
  );
});

test("maps of a layer are a dataset, whatever is kept of them", async () => {
  const network = await openNetwork("net", { files: smallModel() });
  for (const cache of [0, 1]) {
    const maps = await mapsOf(network, "second/conv", pictures(), { cache, batch: 2 });
    expect([maps.grid, maps.channels]).toEqual([[4, 4], 4]);
    await testDataset({ dataset: maps });
  }
  const maps = await mapsOf(network, "second/conv", pictures(), { batch: 3 });
  const x = await readInput(network, pictures(), [7]);
  const map = await network.activations(x, "second/conv");
  expect(Array.from((await maps.read([3, 7])).slice(64))).toEqual(Array.from(map.dataSync()));
  x.dispose();
  map.dispose();
  network.dispose();
});

test("data is named by a network, a layer and images, and opens and closes", async () => {
  const source = "network:net#second/conv,pictures,range=0..255,mean=1/2/3";
  const config = parseDataSource(source);
  expect(config).toEqual({
    kind: "network",
    network: "net#second/conv",
    source: "pictures",
    range: "0..255",
    mean: "1/2/3",
  });
  expect(dataSourceText(config)).toBe(source);
  const ofOwn = await openDataset("network:own#second/conv,pictures");
  expect(ofOwn.train.channels).toBe(4);
  await ofOwn.all.close?.();
  const before = memory().numTensors;
  expect(networkData(smallModel()).title?.({ network: "tfjs:models/net/model.json#block/conv" })).toBe(
    "block/conv of net",
  );
  const { train, test: held, all, name } = await openDataset(`${source},cache=1`);
  expect([name, train.size, held.size, all.channels]).toEqual([`${source},cache=1`, 10, 1, 4]);
  expect(train.reading?.text).toMatch(/^maps of block\/second\/conv of net: 4 x 4, 4 channels/);
  expect(held.origin?.(0).file).toBe("picture 10");
  await all.close?.();
  expect(memory().numTensors).toBe(before);
  expect([networkPath("tfjs:a/b.json#c"), networkPath("a/b.json#c"), networkPath("own:x#c")]).toEqual([
    "a/b.json#c",
    "a/b.json#c",
    undefined,
  ]);
  await expect(openDataset("network:net,pictures")).rejects.toThrow(/needs a layer: write NET#LAYER/);
  await expect(openDataset("network:net#sum,sparse-vectors")).rejects.toThrow(/takes images of 3 channels/);
  await expect(openDataset("network:net#sum")).rejects.toThrow(/source/);
  expect(memory().numTensors).toBe(before);
});

/** A folder in memory, which fails after so many files. */
function memoryStore(most = Number.POSITIVE_INFINITY) {
  const files = new Map<string, Uint8Array>();
  let written = 0;
  return {
    files,
    read: async (name: string) => files.get(name),
    async write(name: string, bytes: Uint8Array) {
      if (written++ >= most) throw new Error("killed");
      files.set(name, bytes.slice());
    },
  };
}

test("a harvest that is killed and goes on is the same store, and safetensors: reads it", async () => {
  const network = await openNetwork("net", { files: smallModel() });
  const options = { shardBytes: 3 * 64 * 2, batch: 2, test: 2 } as const;
  const whole = memoryStore();
  const made = await harvest(network, "second/conv", pictures(), whole, options);
  expect(made).toMatchObject({ complete: true, settings: { layer: "block/second/conv", test: 2 } });
  expect(made.shards.map(({ samples }) => samples)).toEqual([3, 3, 3, 2]);
  expect(made.origins?.[4]).toEqual({ file: "picture 4", top: 0, left: 1 });
  for (const most of [0, 1, 2, 4, 5, 7]) {
    const store = memoryStore(most);
    await expect(harvest(network, "second/conv", pictures(), store, options)).rejects.toThrow("killed");
    const again = { ...memoryStore(), files: store.files };
    const goOn = {
      read: store.read,
      write: async (name: string, bytes: Uint8Array) => void again.files.set(name, bytes.slice()),
    };
    await harvest(network, "second/conv", pictures(), goOn, options);
    expect([...again.files.keys()].sort()).toEqual([...whole.files.keys()].sort());
    for (const [name, bytes] of whole.files) expect(again.files.get(name)).toEqual(bytes);
  }
  await expect(harvest(network, "first/relu", pictures(), whole, options)).rejects.toThrow(/another layer/);

  const files = {
    open: async (path: string) => memoryBytes(whole.files.get(path.replace("store/", "")) ?? new Uint8Array(), path),
    list: async (path: string) => (path === "store" ? [...whole.files.keys()] : undefined),
  };
  register(...arrayComponents(files));
  const { all } = await openDataset("safetensors:store");
  const maps = await mapsOf(network, "second/conv", pictures());
  const every = Array.from({ length: count }, (_, i) => i);
  const [stored, exact] = [await all.read(every), await maps.read(every)];
  for (let i = 0; i < exact.length; i++)
    expect(Math.abs(stored[i] - exact[i])).toBeLessThanOrEqual(2 ** -11 * Math.abs(exact[i]) + 2 ** -25);
  const first = exact.filter((_, i) => i % 4 === 0);
  expect(made.mean?.[0]).toBeCloseTo(first.reduce((sum, value) => sum + value, 0) / first.length, 5);
  network.dispose();
});

test("maps know their images: those computed now, and those of a store while the images are the same", async () => {
  const source = { kind: "pictures", limit: 9, test: 2 };
  const images = { data: source, seed: 0 };
  const network = await openNetwork("net", { files: smallModel() });
  const store = memoryStore();
  await harvest(network, "second/conv", pictures(), store, { test: 2, images });
  network.dispose();
  const filesOf = (change: (text: string) => string): FileAccess => ({
    async open(path) {
      const bytes = store.files.get(path.replace("maps/", ""));
      if (bytes === undefined) throw new Error(`no file ${path}`);
      const isText = path.endsWith(".json");
      return memoryBytes(isText ? new TextEncoder().encode(change(new TextDecoder().decode(bytes))) : bytes, path);
    },
    list: async (path) => (path === "maps" ? [...store.files.keys()] : undefined),
  });
  register(...arrayComponents(filesOf((text) => text)));
  const config = { kind: "safetensors", file: "maps", limit: 8, test: 2 };
  const opened = await openDataset(config);
  const kept = await harvestedImages(
    opened,
    config,
    filesOf((text) => text),
  );
  const computed = await openDataset({
    kind: "network",
    network: "net#second/conv",
    source: "pictures",
    limit: 8,
    test: 2,
  });
  for (const part of ["train", "test", "all"] as const) {
    for (const [data, index] of [
      [kept[part], 1],
      [computed[part], 1],
    ] as const) {
      const shown = data.images?.dataset;
      const [image, expected] = await Promise.all([shown?.read([index]), pictures().read([part === "test" ? 10 : 1])]);
      expect(image).toEqual(expected);
      expect(await data.images?.receptiveField?.()).toEqual([7, 7]);
      expect(shown?.size).toBe(data.size);
    }
  }
  await computed.all.close?.();
  const problemOf = async (change: (text: string) => string) =>
    (await harvestedImages(opened, config, filesOf(change))).test.images?.problem;
  expect(await problemOf((text) => text.replace("picture 4", "picture 5"))).toMatch(/not shown: .* other photographs/);
  expect(await problemOf((text) => text.replace('"images"', '"other"'))).toMatch(/Harvest again/);
  expect(
    await harvestedImages(
      opened,
      { ...config, kind: "npy" },
      filesOf((text) => text),
    ),
  ).toBe(opened);
});
