import { cpuBackend, useBackend } from "@saeno/backend";
import { beforeAll, describe, expect, test } from "vitest";
import {
  expectModel,
  file,
  largest,
  normals,
  plus,
  relu,
  times,
  transpose,
  vector,
} from "./__fixtures__/plain-autoencoder.ts";
import { readSparsify } from "./index.ts";

beforeAll(async () => {
  await useBackend(cpuBackend);
});

const [n, K] = [6, 12];
const W_dec = normals(K, n, 2).map((row) => row.map((value) => value / Math.hypot(...row)));
const tensors = {
  "encoder.weight": normals(K, n, 1),
  "encoder.bias": vector(K, 3, 0.3),
  W_dec,
  b_dec: vector(n, 4, 0.5),
};
const x = normals(5, n, 6);
const config = {
  activation: "topk",
  expansion_factor: 2,
  normalize_decoder: true,
  num_latents: 0,
  k: 3,
  multi_topk: false,
  skip_connection: false,
  transcode: false,
  d_in: n,
};
const read = (changes: object = {}, weights = file(tensors), options = {}) =>
  readSparsify({ config: { ...config, ...changes }, weights, name: "layers.3" }, options);
/** `relu((x - b_dec) W^T + b)`. */
const pre = relu(
  plus(times(plus(x, tensors.b_dec, -1), transpose(tensors["encoder.weight"])), tensors["encoder.bias"]),
);

describe("sparsify", () => {
  const codes = largest(pre, 3);
  const output = plus(times(codes, W_dec), tensors.b_dec);

  test("codes and outputs of the formula, from the newest config and from the oldest", async () => {
    await expectModel(read(), x, { codes, output });
    await expectModel(read({ num_latents: K }, file(tensors, "F64"), { unitAtoms: true }), x, { codes, output });
    const oldest = { expansion_factor: 2, normalize_decoder: true, num_latents: K, k: 3, signed: false, d_in: n };
    const model = await readSparsify({ config: oldest, weights: file(tensors), name: "old" });
    await expectModel(model, x, { codes, output });
  });

  test("what cannot be computed is refused by name", async () => {
    const refusals: [object, RegExp][] = [
      [{ transcode: true }, /layers.3 is a transcoder/],
      [{ skip_connection: true }, /beside its concepts to the output \(skip_connection\)/],
      [{ gram_lookup: true }, /\(gram_lookup\)/],
      [
        { activation: "groupmax" },
        /activation "groupmax"; supported is topk. groupmax keeps the largest of each of k groups/,
      ],
      [{ signed: true }, /of either sign \(signed\)/],
      [{ d_in: 7 }, /"d_in": 7, its tensors 6/],
      [{ num_latents: 13 }, /"num_latents": 13, its tensors 12/],
      [{ k: undefined }, /lacks "k"; expected a positive integer/],
    ];
    for (const [changes, message] of refusals) await expect(read(changes)).rejects.toThrow(message);
    await expect(read({}, file({ ...tensors, W_skip: normals(n, n, 1) }))).rejects.toThrow(/\(W_skip\)/);
    const { W_dec: _, ...encoder } = tensors;
    await expect(read({}, file(encoder))).rejects.toThrow(/lacks the tensor "W_dec"/);
    await expect(read({}, file(tensors).subarray(0, 300))).rejects.toThrow(/^layers.3 is not a valid safetensors file/);
  });
});
