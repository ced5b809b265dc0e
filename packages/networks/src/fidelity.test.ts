import { createRandom, useBackend } from "@saeno/backend";
import { wasmBackend } from "@saeno/backend-wasm";
import { type SparseAutoencoder, saeCnn, saeMlp } from "@saeno/core";
import { arrayDataset } from "@saeno/datasets";
import {
  avgPool,
  mean,
  memory,
  squaredDifference,
  sum,
  type Tensor,
  type Tensor4D,
  zeros,
  zerosLike,
} from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { smallModel } from "./__fixtures__/small-model.ts";
import { conceptEffects } from "./causes/concept-effects.ts";
import { fidelity } from "./fidelity.ts";
import { openNetwork } from "./open-network.ts";
import { defineNetwork } from "./own-network.ts";

beforeAll(() => useBackend(wasmBackend));

const count = 7;
const images = () =>
  arrayDataset({ name: "images", values: createRandom(4).normals(count * 192), shape: [count, 8, 8, 3] });
const open = () => openNetwork("net", { files: smallModel(), outputs: ["classes", "block/relu"] });

/** A model that makes something of maps, whatever its codes. */
function modelOf(reconstruction: (x: Tensor) => Tensor): SparseAutoencoder {
  const forward = (x: Tensor) => ({
    codes: { kind: "dense", values: zeros([1, 1, 1, 1]) },
    reconstruction: reconstruction(x),
  });
  // What fidelity asks of a model.
  return { dictionary: { domain: "functions", channels: 4 }, forward } as unknown as SparseAutoencoder;
}

test("perfect reconstructions recover everything, zeros nothing of what zeros lose", async () => {
  const network = await open();
  const before = memory().numTensors;
  const perfect = await fidelity(
    modelOf((x) => x.clone()),
    network,
    "second/conv",
    images(),
    { batchSize: 3 },
  );
  expect(perfect).toMatchObject({ samples: count, relativeError: 0, layer: "block/second/conv" });
  for (const { changes, recovered } of perfect.outputs) {
    expect(recovered).toEqual({ zero: 1, mean: 1 });
    expect(changes.reconstruction.relativeError).toBe(0);
    expect(changes.reconstruction.correlation).toBeCloseTo(1, 10);
    expect(changes.zero.relativeError).toBeGreaterThan(0);
  }
  expect(perfect.outputs[0].changes.reconstruction).toMatchObject({ agreement: 1, divergence: 0 });
  const nothing = await fidelity(
    modelOf((x) => zerosLike(x)),
    network,
    "second/conv",
    images(),
  );
  for (const { recovered } of nothing.outputs) expect(recovered.zero).toBe(0);
  expect(nothing.outputs[1].changes.reconstruction.agreement).toBeUndefined();
  expect(memory().numTensors).toBe(before);
  network.dispose();
});

test("numbers do not depend on batches, and are those of the definition", async () => {
  const network = await open();
  const model = saeCnn({ channels: 4, concepts: 5, active: 2, kernel: [3, 3], domain: { density: 0.5 }, seed: 2 });
  const [one, all] = [
    await fidelity(model, network, "second/conv", images(), { batchSize: 1 }),
    await fidelity(model, network, "second/conv", images(), { batchSize: 7 }),
  ];
  expect(one.outputs[1].recovered.mean).toBeCloseTo(all.outputs[1].recovered.mean, 4);
  const { changes, recovered } = all.outputs[1];
  const share = 1 - (changes.reconstruction.relativeError / changes.zero.relativeError) ** 2;
  expect(recovered.zero).toBeCloseTo(share, 6);
  model.dispose();
  network.dispose();
});

test("outputs whose size depends on what is found are refused, not compared in part", async () => {
  const network = defineNetwork({
    name: "detector",
    preprocessing: { channels: 3, size: [8, 8] },
    run(x, tap) {
      const map = tap("map", avgPool(x as Tensor4D, 2, 2, "same"));
      const found = 1 + map.dataSync().filter((value) => value > 0.5).length;
      return { boxes: zeros([found, 6]) };
    },
  });
  const model = saeCnn({ channels: 3, concepts: 5, active: 2, kernel: [3, 3], domain: { density: 0.5 } });
  const before = memory().numTensors;
  const refused = /boxes has the shape \(\d+, 6\) as it is, and \(\d+, 6\) after/;
  await expect(fidelity(model, network, "map", images())).rejects.toThrow(refused);
  await expect(conceptEffects(model, network, "map", images(), { attribution: false })).rejects.toThrow(refused);
  expect(memory().numTensors).toBe(before);
  model.dispose();
});

test("a loss of one's own is recovered too, and a model of vectors takes whole maps", async () => {
  const network = await open();
  const model = saeMlp({ inputs: 64, concepts: 8, active: 2 });
  const found = await fidelity(model, network, "second/conv", images(), {
    loss: (outputs) => mean(sum(squaredDifference(outputs.classes, 1), 1)),
  });
  expect(found.loss?.clean).toBeGreaterThan(0);
  expect(Number.isFinite(found.loss?.recovered.mean)).toBe(true);
  model.dispose();
  network.dispose();
});
