import { execFileSync, spawnSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { disposeCodes, toDense } from "@saeno/activations";
import { useBackend } from "@saeno/backend";
import { wasmBackend } from "@saeno/backend-wasm";
import type { SparseAutoencoder } from "@saeno/core";
import { encodeSafetensors } from "@saeno/datasets";
import { resample } from "@saeno/fft";
import { encodeModel } from "@saeno/training";
import { type Tensor, tensor } from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { resolveRunConfig } from "../configuration/run-config.ts";
import { jsonOf, runInto } from "../runs/save-run.ts";
import { buildSmall, smallModels } from "./__fixtures__/python-models.ts";
import { folderStore } from "./run-folder.ts";

const names = [process.env.SAENO_PYTHON, "python3", "/usr/bin/python3"].filter((name) => name !== undefined);
const python = names.find((name) => spawnSync(name, ["-c", "import numpy"], { stdio: "ignore" }).status === 0);
if (python === undefined)
  console.warn("There is no Python with numpy here: the Python package is not compared. Set SAENO_PYTHON.");

/** What the script prints: by model, the largest difference of each array, as a share of its largest entry. */
type Differences = Readonly<Record<string, Readonly<Record<string, number>>>>;

let folder: string;
beforeAll(async () => {
  await useBackend(wasmBackend);
  folder = await mkdtemp(join(tmpdir(), "saeno-python-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.skipIf(python === undefined)("the Python package", () => {
  test("computes codes, reconstructions and atoms of every kind of model as we do", async () => {
    for (const [i, small] of smallModels.entries()) {
      const { model, x } = buildSmall(small, i);
      const place = join(folder, small.name);
      await writeModel(place, model);
      await writeExpected(place, model, x);
      model.dispose();
      x.dispose();
    }
    const differences = compare(folder);
    expect(Object.keys(differences).length).toBe(smallModels.length);
    const wrong = Object.entries(differences).filter(([, found]) =>
      Object.values(found).some((value) => !(value < 1e-5)),
    );
    expect(wrong).toEqual([]);
  });

  test("reads a run folder", async () => {
    const place = join(folder, "trained", "run");
    const settings = { data: "sparse-functions:12", modes: 5, concepts: 8, batch: 8, steps: 3, limit: 40, test: 8 };
    const { model, source, summary } = await runInto(folderStore, place, resolveRunConfig(settings));
    const { grid, channels } = source.test;
    const x = tensor(await source.test.read([0, 1, 2]), [3, ...grid, channels]);
    await writeExpected(place, model, x);
    model.dispose();
    x.dispose();
    expect(Math.max(...Object.values(compare(join(folder, "trained")).run))).toBeLessThan(1e-5);
    const script = "run = saeno.load(sys.argv[1]); print(json.dumps([run.grid, len(run.metrics), run.summary]))";
    expect(JSON.parse(runPython("-c", `import json, sys, saeno; ${script}`, place))).toEqual([grid, 3, summary]);
  });
});

function compare(cases: string): Differences {
  return JSON.parse(runPython(join(sources, "../tests/compare.py"), cases));
}

const sources = fileURLToPath(new URL("../../../../python/src", import.meta.url));

function runPython(...args: readonly string[]): string {
  const env = { ...process.env, PYTHONPATH: sources, PYTHONDONTWRITEBYTECODE: "1" };
  return execFileSync(python ?? "python3", args, { encoding: "utf8", env });
}

/** A folder as `saeno.load` takes it. */
async function writeModel(place: string, model: SparseAutoencoder): Promise<void> {
  await mkdir(place, { recursive: true });
  await writeFile(join(place, "config.json"), jsonOf({ saeno: "0.0.0", modelConfig: model.toConfig() }));
  await writeFile(join(place, "model.safetensors"), await encodeModel(model));
}

/** `expected.safetensors` beside a model: samples on three grids, and what comes of them. */
async function writeExpected(place: string, model: SparseAutoencoder, x: Tensor): Promise<void> {
  const tensors = new Map<string, Tensor>();
  const pass = (start: string, samples: Tensor) => {
    const { codes, reconstruction } = model.forward(samples);
    tensors.set(`${start}x`, samples).set(`${start}codes`, toDense(codes));
    tensors.set(`${start}reconstruction`, reconstruction);
    disposeCodes(codes);
    return reconstruction;
  };
  const reconstruction = pass("", x.clone());
  tensors.set("atoms", model.dictionary.atoms());
  const own = x.shape.slice(1, -1);
  if (own.length > 0) {
    // Too coarse for the modes of a spectrum; a kernel needs its own size.
    const coarse = own.map((points) => (model.dictionary.kind === "fourier" ? Math.ceil(0.6 * points) : points - 1));
    const fine = own.map((points) => Math.ceil(1.6 * points));
    for (const [start, grid] of Object.entries({ "coarse.": coarse, "fine.": fine })) {
      pass(start, resample(x, { grid }));
      tensors.set(`${start}decoded`, resample(reconstruction, { grid }));
      tensors.set(`${start}atoms`, model.dictionary.atoms({ grid }));
    }
  }
  const stored = [...tensors].map(([name, value]) => [
    name,
    { shape: value.shape, values: value.dataSync<"float32">() },
  ]);
  await writeFile(join(place, "expected.safetensors"), encodeSafetensors(Object.fromEntries(stored)));
  for (const value of tensors.values()) value.dispose();
}
