import { cpuBackend, useBackend } from "@saeno/backend";
import { memory } from "@tensorflow/tfjs-core";
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
  vector,
  withTensor,
} from "./__fixtures__/plain-autoencoder.ts";
import { readSaelens, saelensMetadata } from "./index.ts";

beforeAll(async () => {
  await useBackend(cpuBackend);
});

const [n, K] = [6, 10];
const W_enc = normals(n, K, 1);
const W_dec = normals(K, n, 2, 0.7);
const b_enc = vector(K, 3, 0.3);
const b_dec = vector(n, 4, 0.5);
const threshold = vector(K, 5, 0.4);
const x = normals(5, n, 6);
const tensors = { W_enc, W_dec, b_enc, b_dec };
const base = {
  d_in: n,
  d_sae: K,
  dtype: "float32",
  device: "cpu",
  apply_b_dec_to_input: true,
  normalize_activations: "none",
  reshape_activations: "none",
  metadata: { sae_lens_version: "6.54.0" },
};

/** `(x - b_dec) W_enc + b_enc`, as SAELens computes it. */
const pre = (input: Matrix, center = true) => plus(times(center ? plus(input, b_dec, -1) : input, W_enc), b_enc);
const decoded = (codes: Matrix) => plus(times(codes, W_dec), b_dec);
const read = (config: object, weights = file(tensors), options = {}) =>
  readSaelens({ config, weights, name: "the sae" }, options);

describe("SAELens, read", () => {
  test("standard: codes and outputs of the formula, atoms at the norm they have in the file", async () => {
    const codes = relu(pre(x));
    const model = await read({ ...base, architecture: "standard" });
    await expectModel(model, x, { codes, output: decoded(codes) });
    expect(Math.sqrt(model.dictionary.squaredNorms().dataSync()[3])).toBeCloseTo(rowNorms(W_dec)[3], 5);
  });

  test("without b_dec taken off the input, the encoder's bias makes up for it", async () => {
    const codes = relu(pre(x, false));
    const model = await read({ ...base, architecture: "standard", apply_b_dec_to_input: false });
    await expectModel(model, x, { codes, output: decoded(codes) });
  });

  test("jumprelu: a threshold for each concept, one below 0 being 0", async () => {
    const codes = jump(pre(x), threshold);
    expect(threshold.some((value) => value < 0)).toBe(true);
    const weights = file({ ...tensors, threshold });
    await expectModel(read({ ...base, architecture: "jumprelu" }, weights), x, { codes, output: decoded(codes) });
    const log_threshold = threshold.map((value) => Math.log(Math.abs(value)));
    const positive = jump(pre(x), threshold.map(Math.abs));
    const old = await read({ ...base, architecture: "jumprelu" }, file({ ...tensors, log_threshold }));
    await expectModel(old, x, { codes: positive, output: decoded(positive) });
  });

  test("topk: the k largest; with rescale_acts_by_decoder_norm, those of pre-codes times the norms of atoms", async () => {
    const codes = largest(pre(x), 3);
    await expectModel(read({ ...base, architecture: "topk", k: 3 }), x, { codes, output: decoded(codes) });
    const norms = rowNorms(W_dec);
    const rescaled = largest(scaledBy(pre(x), norms), 3);
    const output = decoded(scaledBy(rescaled, norms, -1));
    const config = { ...base, architecture: "topk", k: 3, rescale_acts_by_decoder_norm: true };
    await expectModel(read(config), x, { codes: rescaled, output });
    expect(rescaled.flat().findIndex((v) => v > 0)).not.toBe(-1);
  });

  test("unitAtoms leaves outputs and multiplies codes by the norms; a top-k model of other norms refuses", async () => {
    const norms = rowNorms(W_dec);
    const weights = file({ ...tensors, threshold });
    for (const [architecture, codes] of [
      ["standard", relu(pre(x))],
      ["jumprelu", jump(pre(x), threshold)],
    ] as const) {
      const bytes = architecture === "jumprelu" ? weights : file(tensors);
      const model = await read({ ...base, architecture }, bytes, { unitAtoms: true });
      await expectModel(model, x, { codes: scaledBy(codes, norms), output: decoded(codes) });
      for (const norm of model.dictionary.squaredNorms().dataSync()) expect(norm).toBeCloseTo(1, 5);
    }
    await expect(read({ ...base, architecture: "topk", k: 3 }, file(tensors), { unitAtoms: true })).rejects.toThrow(
      /atoms of a topk model that are not of unit norm cannot be scaled.*without unitAtoms/,
    );
  });

  test("expected_average_only_in: the scale that is in no file is asked for, and folded", async () => {
    const config = { ...base, architecture: "jumprelu", normalize_activations: "expected_average_only_in" };
    const weights = file({ ...tensors, threshold });
    const s = 1.7;
    for (const apply_b_dec_to_input of [true, false]) {
      const codes = jump(pre(scaledBy(x, new Array(n).fill(s)), apply_b_dec_to_input), threshold);
      const output = scaledBy(decoded(codes), new Array(n).fill(1 / s));
      await expectModel(read({ ...config, apply_b_dec_to_input }, weights, { inputScale: s }), x, { codes, output });
    }
    await expect(read(config, weights)).rejects.toThrow(/in none of its files.*inputScale: sqrt\(6\)/);
    const codes = jump(pre(x), threshold);
    await expectModel(read(config, weights, { inputsNormalized: true }), x, { codes, output: decoded(codes) });
  });

  test("normalizations of each sample are refused, unless the caller does them", async () => {
    for (const normalize_activations of ["layer_norm", "constant_norm_rescale"]) {
      const config = { ...base, architecture: "standard", normalize_activations };
      await expect(read(config)).rejects.toThrow(
        new RegExp(
          `every sample by its own size \\(normalize_activations: ${normalize_activations}\\).*inputsNormalized`,
        ),
      );
      const codes = relu(pre(x));
      await expectModel(read(config, file(tensors), { inputsNormalized: true }), x, { codes, output: decoded(codes) });
    }
    await expect(
      read({ ...base, architecture: "standard", normalize_activations: "covariance_whitening" }),
    ).rejects.toThrow(/"covariance_whitening", which is not known here/);
  });

  test("the layout of before version 6: activation_fn_str and its k, booleans, no architecture", async () => {
    const old = {
      d_in: n,
      d_sae: K,
      dtype: "torch.float32",
      hook_point: "blocks.0.hook_resid_pre",
      normalize_activations: false,
    };
    const plain = relu(pre(x));
    await expectModel(read(old), x, { codes: plain, output: decoded(plain) });
    const topk = { ...old, architecture: "standard", activation_fn_str: "topk", activation_fn_kwargs: { k: 2 } };
    const codes = largest(pre(x), 2);
    await expectModel(read(topk), x, { codes, output: decoded(codes) });
    const named = { ...old, architecture: "topk", activation_fn_str: "relu", activation_fn_kwargs: { k: 2 } };
    await expectModel(read(named), x, { codes, output: decoded(codes) });
    await expect(read({ ...old, normalize_activations: true })).rejects.toThrow(/expected_average_only_in/);
    await expect(read({ ...old, activation_fn: "tanh-relu" })).rejects.toThrow(
      /activation "tanh-relu"; supported are relu and topk/,
    );
    await expect(read({ ...topk, activation_fn_kwargs: {} })).rejects.toThrow(/lacks "k"; expected a positive integer/);
    const factors = vector(K, 9).map((v) => 1 + 0.1 * v);
    const tuned = await read(
      { ...old, finetuning_scaling_factor: true },
      file({ ...tensors, scaling_factor: factors }),
    );
    await expectModel(tuned, x, { codes: plain, output: decoded(scaledBy(plain, factors)) });
    await expect(read(old, file({ ...tensors, scaling_factor: factors }))).rejects.toThrow(
      /finetuning_scaling_factor: true/,
    );
  });

  test("metadata of either layout comes out under the names of version 6, without the version of SAELens", async () => {
    const metadata = { sae_lens_version: "6.54.0", model_name: "gpt2", hook_name: "blocks.0.hook_resid_pre" };
    const { sae_lens_version: _, ...expected } = metadata;
    expect(saelensMetadata({ ...base, architecture: "standard", metadata })).toEqual(expected);
    const old = { ...base, metadata: undefined, model_name: "gpt2", sae_lens_version: "3.9.1", hook_layer: 0 };
    expect(saelensMetadata({ ...old, hook_name: expected.hook_name })).toEqual(expected);
    expect(saelensMetadata({ ...old, hook_point: expected.hook_name })).toEqual(expected);
    expect(saelensMetadata({ d_in: 3 })).toEqual({});
    expect(() => saelensMetadata("text")).toThrow(/a JSON object; got string/);
  });

  test("weights of other types: F64 as well as F32, BF16 as far as it goes", async () => {
    const codes = relu(pre(x));
    const config = { ...base, architecture: "standard" };
    await expectModel(read(config, file(tensors, "F64")), x, { codes, output: decoded(codes) });
    await expectModel(read(config, file(tensors, "BF16")), x, { codes, output: decoded(codes) }, 0.1);
  });

  test("what cannot be computed is refused by name", async () => {
    const refusals: [object, RegExp][] = [
      [
        { ...base, architecture: "gated" },
        /the sae has the architecture "gated"; supported are standard, topk and jumprelu/,
      ],
      [{ ...base, architecture: "jumprelu_transcoder" }, /architecture "jumprelu_transcoder"/],
      [{ ...base, architecture: "batchtopk" }, /checkpoint of training with batchtopk.*save_inference_model/],
      [base, /no "architecture": is it the cfg.json/],
      [{ ...base, architecture: "standard", d_in: 7 }, /"d_in": 7, its tensors 6: are the two files of one model/],
      [{ ...base, architecture: "topk", k: 0 }, /"k": 0; expected a positive integer/],
      [{ ...base, architecture: "topk", k: 11 }, /k = 11; expected an integer from 1 to 10/],
      [[], /The config of the sae must be a JSON object/],
    ];
    for (const [config, message] of refusals) await expect(read(config)).rejects.toThrow(message);
  });

  test("damaged weights are errors that name the tensor", async () => {
    const config = { ...base, architecture: "standard" };
    const { W_enc: _, ...without } = tensors;
    const weights: [Uint8Array, RegExp][] = [
      [file(without), /the sae lacks the tensor "W_enc". It holds: W_dec, b_enc, b_dec/],
      [file({ ...tensors, b_enc: [1, 2] }), /"b_enc" has the shape \[2\], not \[10\]/],
      [file({ ...tensors, W_enc: W_dec }), /"W_enc" has the shape \[10, 6\], not \[6, 10\]/],
      [file({ ...tensors, b_dec: b_dec.map(() => Number.NaN) }), /"b_dec" holds NaN or infinite values/],
      [file({ ...tensors, W_skip: W_dec }), /tensors that this reader does not know: W_skip\..*ignore: \["W_skip"\]/],
      [file({ ...tensors, b_dec: b_dec.map(() => 1e300) }, "F64"), /"b_dec" holds 1\.00e\+300, beyond float32/],
      [file(tensors).subarray(0, 100), /^the sae is not a valid safetensors file: its header claims/],
      [file(tensors).subarray(0, -4), /^the sae is not a valid safetensors file: .*truncated/],
      [new Uint8Array(0), /0 bytes are too few/],
    ];
    for (const [bytes, message] of weights) await expect(read(config, bytes)).rejects.toThrow(message);
  });

  test("a tensor that is not known is an error by its name and the option that passes it over, whatever its type", async () => {
    const config = { ...base, architecture: "standard" };
    const codes = relu(pre(x));
    for (const dtype of ["BOOL", "F8_E4M3", "F4", "of another time"]) {
      const weights = withTensor(file(tensors), "dead_mask", dtype);
      await expect(read(config, weights)).rejects.toThrow(/does not know: dead_mask\..*ignore: \["dead_mask"\]/);
      await expectModel(read(config, weights, { ignore: ["dead_mask"] }), x, { codes, output: decoded(codes) });
    }
    const weights = file(tensors);
    await expect(read(config, weights, { ignore: ["b_enk"] })).rejects.toThrow(/no tensor "b_enk".*mean "b_enc"/);
    await expect(read(config, weights, { ignore: ["b_enc"] })).rejects.toThrow(
      /the model needs "b_enc"; do not ignore/,
    );
    await expectModel(read(config, file({ ...tensors, empty: [] })), x, { codes, output: decoded(codes) });
  });

  test("weights are read by tensor from a file of any size", async () => {
    const bytes = file(tensors);
    const source = { name: "it", size: bytes.length, read: async (from: number, to: number) => bytes.slice(from, to) };
    const codes = relu(pre(x));
    const model = readSaelens({ config: { ...base, architecture: "standard" }, weights: source, name: "the sae" });
    await expectModel(model, x, { codes, output: decoded(codes) });
  });

  test("a model that was read owns its parameters and nothing else is left", async () => {
    const before = memory().numTensors;
    const model = await read({ ...base, architecture: "jumprelu" }, file({ ...tensors, threshold }));
    expect(memory().numTensors - before).toBe(model.parameters().length);
    model.dispose();
    expect(memory().numTensors).toBe(before);
  });
});
