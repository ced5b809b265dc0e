import { createRandom, useBackend } from "@saeno/backend";
import { wasmBackend } from "@saeno/backend-wasm";
import { type SparseAutoencoder, saeCnn } from "@saeno/core";
import { arrayDataset } from "@saeno/datasets";
import { conv2d, memory, relu, sum, type Tensor4D, tensor, tensor4d, tidy } from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { smallModel } from "../__fixtures__/small-model.ts";
import { openNetwork } from "../open-network.ts";
import { defineNetwork } from "../own-network.ts";
import { conceptCircuit } from "./concept-circuit.ts";

beforeAll(() => useBackend(wasmBackend));

const images = arrayDataset({
  name: "images",
  values: createRandom(4)
    .normals(3 * 36 * 3)
    .map(Math.abs),
  shape: [3, 6, 6, 3],
});

/** Concepts that are the channels of a map, so that codes are what the map says. */
function channelModel(): SparseAutoencoder {
  const model = saeCnn({
    channels: 3,
    concepts: 3,
    active: 3,
    kernel: [1, 1],
    tied: true,
    activation: { kind: "relu" },
  });
  const atoms = model.parameters().find(({ name }) => name.endsWith("kernels"));
  tidy(() => atoms?.variable.assign(tensor([1, 0, 0, 0, 1, 0, 0, 0, 1], [3, 1, 1, 3])));
  return model;
}

/** Of the second layer, concept 0 is made of 0 alone, 1 of 1 and against 2, and 2 of nothing. */
const weights = [
  [2, 0, 0],
  [0, 1, 0],
  [0, -0.25, 0],
];
const network = (outputs?: readonly string[]) =>
  defineNetwork({
    name: "known",
    preprocessing: { channels: 3, size: [6, 6] },
    ...(outputs === undefined ? {} : { outputs }),
    run(x, tap) {
      const filter = tensor4d(weights.flat(), [1, 1, 3, 3]);
      const later = tap("b", relu(conv2d(tap("a", relu(x)) as Tensor4D, filter, 1, "same")));
      return { sum: sum(later, [1, 2]) };
    },
  });

test("what drives what is found where it is known", async () => {
  const [first, second] = [channelModel(), channelModel()];
  const opened = network(["b"]);
  const before = memory().numTensors;
  const found = await conceptCircuit(first, second, opened, images, { from: "a", to: "b" });
  expect(memory().numTensors).toBe(before);
  const links = Object.fromEntries(found.links.map((link) => [`${link.from} > ${link.to}`, link]));
  expect(Object.keys(links).sort()).toEqual(["0 > 0", "1 > 1", "2 > 1"]);
  expect(links["0 > 0"].relative).toBeCloseTo(-1, 6);
  expect(links["1 > 1"].relative).toBeCloseTo(-1, 6);
  expect(links["2 > 1"].relative).toBeGreaterThan(0.05);
  const doubled = await conceptCircuit(first, second, opened, images, { from: "a", to: "b", factor: 2, concepts: [0] });
  expect(doubled.links).toHaveLength(1);
  expect(doubled.links[0].relative).toBeCloseTo(1, 5);
  const values = await images.read([0, 1, 2]);
  const mean = values.filter((_, i) => i % 3 === 0).reduce((total, value) => total + value) / (values.length / 3);
  expect(doubled.links[0].change).toBeCloseTo(2 * mean, 4);
});

test("layers must be one behind the other, and the second an output", async () => {
  const [first, second] = [channelModel(), channelModel()];
  const between = (from: string, to: string, outputs?: readonly string[]) =>
    conceptCircuit(first, second, network(outputs), images, { from, to });
  await expect(between("b", "a", ["a"])).rejects.toThrow(/a does not come after b/);
  await expect(between("a", "a", ["a"])).rejects.toThrow(/does not come after/);
  await expect(between("a", "b")).rejects.toThrow(/open it with the output b/);
  expect(() => network(["c"]).outputNames).toThrow(/no output "c"; it has a, b, sum/);
});

test("of a graph: from layer to layer, not across its branches", async () => {
  const sae = (seed: number) => saeCnn({ channels: 4, concepts: 5, active: 2, kernel: [3, 3], seed });
  const pictures = arrayDataset({ name: "pictures", values: createRandom(1).normals(2 * 192), shape: [2, 8, 8, 3] });
  const open = (output: string) => openNetwork("net", { files: smallModel(), outputs: [output] });
  const found = await conceptCircuit(sae(1), sae(2), await open("block/sum"), pictures, {
    ...{ from: "first/relu", to: "block/sum" },
  });
  expect(found.edited.length).toBeGreaterThan(0);
  expect(found.links.length).toBeGreaterThan(0);
  const across = conceptCircuit(sae(1), sae(2), await open("block/branch/conv"), pictures, {
    ...{ from: "first/relu", to: "branch/conv" },
  });
  await expect(across).rejects.toThrow(/comes? after/);
});
