import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cpuBackend, createRandom, type SaenoError, useBackend } from "@saeno/backend";
import { type ModelConfig, modelFromConfig, type SparseAutoencoder } from "@saeno/core";
import { parseSafetensors } from "@saeno/datasets";
import { add, mul, tensor, tidy } from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectClose, expectModel, normals, outputs } from "./__fixtures__/plain-autoencoder.ts";
import { python, runPython } from "./__fixtures__/python.ts";
import { readSaelens, writeSaelens } from "./index.ts";

beforeAll(async () => {
  await useBackend(cpuBackend);
});

const [n, K] = [5, 8];
const x = normals(6, n, 1);

/** A model whose every parameter is away from its start. */
function made(
  activation: ModelConfig["activation"],
  encoder: object = {},
  normalized = false,
  others: Partial<ModelConfig> = {},
): SparseAutoencoder {
  const config = {
    dictionary: { kind: "dense", inputs: n, concepts: K },
    encoder: { kind: "shallow", ...encoder },
    ...others,
    activation,
    normalized,
  };
  const model = modelFromConfig(config, createRandom(7));
  model.parameters().forEach(({ name, variable }, i) => {
    const noise = createRandom(100 + i).normals(variable.size);
    const old = variable.dataSync();
    const positive = ["activation.threshold", "input.scale", "encoder.gain"].includes(name);
    const values = noise.map((value, j) => (positive ? 0.4 + Math.abs(value) / 3 : old[j] + 0.4 * value));
    tidy(() => variable.assign(tensor(values, variable.shape)));
  });
  return model;
}

const activations: ModelConfig["activation"][] = [
  { kind: "relu" },
  { kind: "topk", k: 3 },
  { kind: "jumprelu" },
  { kind: "batchtopk", k: 3 },
];
const encoders = [{}, { tied: true }, { distance: true }];

describe("SAELens, written", () => {
  const cases = activations.flatMap((activation) =>
    encoders.flatMap((encoder) => [false, true].map((normalized) => ({ activation, encoder, normalized }))),
  );

  test.each(cases)("read back, $activation.kind $encoder, normalized $normalized, computes the same", async (one) => {
    const model = made(one.activation, one.encoder, one.normalized);
    const before = await outputs(model, x);
    const parameters = model.parameters().map(({ variable }) => Array.from(variable.dataSync()));
    const { config, weights } = await writeSaelens(model);
    const text = JSON.parse(JSON.stringify(config));
    const copy = await readSaelens({ config: text, weights, name: "copy" });
    await expectModel(copy, x, { codes: before.codes, output: before.output });
    expect(copy.isNormalized).toBe(false);
    expect(model.isNormalized).toBe(one.normalized);
    expect(model.parameters().map(({ variable }) => Array.from(variable.dataSync()))).toEqual(parameters);
    model.dispose();
    copy.dispose();
  });

  test.each([true, false])("a lifting is written out (tied: %s)", async (tied) => {
    const dictionary = { kind: "dense", inputs: 7, concepts: K };
    const lifting = { channels: n, lifted: 7, tied };
    const model = made({ kind: "relu" }, {}, true, { dictionary, lifting });
    const { config, weights } = await writeSaelens(model);
    await expectModel(readSaelens({ config, weights, name: "copy" }), x, await outputs(model, x));
  });

  test("the config is that of version 6, and says what the weights are", async () => {
    const metadata = { model_name: "gpt2", hook_name: "blocks.0.hook_resid_pre" };
    const { config } = await writeSaelens(made({ kind: "topk", k: 3 }), { metadata });
    expect(config).toEqual({
      architecture: "topk",
      d_in: n,
      d_sae: K,
      k: 3,
      rescale_acts_by_decoder_norm: false,
      dtype: "float32",
      device: "cpu",
      apply_b_dec_to_input: true,
      normalize_activations: "none",
      reshape_activations: "none",
      metadata: { sae_lens_version: "6.0.0", sae_lens_training_version: null, ...metadata },
    });
    const kinds = [
      ["relu", "standard"],
      ["jumprelu", "jumprelu"],
      ["batchtopk", "jumprelu"],
    ] as const;
    for (const [name, architecture] of kinds) {
      const activation = activations.find((one) => one.kind === name) as ModelConfig["activation"];
      expect((await writeSaelens(made(activation))).config).toMatchObject({ architecture });
    }
  });

  test("a batchtopk model gets its running threshold for every concept", async () => {
    const model = made({ kind: "batchtopk", k: 3 });
    const [threshold] = model.activation.parameters?.()[0]?.variable.dataSync() ?? [];
    const { tensors } = parseSafetensors((await writeSaelens(model)).weights, "x");
    expect(Array.from(tensors.get("threshold")?.values ?? [])).toEqual(new Array(K).fill(threshold));
  });

  test("byte by byte: header length, names, shapes, offsets, values", async () => {
    const model = made({ kind: "relu" });
    const { weights } = await writeSaelens(model);
    const view = new DataView(weights.buffer, weights.byteOffset);
    const length = Number(view.getBigUint64(0, true));
    expect(length % 8).toBe(0);
    const { __metadata__, ...header } = JSON.parse(new TextDecoder().decode(weights.subarray(8, 8 + length)));
    expect(__metadata__).toEqual({ format: "pt" });
    const bytes = 4 * n * K;
    expect(header).toEqual({
      W_enc: { dtype: "F32", shape: [n, K], data_offsets: [0, bytes] },
      b_enc: { dtype: "F32", shape: [K], data_offsets: [bytes, bytes + 4 * K] },
      W_dec: { dtype: "F32", shape: [K, n], data_offsets: [bytes + 4 * K, 2 * bytes + 4 * K] },
      b_dec: { dtype: "F32", shape: [n], data_offsets: [2 * bytes + 4 * K, 2 * bytes + 4 * K + 4 * n] },
    });
    expect(weights.length).toBe(8 + length + 2 * bytes + 4 * K + 4 * n);
    const atoms =
      model
        .parameters()
        .find(({ name }) => name === "encoder.atoms")
        ?.variable.dataSync() ?? [];
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < K; k++) expect(view.getFloat32(8 + length + 4 * (i * K + k), true)).toBe(atoms[k * n + i]);
    }
  });

  test("other types: half the bytes, nearly the same outputs", async () => {
    const model = made({ kind: "relu" });
    const before = await outputs(model, x);
    for (const [dtype, tolerance] of [
      ["float64", 2e-5],
      ["float16", 2e-2],
      ["bfloat16", 0.2],
    ] as const) {
      const { config, weights } = await writeSaelens(model, { dtype });
      expect(config).toMatchObject({ dtype });
      const found = await outputs(await readSaelens({ config, weights, name: dtype }), x);
      expectClose(found.output, before.output, tolerance);
    }
  });

  test("numbers that the type cannot hold are refused instead of written as infinity", async () => {
    const model = made({ kind: "relu" });
    const set = (name: string, value: number) => {
      const variable = model.parameters().find((parameter) => parameter.name === name)?.variable;
      tidy(() => variable?.assign(add(mul(variable, 0), value)));
    };
    set("decoder.bias", 65519);
    expect((await writeSaelens(model, { dtype: "float16" })).weights.length).toBeGreaterThan(0);
    set("decoder.bias", 65520);
    await expect(writeSaelens(model, { dtype: "float16" })).rejects.toThrow(
      /^"b_dec" holds 6\.55e\+4, which float16 cannot hold; write it as float32/,
    );
    for (const dtype of ["float32", "bfloat16", "float64"] as const)
      expect((await writeSaelens(model, { dtype })).config.dtype).toBe(dtype);
    set("encoder.bias", Number.NaN);
    await expect(writeSaelens(model)).rejects.toThrow(/"b_enc" holds NaN or infinite values/);
  });

  test("models that the format cannot hold are refused by name", async () => {
    const dictionary = { kind: "fourier", channels: 1, concepts: 4, modes: [3], start: "global" };
    const activation = { kind: "map-sparsity", active: 1, density: 0.1 };
    const fourier = modelFromConfig({ dictionary, encoder: { kind: "shallow" }, activation }, createRandom(0));
    const below = made({ kind: "jumprelu" });
    for (const { name, variable } of below.parameters())
      if (name === "activation.threshold") tidy(() => variable.assign(mul(variable, -1)));
    const refusals: [SparseAutoencoder, RegExp][] = [
      [fourier, /has a dictionary of kind "fourier"; the format knows no functions on grids/],
      [
        made({ kind: "relu" }, { kind: "unrolled", iterations: 2, stepSize: 0.1 }),
        /has an encoder of kind "unrolled"; the format knows no encoders of more than one step/,
      ],
      [made({ kind: "hard-threshold", threshold: 1 }), /the activation "hard-threshold"/],
      [made({ kind: "soft-threshold", threshold: 1 }), /the activation "soft-threshold"/],
      [made({ kind: "balanced", activation: { kind: "topk", k: 2 } }), /the activation "balanced"/],
      [below, /a threshold below 0 \(concept 0\)/],
    ];
    for (const [model, message] of refusals) {
      const error = (await writeSaelens(model).catch((reason: unknown) => reason)) as SaenoError;
      expect(error).toMatchObject({ code: "interop.model" });
      expect(error.message).toMatch(message);
    }
  });
});

describe.skipIf(python === undefined)("in NumPy (skipped where no Python has it)", () => {
  const folder = mkdtempSync(join(tmpdir(), "saeno-interop-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const cases = activations.flatMap((activation) =>
    (["float32", "float64", "float16"] as const).map((dtype) => ({ activation, dtype })),
  );
  test.each(cases)("the formula on the file, $activation.kind in $dtype, computes the same", async (one) => {
    const model = made(one.activation, {}, true);
    const { codes, output } = await outputs(model, x);
    const { config, weights } = await writeSaelens(model, { dtype: one.dtype });
    const path = join(folder, `${one.activation.kind}-${one.dtype}`);
    writeFileSync(path, weights);
    writeFileSync(`${path}.json`, JSON.stringify({ config, x, codes, output }));
    const script = `
w = load(sys.argv[1])
case = json.load(open(sys.argv[1] + ".json"))
config = case["config"]
u = (np.array(case["x"]) - w["b_dec"]) @ w["W_enc"] + w["b_enc"]
z = np.maximum(u, 0)
if config["architecture"] == "jumprelu":
    z = z * (u > w["threshold"])
if config["architecture"] == "topk":
    kept = np.argsort(-u, axis=1)[:, :config["k"]]
    z = np.zeros_like(u)
    np.put_along_axis(z, kept, np.maximum(np.take_along_axis(u, kept, 1), 0), 1)
errors = [np.abs(z - case["codes"]).max(), np.abs(z @ w["W_dec"] + w["b_dec"] - case["output"]).max()]
print(json.dumps([float(error) for error in errors]))
`;
    for (const error of runPython(script, path) as number[])
      expect(error).toBeLessThan(one.dtype === "float16" ? 2e-2 : 2e-5);
  });
});
