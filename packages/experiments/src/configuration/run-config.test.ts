import { defineActivation } from "@saeno/activations";
import { defineComponent, register, registerPlugin } from "@saeno/backend";
import { defineEncoder } from "@saeno/core";
import { defineDataset } from "@saeno/datasets";
import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { resolveRunConfig } from "./run-config.ts";
import { runSettings } from "./settings.ts";

const data = "sparse-functions:8";

describe("settings become a complete nested configuration", () => {
  test("every part has all of its options, and reading it back gives the same", () => {
    const config = resolveRunConfig({ data, modes: 3, resample: 20, grids: "12,16x8", testData: [data] });
    expect(config).toMatchObject({
      data: { kind: "sparse-functions", grid: [8, 8], testData: [data] },
      model: {
        dictionary: { kind: "fourier", concepts: 64, modes: 3, start: "localized" },
        encoder: { kind: "shallow", tied: false },
        activation: { kind: "map-sparsity", conceptRule: "batch", domainRule: "peaks" },
        normalization: "none",
      },
      training: {
        steps: 250,
        batchSize: 48,
        learningRate: 0.02,
        optimizer: { kind: "adam" },
        schedule: { kind: "linear", warmup: 0 },
      },
      measures: { grids: [12, [16, 8]], interpolated: false, rotations: [], atoms: false },
      seed: 0,
      backend: "auto",
    });
    expect(config.training.extensions).toEqual([expect.objectContaining({ kind: "resample", every: 20 })]);
    expect(resolveRunConfig({}, JSON.parse(JSON.stringify(config)))).toEqual(config);
  });

  test("values may be text, as flags and forms give them", () => {
    const typed = { data, model: "cnn", kernel: [3, 5], density: 0.1, tied: true, steps: 5, backend: "cpu" };
    const text = { data, model: "cnn", kernel: "3x5", density: "0.1", tied: "true", steps: "5", backend: "cpu" };
    expect(resolveRunConfig(text)).toEqual(resolveRunConfig(typed));
    expect(resolveRunConfig({ data, "energy-grid": "data" }).model.activation.energyGrid).toBe("data");
  });

  test.each([
    [{ model: "mlp" }, "topk", 0.005],
    [{ model: "mlp", activation: "batchtopk" }, "batchtopk", 0.005],
    [{ model: "cnn", activation: "batchtopk" }, "map-sparsity", 0.02],
    [{ model: "tokens" }, "topk", 0.005],
    [{ model: "tokens", activation: "batchtopk" }, "batchtopk", 0.005],
    [{ model: "fno", encoder: "unrolled", threshold: 1 }, "hard-threshold", 0.005],
    [{ model: "cnn", encoder: "matching-pursuit", active: 5 }, "map-sparsity", 0.005],
  ])("%o has the usual activation and learning rate of its components", (settings, kind, learningRate) => {
    const config = resolveRunConfig({ data, ...settings });
    expect([config.model.activation.kind, config.training.learningRate]).toEqual([kind, learningRate]);
  });

  test("data may have defaults of its own, which what is given goes before", () => {
    const open = () => Promise.reject(new Error("is not opened"));
    const defaults = { normalization: "channel", learningRate: 0.001 };
    register(
      defineDataset({ kind: "many-channels", summary: "of a test", schema: v.strictObject({}), defaults, open }),
    );
    const usual = resolveRunConfig({ data: "many-channels" });
    expect([usual.model.normalization, usual.training.learningRate]).toEqual(["channel", 0.001]);
    const given = resolveRunConfig({ data: "many-channels", normalize: "none", lr: 0.1 });
    expect([given.model.normalization, given.training.learningRate]).toEqual(["none", 0.1]);
    expect(resolveRunConfig({ steps: 9 }, { ...given }).training).toMatchObject({ steps: 9, learningRate: 0.1 });
  });

  test("components tell each other: a pursuit takes one concept a step, SpaDE wants distances", () => {
    const { encoder, activation } = resolveRunConfig({ data, encoder: "matching-pursuit", active: 5 }).model;
    expect([encoder.steps, activation.active]).toEqual([5, 1]);
    const again = resolveRunConfig(
      { active: 3 },
      { ...resolveRunConfig({ data, encoder: "matching-pursuit", active: 5 }) },
    );
    expect([again.model.encoder.steps, again.model.activation.active]).toEqual([3, 1]);
    expect(resolveRunConfig({ data, model: "mlp", activation: "spade" }).model.encoder.distance).toBe(true);
    const later = resolveRunConfig({ activation: "spade" }, { ...resolveRunConfig({ data, model: "mlp" }) });
    expect(later.model.encoder.distance).toBe(true);
  });
});

describe("settings over a file", () => {
  const base = { ...resolveRunConfig({ data, modes: 3, active: 4, density: 0.1, concepts: 12, l1: 0.5 }) };

  test("what goes with other components is left out, what all have stays", () => {
    const { model, training } = resolveRunConfig({ model: "mlp" }, base);
    expect(model.dictionary).toEqual({ kind: "dense", concepts: 12 });
    expect(model.activation).toEqual({ kind: "topk", k: 4 });
    expect(training.learningRate).toBe(0.005);
    expect(training.extensions).toEqual([{ kind: "l1", weight: 0.5 }]);
    expect(resolveRunConfig({ model: "mlp", lr: 0.1 }, base).training.learningRate).toBe(0.1);
  });

  test("of two that exclude each other the setting wins, and 0 switches off", () => {
    const { model, training } = resolveRunConfig({ count: 7, l1: 0 }, base);
    expect(model.activation).toMatchObject({ count: 7 });
    expect(model.activation).not.toHaveProperty("density");
    expect(training.extensions).toEqual([]);
    expect(resolveRunConfig({ auxiliary: 0 }, base).training.extensions).toContainEqual({
      kind: "auxiliary",
      coefficient: 0,
      every: 1,
      parts: 1,
    });
    expect(resolveRunConfig({ balance: true }, base).training.extensions).toContainEqual(
      expect.objectContaining({ kind: "balance", rate: 0.2 }),
    );
  });

  test("a flat file of an older version is read, in its spelling and with what it had for other models", () => {
    const old = {
      ...{ saeno: "0.0.0", data: "flow:32", crop: 64, colour: false, whiten: true, model: "cnn", concepts: 64 },
      ...{ padding: "circular", active: 8, energy: "kept", energyGrid: 1, start: "localised", tied: false },
      ...{ encoder: "shallow", normalise: "channel", l1: 0, l0: 0, resample: 20, balance: 0.2, unitAtoms: true },
      ...{ steps: 60, batch: 16, schedule: "linear", warmup: 0, optimizer: "adam", seed: 0, backend: "auto", lr: 0.02 },
      ...{ trainingGrid: [32, 32], channels: 1, modelConfig: {} },
    };
    const settings = {
      data: "flow:32",
      model: "cnn",
      normalize: "channel",
      resample: 20,
      balance: 0.2,
      steps: 60,
      batch: 16,
      ...{ active: 8, density: 0.04, conceptRule: "topk", domainRule: "topk", locality: 0, moments: "entry" },
    };
    expect(resolveRunConfig({}, old)).toEqual(resolveRunConfig(settings));
    const activation = { name: "map-sparsity", concepts: 3, domain: { count: 5 }, conceptCount: 64 };
    expect(resolveRunConfig({}, { ...old, model: "fno", activation }).model.activation).toMatchObject({
      ...{ kind: "map-sparsity", active: 3, count: 5, conceptRule: "topk", domainRule: "topk" },
    });
  });

  test("of two settings that exclude each other a flag replaces that of a flat file", () => {
    const { activation } = resolveRunConfig({ count: 3 }, { data, budget: 0.1 }).model;
    expect([activation.count, activation.budget]).toEqual([3, undefined]);
  });

  test("a file from before defaults moved has what it left open then", () => {
    const now = resolveRunConfig({ data, active: 8, conceptRule: "topk", domainRule: "topk" });
    const { moments: _, ...optimizer } = now.training.optimizer;
    const old = {
      ...now,
      training: { ...now.training, optimizer },
      modelConfig: { activation: { kind: "map-sparsity", active: 8, density: 0.04 } },
    };
    const read = resolveRunConfig({}, JSON.parse(JSON.stringify(old)));
    expect(read.model.activation).toMatchObject({ active: 8, density: 0.04, conceptRule: "topk" });
    expect(read.model.dictionary.start).toBe("random");
    expect(read.training.optimizer.moments).toBe("entry");
    expect(read.training.extensions).toEqual([{ kind: "locality", weight: 0 }]);
  });
});

describe("errors name the setting, what it must be and what came", () => {
  test.each([
    [{ data, modes: 0 }, /^--modes must be a positive integer.*; got 0\.$/],
    [{ data, steps: "many" }, /^--steps must be .*; got "many"\.$/],
    [{ data, model: "rnn" }, /There is no dictionary "rnn"\..* Known: cnn, fno, mlp, tokens\./],
    [{ data, lrr: 1 }, /There is no setting "lrr"\. Did you mean "lr"\?/],
    [
      { data, activation: "{oops" },
      /^--activation is not valid JSON, line 1, column 2: expected a key in quotes, such as "seed"; got "oops"/,
    ],
    [{ data, model: "cnn", modes: 8 }, /^--modes has no effect here: it goes with --model fno\.$/],
    [{ data, model: "mlp", density: 0.1 }, /^--density has no effect here: it goes with --activation map-sparsity\.$/],
    [{ data, iterations: 5 }, /--iterations has no effect here: it goes with --encoder unrolled or matching-pursuit/],
    [{ data, liftingTied: false }, /--no-lifting-tied has no effect here: it goes with --lifting\./],
    [{ data, encoder: "unrolled", threshold: "2dd" }, /^--threshold must be a number of 0 or more, or standard deviat/],
    [{ data, active: 65 }, /--active 65 is more than --concepts 64/],
    [{}, /Name the data to train on with --data: .*sparse-vectors/],
    [{ data, model: "fno", dictionary: "dense" }, /--model has no effect here: another setting replaces it/],
  ])("%o", (settings, message) => {
    expect(() => resolveRunConfig(settings)).toThrow(message);
  });

  test("of a file too, which may be nested", () => {
    expect(() => resolveRunConfig({}, { data, stepz: 1 }, "c.json")).toThrow(/"stepz" in c.json.*Did you mean "steps"/);
    expect(() => resolveRunConfig({}, { data, steps: -1 }, "c.json")).toThrow(/--steps must be .*; got -1 in c.json/);
    expect(() => resolveRunConfig({}, { data, model: { normalisation: "mean" } })).toThrow(
      /model has no option "normal/,
    );
    expect(() => resolveRunConfig({}, { data: { kind: "flow" }, training: { stepz: 1 } })).toThrow(
      /training has no option "stepz"\. Did you mean "steps"\?/,
    );
  });
});

test("a stranger's components are settings as ours are, and the configuration names their plugin", async () => {
  const load = async () => {
    register(
      defineActivation({
        kind: "cubic",
        summary: "the cube of what is positive",
        schema: v.strictObject({ power: v.optional(v.pipe(v.number(), v.description("to which power")), 3) }),
        create: () => {
          throw new Error("not made here");
        },
      }),
    );
    register(
      defineComponent("extension", {
        kind: "noise",
        summary: "adds noise",
        schema: v.strictObject({ sigma: v.optional(v.number(), 0.1) }),
        create: () => ({ name: "noise" }),
      }),
    );
  };
  await registerPlugin("./cubic.js", load);
  const config = resolveRunConfig({ data, model: "mlp", activation: "cubic", power: "2", sigma: 0.3 });
  expect(config.model.activation).toEqual({ kind: "cubic", power: 2 });
  expect(config.training.extensions).toEqual([{ kind: "noise", sigma: 0.3 }]);
  expect(config.plugins).toEqual(["./cubic.js"]);
  expect(runSettings().find(({ flag }) => flag === "power")).toMatchObject({
    group: "Activation",
    goesWith: ["cubic"],
  });
  const gone = { ...config, model: { ...config.model, activation: { kind: "quartic" } } };
  expect(() => resolveRunConfig({}, gone)).toThrow(
    /The run was made with a plugin that is not loaded: add --plugin \.\/cubic\.js\./,
  );
});

test("an encoder's own needs are met", () => {
  register(
    defineEncoder({
      kind: "mine",
      summary: "mine",
      activation: "relu",
      schema: v.strictObject({}),
      create: () => {
        throw new Error();
      },
    }),
  );
  expect(resolveRunConfig({ data, encoder: "mine" }).model.activation).toEqual({ kind: "relu" });
});
