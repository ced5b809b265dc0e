import { cpuBackend, register, useBackend } from "@saeno/backend";
import { arrayDataset, defineDataset } from "@saeno/datasets";
import * as v from "valibot";
import { beforeAll, describe, expect, test } from "vitest";
import { resolveRunConfig } from "../configuration/run-config.ts";
import { loadRun, readSummary } from "../runs/load-run.ts";
import { memoryStore } from "../runs/run-store.ts";
import { jsonOf, recordOf, runInto } from "../runs/save-run.ts";
import { evaluateModel } from "./evaluation.ts";
import { openDataFor, runExperiment } from "./run-experiment.ts";
import { evaluationSchema, runNumbers, runSummarySchema } from "./run-numbers.ts";

/** Two waves of falling amplitude, of which a coarse grid holds the first only. */
const waves = defineDataset({
  kind: "waves",
  summary: "waves",
  schema: v.strictObject({ points: v.optional(v.number(), 16), samples: v.optional(v.number(), 40) }),
  shorthand: { option: "points" },
  open({ points, samples }) {
    const wave = (k: number, sample: number, n: number) =>
      Math.cos(2 * Math.PI * ((k * n) / points + ((3 * k * sample) % 7) / 7));
    const values = Float32Array.from({ length: samples * points }, (_, i) => {
      const [sample, n] = [Math.floor(i / points), i % points];
      return wave(1, sample, n) + 0.5 * wave(5, sample, n);
    });
    const labels = { values: Array.from({ length: samples }, (_, sample) => sample % 2), names: ["even", "odd"] };
    return { ...arrayDataset({ name: "waves", values, shape: [samples, points, 1] }), labels };
  },
});

beforeAll(async () => {
  await useBackend(cpuBackend);
  register(waves);
});

const settings = { data: "waves", modes: 7, concepts: 6, active: 2, density: 0.5, batch: 8, steps: 6, test: 8 };

/** Interrupted after so many steps. */
async function interrupted(steps: number) {
  const controller = new AbortController();
  const onRecord = ({ step }: { readonly step: number }) => void (step === steps && controller.abort());
  const config = resolveRunConfig(settings);
  return { config, options: { signal: controller.signal, onRecord } };
}

describe("a run that is interrupted", () => {
  test("ends with a checkpoint, says at which step of how many, and goes on from there to the same numbers", async () => {
    const { config, options } = await interrupted(4);
    const store = memoryStore();
    await expect(runInto(store, "run", config, options)).rejects.toThrow(
      "Interrupted after step 4 of 6. Continue with: saeno resume run",
    );
    expect(await readSummary(store, "run")).toBeUndefined();
    const loaded = await loadRun(store, "run");
    const learningRate = loaded.history[3].learningRate;
    expect(loaded.record.interrupted).toEqual({ step: 4, of: 6, learningRate });
    expect([loaded.history.length, loaded.config]).toEqual([4, config]);
    loaded.model.dispose();
    const { model, history, summary } = await runInto(store, "run", config);
    const straight = await runInto(store, "straight", config);
    expect(summary).toMatchObject({ steps: 6, interrupted: false });
    expect(store.folders.get("run")?.get("model.safetensors")).toEqual(
      store.folders.get("straight")?.get("model.safetensors"),
    );
    const numbers = (some: typeof history) => some.map(({ seconds: _, ...others }) => others);
    expect(numbers(history)).toEqual(numbers(straight.history));
    expect(await readSummary(store, "run")).toMatchObject({ relativeError: straight.summary.relativeError });
    for (const each of [model, straight.model]) each.dispose();
  });

  test("without a store, its model is evaluated as of then", async () => {
    const { config, options } = await interrupted(4);
    const { model, summary, history, ...experiment } = await runExperiment(config, options);
    expect(summary).toMatchObject({ steps: 4, stepsAsked: 6, interrupted: true });
    const record = recordOf({ ...experiment, model, history });
    expect(record.interrupted).toEqual({ step: 4, of: 6, learningRate: summary.learningRate });
    expect(resolveRunConfig({}, record)).toEqual(config);
    model.dispose();
  });

  test("does not say so where it made all its steps", async () => {
    const { model, summary, ...experiment } = await runExperiment(resolveRunConfig(settings));
    expect(summary).toMatchObject({ steps: 6, stepsAsked: 6, interrupted: false });
    expect(recordOf({ model, ...experiment })).not.toHaveProperty("interrupted");
    model.dispose();
  });
});

describe("an evaluation", () => {
  test("says what concepts know of labels and how alike those of another run are, and files hold it", async () => {
    const { model, source, summary } = await runExperiment(resolveRunConfig(settings));
    const other = await runExperiment(resolveRunConfig({ ...settings, seed: 1, modes: 5, concepts: 4 }));
    const against = [
      { name: "other", model: other.model },
      { name: "itself", model },
    ];
    const evaluation = await evaluateModel({ model, source, split: "test", label: "SAE-FNO", against });
    const used = evaluation.utilization.filter((use) => use > 0).length;
    expect(evaluation.labels).toMatchObject({ samples: 8, classes: [{ name: "even" }, { name: "odd" }] });
    expect(evaluation.labels?.concepts.length).toBe(used);
    expect(evaluation.stability?.map(({ against }) => against)).toEqual(["other", "itself"]);
    const [ofOther, ofItself] = evaluation.stability ?? [];
    expect(ofItself).toMatchObject({ weighted: expect.closeTo(1, 4), compared: [used, used] });
    expect(ofOther.weighted).toBeLessThan(1);
    // Untrained models are not the same, even of one form.
    for (const { untrained } of [ofOther, ofItself]) {
      expect(untrained).toBeGreaterThan(0);
      expect(untrained).toBeLessThan(0.99);
    }
    const written = JSON.parse(jsonOf({ ...summary, ...evaluation }));
    const { labels, stability } = v.parse(evaluationSchema, written);
    expect({ labels, stability }).toEqual({ labels: evaluation.labels, stability: evaluation.stability });
    expect(runNumbers(v.parse(runSummarySchema, written)).get("labels.auc.median")).toBe(evaluation.labels?.auc.median);
    // Older files have none of it.
    for (const name of ["budget", "selective", "alwaysOn", "effectiveConcepts", "labels", "stability"])
      delete written[name];
    expect(v.parse(evaluationSchema, written)).toMatchObject({ budget: Number.NaN, selective: Number.NaN });
    for (const each of [model, other.model]) each.dispose();
  });

  test("refuses to compare concepts of models that take other samples, before anything is measured", async () => {
    const { model, source } = await runExperiment(resolveRunConfig(settings));
    const { modes: _, density: __, ...ofVectors } = settings;
    const vectors = await runExperiment(resolveRunConfig({ ...ofVectors, model: "mlp" }));
    const against = [{ name: "mlp", model: vectors.model }];
    await expect(evaluateModel({ model, source, split: "test", label: "SAE-FNO", against })).rejects.toThrow(
      /concepts of mlp cannot be compared .* it takes vectors of 16 numbers, this one functions with 1 channel/,
    );
    for (const each of [model, vectors.model]) each.dispose();
  });

  test("compares with baselines and with the samples that were trained on, as numbers of the run too", async () => {
    const { model, summary } = await runExperiment(resolveRunConfig(settings));
    const { trainError, baselines, codeEntries, l0, density } = summary;
    expect(trainError).toEqual({ samples: 32, relativeError: expect.any(Number) });
    expect(baselines).toMatchObject({
      samples: 8,
      trainingSamples: 32,
      model: expect.closeTo(summary.relativeError, 6),
    });
    expect(codeEntries).toBeCloseTo(l0 * density * 16, 6);
    // Two waves with two phases each.
    expect(baselines?.components).toBeLessThanOrEqual(4);
    expect(baselines?.pca).toBeLessThan(1e-3);
    const numbers = runNumbers(v.parse(runSummarySchema, JSON.parse(JSON.stringify(summary))));
    expect(numbers.get("baselines.pca")).toBe(baselines?.pca);
    expect(numbers.get("trainError.relativeError")).toBe(trainError?.relativeError);
    model.dispose();
  });

  test("on a grid too coarse for the modes is without the frequencies that it does not hold, and says the floor", async () => {
    const { model, summary } = await runExperiment(resolveRunConfig({ ...settings, grids: [8, 16] }));
    const [coarse, own] = summary.resolution;
    expect(coarse).toMatchObject({ grid: [8], truncated: { modes: [4], floor: expect.closeTo(Math.sqrt(0.2), 3) } });
    expect(coarse.relativeError).toBeGreaterThan(0);
    expect(own).not.toHaveProperty("truncated");
    expect(own.relativeError).toBeCloseTo(summary.relativeError, 6);
    model.dispose();
    // Training needs all of them.
    await expect(runExperiment(resolveRunConfig({ ...settings, data: "waves:8" }))).rejects.toThrow(
      /too few for 7 modes/,
    );
  });

  test("on a finer grid may stand beside that of reconstructions on the own grid, interpolated", async () => {
    const { model, summary } = await runExperiment(
      resolveRunConfig({ ...settings, grids: [16, 32], interpolated: true }),
    );
    const [own, fine] = summary.resolution;
    expect(own.interpolatedError).toBeCloseTo(summary.relativeError, 5);
    expect(fine.interpolatedError).toBeCloseTo(summary.relativeError, 5);
    const numbers = runNumbers(v.parse(runSummarySchema, JSON.parse(JSON.stringify(summary))));
    expect(numbers.get("interpolatedError@32")).toBe(fine.interpolatedError);
    model.dispose();
    await expect(runExperiment(resolveRunConfig({ ...settings, interpolated: true }))).rejects.toThrow(
      /--interpolated needs grids to interpolate to: name some with --grids/,
    );
  });

  test("names the samples: held out, trained on, all, those of test data, those of other data", async () => {
    const { model, config } = await runExperiment(resolveRunConfig(settings));
    const source = await openDataFor(config.model, config.data, { seed: 0 });
    const named = async (request: Partial<Parameters<typeof evaluateModel>[0]>) =>
      (await evaluateModel({ model, source, split: "test", label: "", ...request })).measuredOn;
    expect(await named({})).toBe("8 held-out samples of waves");
    expect(await named({ split: "train" })).toBe("32 training samples of waves");
    expect(await named({ split: "all" })).toBe("all 40 training and held-out samples of waves");
    expect(await named({ samples: 3 })).toBe("the first 3 of 8 held-out samples of waves");
    expect(await named({ trained: false })).toBe("the last 8 samples of waves");
    expect(await named({ trained: false, split: "all" })).toBe("all 40 samples of waves");
    const data = { kind: "waves", testData: ["waves:16,samples=5"] };
    const tested = await openDataFor(config.model, data, { seed: 0 });
    expect(await named({ source: tested })).toBe("5 held-out samples, the test data waves:samples=5");
    model.dispose();
  });

  test("uses all test data: that on other grids without being asked; two on one grid, or for vectors, are refused", async () => {
    const tested = (...testData: string[]) => resolveRunConfig({ ...settings, test: undefined, testData });
    const { model, summary } = await runExperiment(tested("waves:16,samples=5", "waves:24,samples=5"));
    expect(summary).toMatchObject({ samples: 5, resolution: [{ grid: [24] }] });
    model.dispose();
    await expect(runExperiment(tested("waves:16,samples=5", "waves:samples=6"))).rejects.toThrow(
      /5 samples and .* has 6/,
    );
    await expect(runExperiment(tested("waves:16,samples=5", "waves:samples=5"))).rejects.toThrow(
      /are both on the grid 16, and only one would be used/,
    );
    const vectors = { model: "mlp", modes: undefined, density: undefined };
    const config = resolveRunConfig({ ...settings, ...vectors, test: undefined, testData: ["waves", "waves:24"] });
    await expect(runExperiment(config)).rejects.toThrow(/one length: the test data waves:24, on 24, cannot be used/);
    const one = (other: string) =>
      runExperiment(resolveRunConfig({ ...settings, ...vectors, test: undefined, testData: [other] }));
    const flat = await one("waves:16,samples=5");
    expect(flat.summary).toMatchObject({ samples: 5, sampleShape: [16, 1] });
    flat.model.dispose();
    await expect(one("waves:24,samples=5")).rejects.toThrow(/No test data is on the grid of the tr/);
  });
});
