import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { disposeCodes, toDense } from "@saeno/activations";
import { createRandom, sizeOf, useBackend } from "@saeno/backend";
import { wasmBackend } from "@saeno/backend-wasm";
import { type SparseAutoencoder, saeFno, saeMlp } from "@saeno/core";
import { arrayDataset, encodeNpz, encodeSafetensors } from "@saeno/datasets";
import { memory, tensor } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { modelHash } from "../model-hash.ts";
import { codesFromTensors, codesToTensors, encodeCodeFile, readCodeFile } from "./code-file.ts";
import { denseCodes, denseValues, sparseCodes } from "./code-table.ts";
import { encodeDataset } from "./encode-dataset.ts";

beforeAll(() => useBackend(wasmBackend));

const kinds = [
  [
    "maps",
    [11, 9, 8, 2],
    () => saeFno({ channels: 2, concepts: 7, active: 3, modes: [4, 3], seed: 1, domain: { density: 0.1 } }),
  ],
  [
    "maps of every point",
    [4, 9, 8, 2],
    () => saeFno({ channels: 2, concepts: 3, active: 3, modes: [4, 3], activation: { kind: "relu" } }),
  ],
  ["numbers", [11, 12], () => saeMlp({ inputs: 12, concepts: 20, active: 3, seed: 1 })],
] as const;

function data(shape: readonly number[]) {
  return arrayDataset({ name: "noise", values: createRandom(3).normals(sizeOf(shape)), shape: [...shape] });
}

describe.each(kinds)("codes that are %s", (_, shape, make) => {
  const model = () => make() as SparseAutoencoder;

  test("are the same in host memory and on the device", async () => {
    const own = model();
    const table = await encodeDataset(own, data(shape), { batchSize: 4 });
    const x = tensor(createRandom(3).normals(sizeOf(shape)), [...shape]);
    const before = memory().numTensors;
    const codes = own.encode(x);
    const wanted = toDense(codes);
    for (const found of [sparseCodes(table), denseCodes(table)]) {
      const all = toDense(found);
      expect(all.dataSync()).toEqual(wanted.dataSync());
      all.dispose();
      disposeCodes(found);
    }
    const two = sparseCodes(table, [2, 1]);
    expect(
      toDense(two)
        .dataSync()
        .slice(0, wanted.size / shape[0]),
    ).toEqual(wanted.dataSync().slice((2 * wanted.size) / shape[0], (3 * wanted.size) / shape[0]));
    disposeCodes(two);
    disposeCodes(codes);
    wanted.dispose();
    expect(memory().numTensors).toBe(before + 1);
    expect(() => sparseCodes(table, [shape[0]])).toThrow(/not among them/);
    own.dispose();
  });

  test.each([
    ["safetensors", false],
    ["safetensors", true],
    ["npz", false],
    ["npz", true],
  ] as const)("are read back exactly from %s, dense: %s", async (format, dense) => {
    const own = model();
    const hash = await modelHash(own);
    const table = await encodeDataset(own, data(shape));
    const bytes = await encodeCodeFile(table, { format, dense, model: hash });
    const stored = await readCodeFile(bytes, { model: hash });
    expect(stored).toEqual({ table, model: hash });
    await expect(readCodeFile(bytes, { model: "f".repeat(64) })).rejects.toThrow(/codes of another model/);
    own.dispose();
  });

  test("that are damaged are refused", async () => {
    const own = model();
    const table = await encodeDataset(own, data(shape));
    const { tensors, metadata } = codesToTensors(table, { model: "0" });
    const [index] = Object.keys(tensors).filter((name) => ["concept", "indices"].includes(name));
    const wrong = (values: Int32Array) => ({
      metadata,
      tensors: { ...tensors, [index]: { ...tensors[index], values } },
    });
    const changed = Int32Array.from(tensors[index].values);
    changed[2] = 99;
    expect(() => codesFromTensors(wrong(changed))).toThrow(/entry 2 is outside/);
    expect(() => codesFromTensors(wrong(changed.slice(1)))).toThrow(/different lengths/);
    const swapped = Int32Array.from(tensors[index].values).reverse();
    expect(() => codesFromTensors(wrong(swapped))).toThrow(/out of order/);
    expect(() => codesFromTensors({ metadata, tensors: {} })).toThrow(/no array/);
    expect(() => codesFromTensors({ metadata: {}, tensors })).toThrow(/metadata/);
    own.dispose();
  });
});

test("files of something else are refused", async () => {
  await expect(readCodeFile(encodeSafetensors({ data: { shape: [1], values: [1] } }))).rejects.toThrow(
    /does not hold codes/,
  );
  await expect(readCodeFile(await encodeNpz({ x: { shape: [1], values: Float32Array.of(1) } }))).rejects.toThrow(
    /no "metadata"/,
  );
});

test("the hash of a model is that of its weights", async () => {
  const [a, b, c] = [1, 1, 2].map((seed) => saeMlp({ inputs: 5, concepts: 4, active: 2, seed }));
  expect(await modelHash(a)).toBe(await modelHash(b));
  expect(await modelHash(a)).not.toBe(await modelHash(c));
  for (const model of [a, b, c]) model.dispose();
});

const names = [process.env.SAENO_PYTHON, "python3", "/usr/bin/python3"].filter((name) => name !== undefined);
const python = names.find((name) => spawnSync(name, ["-c", "import numpy"], { stdio: "ignore" }).status === 0);
if (python === undefined) console.warn("There is no Python with numpy here: it reads no codes. Set SAENO_PYTHON.");

/** As docs/run-folder.md says how to read codes; prints the entries of the dense array. */
const reader = `
import json, sys
import numpy as np
file = np.load(sys.argv[1])
about = json.loads(file["metadata"].tobytes())
shape = json.loads(about["shape"])
codes = np.zeros(shape, np.float32)
if about["kind"] == "dense":
    codes = file["codes"]
elif about["kind"] == "scalar":
    rows = np.repeat(np.arange(shape[0]), np.diff(file["indptr"]))
    codes[rows, file["indices"]] = file["data"]
else:
    flat = codes.reshape(shape[0], -1, shape[-1])
    flat[file["sample"], file["position"], file["concept"]] = file["value"]
assert codes.dtype == np.float32 and list(codes.shape) == shape and len(about["model"]) == 64
sys.stdout.buffer.write(codes.tobytes())
`;

test.skipIf(python === undefined).each(kinds)("NumPy reads archives of codes that are %s", async (_, shape, make) => {
  const folder = await mkdtemp(join(tmpdir(), "saeno-codes-"));
  const model = make();
  const table = await encodeDataset(model, data(shape));
  for (const dense of [false, true]) {
    const file = join(folder, "codes.npz");
    await writeFile(file, await encodeCodeFile(table, { format: "npz", dense, model: await modelHash(model) }));
    const { status, stdout, stderr } = spawnSync(python ?? "", ["-c", reader, file]);
    expect([status, String(stderr)]).toEqual([0, ""]);
    expect(new Float32Array(new Uint8Array(stdout).buffer)).toEqual(denseValues(table));
  }
  model.dispose();
  await rm(folder, { recursive: true });
});
