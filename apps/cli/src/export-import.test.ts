import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cpuBackend, createRandom, useBackend } from "@saeno/backend";
import type { ModelConfig } from "@saeno/core";
import { encodeNpy, encodeSafetensors, parseSafetensors, type SafetensorsSource } from "@saeno/datasets";
import { complexTensor, fourierFromNeuralop } from "@saeno/interop";
import { decodeModel } from "@saeno/training";
import { tensor, tidy } from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runSaeno } from "./__fixtures__/run-saeno.ts";

const [n, K, k] = [16, 24, 3];
let folder: string;
const saeno = (...args: string[]) => runSaeno(folder, args);
const at = (...parts: string[]) => join(folder, ...parts);
const text = (...parts: string[]) => readFile(at(...parts), "utf8");

beforeAll(async () => {
  await useBackend(cpuBackend);
  folder = await mkdtemp(join(tmpdir(), "saeno-"));
  const vectors = ["--data", `sparse-vectors:${n}`, "--model", "mlp", "--limit", "200", "--test", "40"];
  const sae = ["--concepts", `${K}`, "--steps", "30", "--normalize", "scale"];
  const functions = ["--data", "sparse-functions:12", "--limit", "40", "--test", "10", "--modes", "4"];
  const fno = ["--concepts", "6", "--active", "2", "--steps", "4", "--batch", "8"];
  const trained = await Promise.all([
    saeno("train", ...vectors, ...sae, "--active", `${k}`, "--out", "sae"),
    saeno("train", ...functions, ...fno, "--out", "fno"),
    saeno("train", ...vectors, ...sae, "--encoder", "unrolled", "--threshold", "1", "--out", "unrolled"),
  ]);
  for (const { status, stderr } of trained) expect([status, stderr]).toEqual([0, expect.anything()]);
  expect((await saeno("export", "sae", "--format", "saelens", "--out", "peer")).status).toBe(0);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The reconstructions that the model of a folder computes. */
async function reconstructions(run: string, values: Float32Array): Promise<Float32Array> {
  const { modelConfig } = JSON.parse(await text(run, "config.json")) as { modelConfig: ModelConfig };
  const model = decodeModel(modelConfig, await readFile(at(run, "model.safetensors")), run);
  const output = tidy(() => model.forward(tensor(values, [values.length / n, n])).reconstruction.dataSync());
  model.dispose();
  return output as Float32Array;
}

/** A folder with files of a model of SAELens that are changed. */
async function changed(
  name: string,
  config: object,
  change: (bytes: Buffer) => Uint8Array = (bytes) => bytes,
): Promise<string> {
  await mkdir(at(name), { recursive: true });
  const before = JSON.parse(await text("peer", "cfg.json")) as object;
  await writeFile(at(name, "cfg.json"), JSON.stringify({ ...before, ...config }));
  await writeFile(at(name, "sae_weights.safetensors"), change(await readFile(at("peer", "sae_weights.safetensors"))));
  return name;
}

/** The tensors of a file with some of them replaced. */
function withTensors(bytes: Uint8Array, others: Readonly<Record<string, SafetensorsSource>>): Uint8Array {
  const before = [...parseSafetensors(bytes, "file").tensors].map(
    ([name, { shape, values }]): [string, SafetensorsSource] => [name, { shape, values }],
  );
  return encodeSafetensors({ ...Object.fromEntries(before), ...others });
}

type Refusal = readonly [args: readonly string[], status: number, message: RegExp];

/** That each ends with one line and the exit code for its kind, and that no folder is made. */
async function expectRefused(...cases: readonly Refusal[]): Promise<void> {
  const before = await readdir(folder);
  const queue = [...cases];
  const work = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [args, status, message] = next;
      const outcome = await saeno(...args);
      expect(outcome.stderr).toMatch(message);
      expect(outcome.stderr.split("\n").filter((line) => line.startsWith("saeno:"))).toHaveLength(1);
      expect(outcome.stderr).not.toMatch(/bug in saeno/);
      expect(outcome).toMatchObject({ status, stdout: "" });
    }
  };
  await Promise.all([work(), work()]);
  expect(await readdir(folder)).toEqual(before);
}

describe("export", () => {
  test("saelens: header and sizes byte by byte, a config that says what the weights are", async () => {
    const bytes = await readFile(at("peer", "sae_weights.safetensors"));
    const length = Number(bytes.readBigUInt64LE(0));
    expect(length % 8).toBe(0);
    const { __metadata__, ...header } = JSON.parse(bytes.subarray(8, 8 + length).toString());
    expect(__metadata__).toEqual({ format: "pt" });
    const [matrix, concepts, inputs] = [4 * n * K, 4 * K, 4 * n];
    expect(header).toEqual({
      W_enc: { dtype: "F32", shape: [n, K], data_offsets: [0, matrix] },
      b_enc: { dtype: "F32", shape: [K], data_offsets: [matrix, matrix + concepts] },
      W_dec: { dtype: "F32", shape: [K, n], data_offsets: [matrix + concepts, 2 * matrix + concepts] },
      b_dec: { dtype: "F32", shape: [n], data_offsets: [2 * matrix + concepts, 2 * matrix + concepts + inputs] },
    });
    expect(bytes.length).toBe(8 + length + 2 * matrix + concepts + inputs);
    const config = JSON.parse(await text("peer", "cfg.json"));
    expect(config).toMatchObject({ architecture: "topk", d_in: n, d_sae: K, k, normalize_activations: "none" });
  });

  test("what was written is printed, with a line of Python that loads it, as text and as JSON", async () => {
    const args = ["export", "sae", "--format", "saelens", "--dtype", "float16"];
    const outcome = await saeno(
      ...args,
      "--out",
      "half",
      "--metadata",
      "hook_name=a=b",
      "--metadata",
      "prepend_bos=true",
    );
    expect(outcome.stdout).toMatch(/W_enc +F16 +16 x 24/);
    expect(outcome.stdout).toContain('from sae_lens import SAE; sae = SAE.load_from_disk("half")');
    expect(JSON.parse(await text("half", "cfg.json"))).toMatchObject({
      dtype: "float16",
      metadata: { hook_name: "a=b", prepend_bos: true },
    });
    const { stdout } = await saeno(...args, "--out", "half", "--force", "--json");
    expect(JSON.parse(stdout)).toMatchObject({
      format: "saelens",
      folder: "half",
      concepts: K,
      channels: n,
      files: [{ name: "cfg.json" }, { name: "sae_weights.safetensors" }],
      tensors: [{ name: "W_enc", dtype: "F16", shape: [n, K] }, {}, {}, {}],
    });
    expect((await readdir(at("half"))).sort()).toEqual(["cfg.json", "sae_weights.safetensors"]);
  });

  test("neuralop and li: spectral weights, which become the dictionary again", async () => {
    for (const format of ["neuralop", "li"]) {
      const outcome = await saeno("export", "fno", "--format", format, "--out", format);
      expect(outcome).toMatchObject({ status: 0, stderr: "" });
      expect(outcome.stdout).toMatch(/decoder\.weights?1? +F32/);
    }
    const file = parseSafetensors(await readFile(at("neuralop", "neuralop.safetensors")), "file");
    const dictionary = fourierFromNeuralop(complexTensor(file, "decoder.weight"), { as: "decoder" });
    const run = parseSafetensors(await readFile(at("fno", "model.safetensors")), "run");
    const theta = run.tensors.get("dictionary.theta")?.values ?? [];
    const found = dictionary.parameters[0].variable.dataSync();
    expect(found.length).toBe(theta.length);
    expect(Math.max(...found.map((value, i) => Math.abs(value - theta[i])))).toBeLessThan(1e-5);
    expect(JSON.parse(await text("li", "li.json"))).toMatchObject({ format: "li", modes: [4, 4], concepts: 6 });
  });

  test("what cannot be exported is refused, and nothing is written", async () => {
    await mkdir(at("empty"));
    const cases: Refusal[] = [
      [["fno", "--format", "saelens"], 2, /fno cannot be written as saelens.*"fourier".*Try --format neuralop or li/],
      [["unrolled", "--format", "saelens"], 2, /encoder of kind "unrolled"; the format knows no encoders of more than/],
      [["sae", "--format", "neuralop"], 2, /this one is of SAE-MLP. Models of vectors go to --format saelens/],
      [["sae", "--format", "li", "--dtype", "float16"], 2, /--dtype goes with --format saelens/],
      [["sae", "--format", "onnx"], 2, /Allowed choices are saelens, neuralop, li/],
      [["sae", "--format", "saelens", "--metadata", "gpt2"], 2, /Write key=value/],
      [["empty", "--format", "saelens"], 1, /empty is not a run folder: it has no config.json/],
      [["peer", "--format", "saelens"], 1, /peer holds cfg.json.*Import it first: saeno import peer/],
    ];
    const refused = cases.map(([args, ...rest]): Refusal => [["export", ...args, "--out", "refused"], ...rest]);
    await expectRefused(...refused, [
      ["export", "sae", "--format", "saelens", "--out", "peer"],
      2,
      /cfg.json exists already; nothing was.*--force/,
    ]);
  });

  test("a model with NaN is refused", async () => {
    await mkdir(at("nan"));
    await writeFile(at("nan", "config.json"), await text("sae", "config.json"));
    const bytes = await readFile(at("sae", "model.safetensors"));
    const bias = { shape: [n], values: new Float32Array(n).fill(Number.NaN) };
    await writeFile(at("nan", "model.safetensors"), withTensors(bytes, { "decoder.bias": bias }));
    await expectRefused([["export", "nan", "--format", "saelens", "--out", "refused"], 1, /"decoder.bias" holds NaN/]);
  });
});

describe("import", () => {
  test("of what was exported: the same reconstructions, a run folder that other commands take", async () => {
    const outcome = await saeno("import", "peer", "--out", "back", "--json");
    expect(JSON.parse(outcome.stdout)).toMatchObject({
      run: "back",
      format: "saelens",
      concepts: K,
      inputs: n,
      activation: `topk, k = ${k}`,
    });
    const x = createRandom(9).normals(50 * n);
    const [before, after] = [await reconstructions("sae", x), await reconstructions("back", x)];
    expect(Math.max(...after.map((value, i) => Math.abs(value - before[i])))).toBeLessThan(1e-4);

    const needs = /was not trained here and has no data of its own. Name some: saeno eval back --data/;
    await expectRefused([["eval", "back"], 2, needs], [["report", "back"], 2, needs]);
    await writeFile(at("x.npy"), encodeNpy({ shape: [50, n], values: x }));
    const evaluate = async (run: string) =>
      JSON.parse((await saeno("eval", run, "--data", "npy:x.npy", "--json")).stdout) as Record<string, unknown>;
    const [own, imported] = [await evaluate("sae"), await evaluate("back")];
    expect(imported).toMatchObject({ samples: 50, split: "all", l0: own.l0 });
    expect(imported.relativeError).toBeCloseTo(own.relativeError as number, 5);
    await rm(at("back", "report.html"));
    expect((await saeno("report", "back")).status).toBe(0);
    expect(await text("back", "report.html")).toContain("Imported from saelens files, peer");
    expect((await readdir(at("back"))).sort()).toEqual([
      "concepts",
      "concepts.idx",
      "config.json",
      "evaluation.json",
      "model.safetensors",
      "report.html",
    ]);
  });

  test("and exported again it is the same file, with the metadata it came with", async () => {
    await changed("origin", { metadata: { sae_lens_version: "6.54.0", hook_name: "blocks.1.hook_mlp_out" } });
    expect((await saeno("import", "origin/cfg.json", "--out", "origin-run")).status).toBe(0);
    expect((await saeno("export", "origin-run", "--format", "saelens", "--out", "again")).status).toBe(0);
    expect(await readFile(at("again", "sae_weights.safetensors"))).toEqual(
      await readFile(at("peer", "sae_weights.safetensors")),
    );
    const { metadata } = JSON.parse(await text("again", "cfg.json"));
    expect(metadata).toMatchObject({ sae_lens_version: "6.0.0", hook_name: "blocks.1.hook_mlp_out" });
  });

  test("its config trains a model of the same form anew", async () => {
    await saeno("import", "peer", "--out", "form");
    const data = ["--data", `sparse-vectors:${n}`, "--limit", "100", "--test", "10"];
    const again = await saeno(
      "train",
      "--config",
      "form/config.json",
      ...data,
      "--steps",
      "2",
      "--out",
      "anew",
      "--json",
    );
    expect(JSON.parse(again.stdout)).toMatchObject({ l0: k });
    const { modelConfig } = JSON.parse(await text("anew", "config.json"));
    expect(modelConfig).toEqual(JSON.parse(await text("form", "config.json")).modelConfig);
  });

  test("sparsify and dictionary_learning are told by their settings", async () => {
    const random = (shape: number[], seed: number) => ({
      shape,
      values: createRandom(seed).normals(shape.reduce((a, b) => a * b)),
    });
    const linear = { "encoder.weight": random([K, n], 1), "encoder.bias": random([K], 2) };
    await mkdir(at("all", "sparsify"), { recursive: true });
    await writeFile(
      at("all", "sparsify", "cfg.json"),
      JSON.stringify({ expansion_factor: 2, num_latents: K, k, d_in: n }),
    );
    await writeFile(
      at("all", "sparsify", "sae.safetensors"),
      encodeSafetensors({ ...linear, W_dec: random([K, n], 3), b_dec: random([n], 4) }),
    );
    await mkdir(at("all", "dl"));
    await writeFile(
      at("all", "dl", "config.json"),
      JSON.stringify({ trainer: { dict_class: "AutoEncoder", dict_size: K, activation_dim: n } }),
    );
    await writeFile(
      at("all", "dl", "converted.safetensors"),
      encodeSafetensors({ ...linear, "decoder.weight": random([n, K], 3), bias: random([n], 4) }),
    );
    const found = await saeno("import", "all/sparsify", "--out", "sparsify-run", "--json");
    expect(JSON.parse(found.stdout)).toMatchObject({ format: "sparsify", activation: `topk, k = ${k}` });
    const other = await saeno("import", "all/dl/converted.safetensors", "--unit-atoms", "--out", "dl-run", "--json");
    const { format, activation, atomNorms } = JSON.parse(other.stdout);
    expect({ format, activation }).toEqual({ format: "dictionary-learning", activation: "relu" });
    expect(atomNorms.smallest).toBeCloseTo(1, 4);
    await expectRefused(
      [["import", "all/dl", "--input-scale", "2"], 2, /--input-scale and --inputs-normalized go with saelens/],
      [["import", "all/sparsify", "--use-threshold"], 2, /--use-threshold goes with dictionary-learning/],
    );
  });

  test("the scale of a checkpoint's inputs is that of activation_scaler.json, or is asked for", async () => {
    const config = { normalize_activations: "expected_average_only_in" };
    const name = await changed("checkpoint", config);
    await expectRefused(
      [["import", name, "--out", "refused"], 1, /Give it as --input-scale: .*or say --inputs-normalized and/],
      [["import", name, "--input-scale", "0", "--out", "refused"], 2, /Give a number above 0/],
    );
    await writeFile(at(name, "activation_scaler.json"), JSON.stringify({ scaling_factor: 2, has_whitening: false }));
    const scaled = await saeno("import", name, "--out", "scaled", "--json");
    expect(JSON.parse(scaled.stdout).atomNorms).not.toEqual({});
    expect(JSON.parse(await text("scaled", "config.json")).imported.options).toEqual({ inputScale: 2 });
    const x = createRandom(4).normals(5 * n);
    await saeno("import", "peer", "--out", "unscaled");
    const inside = await reconstructions(
      "unscaled",
      x.map((value) => 2 * value),
    );
    const outside = await reconstructions("scaled", x);
    expect(Math.max(...outside.map((value, i) => Math.abs(2 * value - inside[i])))).toBeLessThan(1e-4);
  });

  test("files that are damaged or of nothing known are refused by name, and no folder is made", async () => {
    const nan = { shape: [n], values: new Float32Array(n).fill(Number.NaN) };
    await mkdir(at("pickles"));
    await writeFile(at("pickles", "ae.pt"), "pickle");
    const cases: Refusal[] = [
      [
        [await changed("cut", {}, (bytes) => bytes.subarray(0, -5))],
        1,
        /weights.safetensors is not a valid.*truncated/,
      ],
      [[await changed("nans", {}, (bytes) => withTensors(bytes, { b_dec: nan }))], 1, /"b_dec" holds NaN/],
      [["pickles"], 1, /ae.pt is a pickle/],
      [["x.txt"], 2, /There is no file or folder x.txt/],
      [["sae"], 2, /sae is a run folder of saeno: there is nothing to import/],
      [["neuralop", "--format", "neuralop"], 2, /are an operator, not an autoencoder.*fourierFromNeuralop/],
      [["peer", "--format", "keras"], 2, /Choose saelens, sparsify, dictionary-learning/],
    ];
    const refused = cases.map(([args, ...rest]): Refusal => [["import", ...args, "--out", "refused"], ...rest]);
    await expectRefused(...refused, [["import", "peer", "--out", "sae"], 2, /sae exists already; nothing was changed/]);
  });
});

test("a folder with nothing but a model and its form is evaluated on data that is named", async () => {
  await mkdir(at("bare"));
  const { modelConfig } = JSON.parse(await text("fno", "config.json"));
  await writeFile(at("bare", "config.json"), JSON.stringify({ modelConfig }));
  await writeFile(at("bare", "model.safetensors"), await readFile(at("fno", "model.safetensors")));
  const data = ["--data", "sparse-functions:12", "--limit", "40", "--test", "10", "--split", "test", "--json"];
  const { relativeError, l0 } = JSON.parse((await saeno("eval", "bare", ...data)).stdout);
  const summary = JSON.parse(await text("fno", "summary.json"));
  expect({ relativeError, l0 }).toEqual({
    relativeError: expect.closeTo(summary.relativeError, 5),
    l0: summary.l0,
  });
});
