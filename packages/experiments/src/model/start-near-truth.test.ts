import { cpuBackend, useBackend } from "@saeno/backend";
import type { OpenedData } from "@saeno/datasets";
import { knownAtoms } from "@saeno/metrics";
import { concat, memory, reshape, slice, tidy } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it, test } from "vitest";
import type { Settings } from "../configuration/config-files.ts";
import { resolveRunConfig } from "../configuration/run-config.ts";
import { knownDictionary, recovery } from "../run/recovery.ts";
import { openDataFor } from "../run/run-experiment.ts";
import { buildModel } from "./build-model.ts";

beforeAll(() => useBackend(cpuBackend));

const functions = "sparse-functions:8,channels=2,concepts=4,kernel=3";
const vectors = "sparse-vectors:8,concepts=12,active=2";
const models = [
  { model: "mlp", data: vectors, concepts: 12, lifting: 10 },
  { model: "cnn", data: functions, concepts: 4, kernel: [3], lifting: 3 },
  { model: "fno", data: functions, concepts: 4, lifting: 3 },
];

async function opened(settings: object): Promise<{ config: ReturnType<typeof resolveRunConfig>; source: OpenedData }> {
  const config = resolveRunConfig({ active: 1, limit: 8, test: 2, ...settings });
  return { config, source: await openDataFor(config.model, config.data, config) };
}

/** Recovery error of a model before any training. */
async function startingError(settings: object): Promise<number | undefined> {
  const { config, source } = await opened(settings);
  const model = buildModel(config.model, { dataset: source.train, seed: config.seed });
  try {
    const every = config.measures.recoveryEvery;
    const measured = recovery(model, source.train, { every, near: config.model.startNoise !== undefined });
    const error = measured?.result().start;
    measured?.dispose?.();
    return error;
  } finally {
    model.dispose();
  }
}

describe.each(models)("$model near the dictionary that made the data", ({ lifting, ...settings }) => {
  it("without noise is there, lifted or not", async () => {
    expect(await startingError({ ...settings, startNoise: 0 })).toBeLessThan(1e-5);
    expect(await startingError({ ...settings, startNoise: 0, lifting })).toBeLessThan(1e-5);
    expect(await startingError({ ...settings, startNoise: 0, lifting, liftingTied: false })).toBeLessThan(1e-5);
  });

  it("with noise is as far away as the noise says, another seed elsewhere", async () => {
    const error = (await startingError({ ...settings, startNoise: 0.3 })) ?? 0;
    // The sine of an angle whose tangent is about 0.3.
    expect(Math.abs(error - 0.3 / Math.hypot(1, 0.3))).toBeLessThan(0.06);
    expect(await startingError({ ...settings, startNoise: 0.3, lifting })).toBeCloseTo(error, 5);
    expect(await startingError({ ...settings, startNoise: 0.3, seed: 1 })).not.toBeCloseTo(error, 4);
  });

  it("and anywhere is measured at the best match, and leaves nothing on the device", async () => {
    const before = memory().numTensors;
    const error = (await startingError({ ...settings, concepts: settings.concepts + 2 })) ?? 0;
    expect(error).toBeGreaterThan(0.3);
    expect(error).toBeLessThan(1);
    await startingError({ ...settings, startNoise: 0.3, lifting });
    expect(memory().numTensors).toBe(before);
  });
});

test("an encoder with weights of its own starts at the same atoms", async () => {
  const { config, source } = await opened({ ...models[1], lifting: undefined, startNoise: 0.2 });
  const model = buildModel(config.model, { dataset: source.train });
  const kernels = model.parameters().filter(({ name }) => name.endsWith(".kernels"));
  expect(kernels.map(({ name }) => name)).toEqual(["dictionary.kernels", "encoder.kernels"]);
  const [own, encoder] = kernels.map(({ variable }) => tidy(() => variable.dataSync()));
  expect(encoder).toEqual(own);
  model.dispose();
});

test("spectra near the truth keep all modes that the grid holds", async () => {
  const { config, source } = await opened({ model: "fno", data: "sparse-functions:80,concepts=2", concepts: 2 });
  const modes = (settings: Settings) => {
    const { model: form } = resolveRunConfig(settings, { ...config });
    const model = buildModel(form, { dataset: source.train });
    model.dispose();
    return model.dictionary.toConfig().modes;
  };
  expect([modes({}), modes({ startNoise: 0.1 }), modes({ startNoise: 0.1, modes: [5] })]).toEqual([
    [32, 32],
    [40, 40],
    [5, 5],
  ]);
});

test("atoms of vectors that functions were flattened to are compared as functions, at their best shift", async () => {
  const { config, source } = await opened({ model: "mlp", data: functions, concepts: 6 });
  const { grid, truth } = knownDictionary(source);
  if (truth === undefined) throw new Error("The data says what it was made from.");
  const model = buildModel(config.model, { dataset: source.train });
  const measured = recovery(model, knownDictionary(source), { near: false });
  expect(measured?.result().error).toBeGreaterThan(0.3);
  const found = tidy(() => {
    const atoms = knownAtoms(truth, model.dictionary, grid);
    const rolled = concat([slice(atoms, [0, 2]), slice(atoms, [0, 0], [-1, 2])], 1);
    return concat([slice(model.dictionary.atoms(), [0, 0], [2, -1]), reshape(rolled, [4, -1])], 0);
  });
  model
    .parameters()
    .find(({ name }) => name.startsWith("dictionary."))
    ?.variable.assign(found);
  const again = recovery(model, knownDictionary(source), { near: false });
  expect(again?.result()).toMatchObject({ recovered: 1, error: expect.closeTo(0, 2) });
  for (const each of [found, measured, again, model]) each?.dispose?.();
});

describe("is refused", () => {
  it.each([
    [{ model: "mlp", data: functions, concepts: 4, startNoise: 0.1 }, /needs data whose dictionary is known/],
    [{ model: "mlp", data: vectors, concepts: 10, startNoise: 0.1 }, /all 12 concepts of the data; got --concepts 10/],
  ])("%o", async (settings, message) => {
    const { config, source } = await opened(settings);
    expect(() => buildModel(config.model, { dataset: source.train })).toThrow(message);
  });

  it("measuring where nothing is known", async () => {
    await expect(startingError({ model: "mlp", data: functions, concepts: 4, recoveryEvery: 5 })).rejects.toThrow(
      /--recovery-every has no effect here/,
    );
    expect(await startingError({ model: "mlp", data: functions, concepts: 4 })).toBeUndefined();
  });
});
