import { createRandom, useBackend } from "@saeno/backend";
import { wasmBackend } from "@saeno/backend-wasm";
import { saeFno } from "@saeno/core";
import { arrayDataset } from "@saeno/datasets";
import { conceptEffects, openNetwork, preprocess } from "@saeno/networks";
import { max, memory, tensor, tidy } from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { smallModel } from "../../../../packages/networks/src/__fixtures__/small-model.ts";
import { smallOnnx } from "../../../../packages/networks/src/__fixtures__/small-onnx.ts";
import { NetworkSession } from "./network-session.ts";

beforeAll(async () => {
  await useBackend(wasmBackend);
  // Pages have them.
  globalThis.ImageData ??= class {
    readonly data: Uint8ClampedArray;
    constructor(
      readonly width: number,
      readonly height: number,
    ) {
      this.data = new Uint8ClampedArray(4 * width * height);
    }
  } as typeof ImageData;
});

test("of an output that is a map channels come last, wherever the network has them", async () => {
  const files = smallOnnx();
  const open = (outputs: readonly string[]) => openNetwork("small.onnx", { files, outputs });
  const network = await open(["block/relu"]);
  const layers = await network.layers();
  const layer = layers.find(({ name }) => name === "block/second/conv");
  if (layer === undefined) throw new Error("There is no layer.");
  const pixels = createRandom(4).normals(16 * 12 * 3);
  const images = arrayDataset({ name: "noise", values: pixels, shape: [1, 16, 12, 3] });
  const model = saeFno({ channels: 5, concepts: 6, active: 3, modes: [2, 2] });
  const session = new NetworkSession(
    {
      network,
      withOutput: (name) => open([name]),
      ...{ layer, layers, size: [16, 12], images, withoutImages: undefined, classes: undefined },
    },
    model,
  );
  const seen = await session.output({ index: 0 }, [], "block/relu", 2);
  const x = tidy(() => preprocess(tensor(pixels, [1, 16, 12, 3]), network.preprocessing));
  const map = await network.activations(x, "block/relu");
  expect(seen.grid).toEqual([4, 3]);
  expect(Array.from(seen.before)).toEqual(Array.from(max(map, [0, 1, 2]).dataSync()));
  await session.close();
  model.dispose();
});

test("an edit changes an output as conceptEffects says; one that changes nothing does not; nothing stays on the device", async () => {
  const values = createRandom(4).normals(2 * 8 * 8 * 3);
  const images = arrayDataset({ name: "noise", values, shape: [2, 8, 8, 3] });
  const model = saeFno({ channels: 4, concepts: 8, active: 3, modes: [2, 2] });
  const open = (outputs: readonly string[]) => openNetwork("net", { files: smallModel(), outputs });
  const empty = memory().numTensors;
  const network = await open(["classes", "block/relu"]);
  const layers = await network.layers();
  const layer = layers.find(({ name }) => name === "block/second/conv");
  if (layer === undefined) throw new Error("There is no layer.");
  const session = new NetworkSession(
    {
      network,
      withOutput: (name) => open([name]),
      ...{ layer, layers, size: [8, 8], images, withoutImages: undefined, classes: undefined },
    },
    model,
  );
  const { codes } = await session.photo({ index: 1 });
  const second = { ...images, size: 1, read: () => images.read([1]) };
  for (const output of ["classes", "block/relu"]) {
    const { concepts } = await conceptEffects(model, network, layer.name, second, { output, attribution: false });
    for (const { concept, change } of concepts) {
      const seen = await session.output({ index: 1 }, [{ kind: "remove", concepts: [concept] }], output);
      expect(seen.change).toBeCloseTo(change, 5);
      expect(seen.after).not.toEqual(seen.before);
    }
    const same = await session.output(
      { index: 1 },
      [{ kind: "scale", concept: codes.concepts[0] ?? 0, factor: 1 }],
      output,
    );
    expect(same.change).toBe(0);
    expect(same.grid).toEqual(output === "classes" ? [] : [4, 4]);
  }
  await session.close();
  expect(memory().numTensors).toBe(empty);
  model.dispose();
});
