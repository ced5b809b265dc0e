import { cpuBackend, useBackend } from "@saeno/backend";
import { beforeAll, describe, expect, test } from "vitest";
import {
  expectModel,
  file,
  jump,
  largest,
  type Matrix,
  normals,
  plus,
  relu,
  rowNorms,
  scaledBy,
  times,
  transpose,
  vector,
} from "./__fixtures__/plain-autoencoder.ts";
import { readDictionaryLearning } from "./index.ts";

beforeAll(async () => {
  await useBackend(cpuBackend);
});

const [n, K] = [6, 10];
const [E, D, b, bias] = [normals(K, n, 1), normals(K, n, 2, 0.6), vector(K, 3, 0.3), vector(n, 4, 0.5)];
const x = normals(5, n, 6);
const pre = (center = true) => plus(times(center ? plus(x, bias, -1) : x, transpose(E)), b);
const decoded = (codes: Matrix) => plus(times(codes, D), bias);
const linear = { "encoder.weight": E, "encoder.bias": b, "decoder.weight": transpose(D) };
const plain = { W_enc: transpose(E), b_enc: b, W_dec: D, b_dec: bias };
const read = (dict_class: string | undefined, weights: Uint8Array, options = {}, trainer = {}) =>
  readDictionaryLearning(
    {
      config: { trainer: { dict_class, activation_dim: n, dict_size: K, ...trainer }, buffer: {} },
      weights,
      name: "ae",
    },
    options,
  );

describe("dictionary_learning", () => {
  test("AutoEncoder: its bias is taken off and added; with unitAtoms codes are those of from_pretrained", async () => {
    const codes = relu(pre());
    const weights = file({ ...linear, bias });
    await expectModel(read("AutoEncoder", weights), x, { codes, output: decoded(codes) });
    const scaled = scaledBy(codes, rowNorms(D));
    await expectModel(read("AutoEncoder", weights, { unitAtoms: true }), x, { codes: scaled, output: decoded(codes) });
  });

  test("AutoEncoderNew: the decoder's bias is only added", async () => {
    const codes = relu(pre(false));
    const model = await read("AutoEncoderNew", file({ ...linear, "decoder.bias": bias }));
    await expectModel(model, x, { codes, output: decoded(codes) });
  });

  test("AutoEncoderTopK: the k largest, or with useThreshold what is above the threshold", async () => {
    const weights = file({ ...linear, b_dec: bias, k: 3, threshold: 0.6 });
    const codes = largest(pre(), 3);
    await expectModel(read("AutoEncoderTopK", weights, {}, { k: 3 }), x, { codes, output: decoded(codes) });
    const above = jump(pre(), new Array(K).fill(0.6));
    await expectModel(read("AutoEncoderTopK", weights, { useThreshold: true }), x, {
      codes: above,
      output: decoded(above),
    });
    const unset = file({ ...linear, b_dec: bias, k: 3, threshold: -1 });
    await expect(read("AutoEncoderTopK", unset, { useThreshold: true })).rejects.toThrow(
      /no threshold.*without useThreshold/,
    );
    await expect(read("AutoEncoderTopK", weights, {}, { k: 4 })).rejects.toThrow(/k = 4, its weights k = 3/);
    await expect(read("AutoEncoderTopK", file({ ...linear, b_dec: bias }))).rejects.toThrow(/ae has no k/);
  });

  test("BatchTopKSAE and the Matryoshka one: what is above the running threshold, for any batch", async () => {
    const codes = jump(pre(), new Array(K).fill(0.5));
    const state = { b_dec: bias, k: 3, threshold: 0.5 };
    const model = await read("BatchTopKSAE", file({ ...linear, ...state }), {}, { k: 3 });
    await expectModel(model, x, { codes, output: decoded(codes) });
    expect(model.activation.toConfig()).toEqual({ kind: "batchtopk", k: 3 });
    const groups = file({ ...plain, k: 3, threshold: 0.5, group_sizes: [4, 6] });
    await expectModel(read("MatryoshkaBatchTopKSAE", groups), x, { codes, output: decoded(codes) });
    const all = relu(pre());
    const unset = await read("BatchTopKSAE", file({ ...linear, ...state, threshold: -1 }));
    await expectModel(unset, x, { codes: all, output: decoded(all) });
  });

  test("JumpReluAutoEncoder: a threshold for each concept, nothing taken off the input", async () => {
    const threshold = vector(K, 5, 0.4);
    const codes = jump(pre(false), threshold);
    await expectModel(read("JumpReluAutoEncoder", file({ ...plain, threshold })), x, { codes, output: decoded(codes) });
  });

  test("what cannot be computed is refused by name", async () => {
    const weights = file({ ...linear, bias });
    await expect(read("GatedAutoEncoder", weights)).rejects.toThrow(
      /ae is a GatedAutoEncoder: a second set of pre-codes/,
    );
    await expect(read("CrossCoder", weights)).rejects.toThrow(/of the class "CrossCoder"; supported are AutoEncoder/);
    await expect(read(undefined, weights)).rejects.toThrow(/no "trainer"."dict_class"/);
    await expect(read("AutoEncoder", weights, {}, { dict_size: 11 })).rejects.toThrow(
      /"dict_size": 11, its tensors 10/,
    );
    await expect(read("AutoEncoder", file({ ...linear, bias, k: 3 }))).rejects.toThrow(/does not know: k/);
    await expect(read("AutoEncoder", file({ ...linear, "decoder.weight": D, bias }))).rejects.toThrow(
      /"decoder.weight" has the shape \[10, 6\], not \[6, 10\]/,
    );
    await expect(read("AutoEncoder", weights.subarray(0, -1))).rejects.toThrow(/truncated/);
    await expect(readDictionaryLearning({ config: null, weights, name: "ae" })).rejects.toThrow(
      /a JSON object; got null/,
    );
  });
});
