import { cpuBackend, useBackend } from "@saeno/backend";
import { beforeAll, expect, test } from "vitest";
import { resolveRunConfig } from "../configuration/run-config.ts";
import { inProcessExecutor } from "../executor/in-process-executor.ts";
import { loadRun } from "../runs/load-run.ts";
import { memoryStore } from "../runs/run-store.ts";
import { runInto } from "../runs/save-run.ts";
import { planSweep, runSweep, type SweepOptions } from "./run-sweep.ts";
import { parseVary } from "./sweep-space.ts";

beforeAll(() => useBackend(cpuBackend));

const settings = {
  data: "sparse-vectors:12,concepts=16,active=2",
  model: "mlp",
  concepts: 16,
  active: 2,
  batch: 8,
  limit: 64,
  test: 8,
  steps: 4,
};
const store = memoryStore();
const executor = inProcessExecutor({ store });
const sweep = (vary: readonly string[], options: Partial<SweepOptions> = {}) =>
  runSweep({ vary: vary.map(parseVary), settings, folder: "runs", store, executor, ...options });

test("every combination is trained with every seed, best first; more values are added to what is there", async () => {
  const { runs, fields } = await sweep(["lr=0.001,0.01", "schedule=linear,cosine"], { seeds: 2, show: ["l0", "none"] });
  expect(fields).toEqual(["lr", "schedule"]);
  expect([runs.length, store.folders.size]).toEqual([4, 8]);
  const means = runs.map(({ metric }) => metric.mean);
  expect(means).toEqual(means.toSorted((a, b) => a - b));
  for (const { metric, seeds, others } of runs) {
    expect([metric.count, seeds, Object.keys(others)]).toEqual([2, 2, ["l0"]]);
    expect(metric.low).toBeLessThan(metric.high);
    expect(metric.mean).toBeCloseTo((metric.low + metric.high) / 2, 10);
  }
  const highest = await sweep(["lr=0.001,0.01,0.02"], {
    settings: { ...settings, schedule: "cosine" },
    goal: "highest",
  });
  expect(highest.runs.map(({ metric }) => metric.mean)).toEqual(
    highest.runs.map(({ metric }) => metric.mean).toSorted((a, b) => b - a),
  );
  // Two of them were there, under names of their own.
  expect(store.folders.size).toBe(11);

  // The best run is what its config.json makes again.
  const loaded = await loadRun(store, runs[0].place ?? "");
  const again = await runInto(store, "again", resolveRunConfig({}, loaded.record));
  expect(again.history.map(({ loss }) => loss)).toEqual(loaded.history.map(({ loss }) => loss));
  again.model.dispose();
  loaded.model.dispose();
});

test("the concepts of the seeds of a setting are compared, pair by pair, where that is asked for", async () => {
  const { runs } = await sweep(["lr=0.01,0.02"], { seeds: 3, show: ["stability", "selective", "budget"] });
  for (const { others } of runs) {
    expect(Object.keys(others)).toEqual(["stability", "selective", "budget"]);
    expect(others.stability.count).toBe(3);
    expect(others.stability.mean).toBeGreaterThan(0.2);
    expect(others.stability.high).toBeLessThan(1);
  }
  const ranked = await sweep(["lr=0.01,0.02"], { seeds: 3, metric: "stability", goal: "highest" });
  expect(ranked.runs[0].metric.mean).toBeGreaterThanOrEqual(ranked.runs[1].metric.mean);
  expect((await sweep(["lr=0.01"], { show: ["stability"] })).runs[0].others).toEqual({});
  await expect(sweep(["lr=0.01"], { metric: "stability" })).rejects.toThrow(/there is one: give --seeds 3/);
});

test("settings that fail stand last with what went wrong, and do not stop the others", async () => {
  const { runs } = await sweep(["batch=100,8"]);
  expect(runs.map(({ settings: { batch }, seeds }) => [batch, seeds])).toEqual([
    [8, 1],
    [100, 0],
  ]);
  expect(runs[1].failed).toMatch(/fewer than a batch of 100/);
});

test("what cannot be is refused before anything is trained; a number that runs do not have, after", async () => {
  await expect(sweep(["active=2,99"])).rejects.toThrow(/--active 99 is more than --concepts 16/);
  await expect(sweep(["lr=0.1..1"])).rejects.toThrow(/is a range: say how many to draw/);
  await expect(sweep(["lr=0.001"], { metric: "loss" })).rejects.toThrow(/no number "loss". It has .*relativeError/);
});

test("drawn combinations repeat with the seed of the settings", () => {
  const drawn = (seed: number) =>
    planSweep({ vary: [parseVary("lr=0.001..0.1")], random: 3, settings: { ...settings, seed } }).map(
      ({ variation }) => variation.lr,
    );
  expect(drawn(1)).toEqual(drawn(1));
  expect(drawn(1)).not.toEqual(drawn(2));
});

test("shards make every n-th run, none twice; the one that ends last has the results", async () => {
  const shared = memoryStore();
  const shard = (index: number, vary = "lr=0.001,0.01,0.02") =>
    sweep([vary], { store: shared, executor: inProcessExecutor({ store: shared }), shard: { index, count: 2 } });
  await expect(shard(0)).rejects.toThrow(
    /Shard 0\/2 is done. Runs of other shards are still missing: lr=0.01,seed=0. .*without --shard/,
  );
  const made = [...shared.folders.keys()];
  expect(made.map((place) => place.replace(/-\w+$/, ""))).toEqual(["runs/lr=0.001,seed=0", "runs/lr=0.02,seed=0"]);
  expect((await shard(1)).runs).toHaveLength(3);
  expect([...shared.folders.keys()].slice(0, 2)).toEqual(made);
  expect((await shard(0)).runs).toHaveLength(3);
  await expect(shard(0, "batch=99,8")).rejects.toThrow(/Shard 0\/2: these runs failed: batch=99,seed=0\./);
});
