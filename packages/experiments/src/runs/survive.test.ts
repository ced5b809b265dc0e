/** A run that is cut off at any write, whole or half way, goes on to the same numbers as one that is not. */
import { cpuBackend, register, SaenoError, useBackend } from "@saeno/backend";
import { arrayDataset, defineDataset } from "@saeno/datasets";
import { memory } from "@tensorflow/tfjs-core";
import { number, optional, strictObject } from "valibot";
import { beforeAll, describe, expect, test } from "vitest";
import { resolveRunConfig } from "../configuration/run-config.ts";
import { loadModel } from "./load-run.ts";
import { type MemoryStore, memoryStore, type RunStore } from "./run-store.ts";
import { finishedRun, runInto } from "./save-run.ts";

const ripples = defineDataset({
  kind: "ripples",
  summary: "sines of many lengths",
  schema: strictObject({ phase: optional(number(), 0), scale: optional(number(), 1) }),
  open({ phase, scale }) {
    const make = (size: number, first: number) =>
      arrayDataset({
        name: "ripples",
        values: Float32Array.from({ length: size * 16 }, (_, i) => scale * Math.sin(phase + first + i * 0.37)),
        shape: [size, 16, 1],
      });
    return { train: make(20, 0), test: make(4, 1) };
  },
});

register(ripples);
beforeAll(() => useBackend(cpuBackend));

const settings = {
  data: "ripples",
  modes: 5,
  concepts: 6,
  active: 2,
  density: 0.3,
  batch: 8,
  steps: 9,
  "dead-after": 16,
};
const config = resolveRunConfig(settings);
const checkpoints = { every: 2, keepEvery: 5 };

/** A store whose writes end at the n-th of them, before it or half way through, as those of a program that is killed. */
function mortal(store: MemoryStore, dies: { readonly at: number; readonly torn: boolean }): RunStore {
  let writes = 0;
  return {
    ...store,
    async edit(place) {
      const draft = await store.edit(place);
      const files = store.folders.get(place);
      return {
        ...draft,
        async write(file, content) {
          if (writes++ < dies.at) return draft.write(file, content);
          // Other files are written aside first: a store has them whole or not.
          if (dies.torn && file.startsWith("checkpoints/")) {
            await draft.write(file, content);
            await draft.write(
              file,
              (files?.get(file) ?? new Uint8Array()).slice(0, (files?.get(file)?.length ?? 0) / 2),
            );
          }
          throw new Error("killed");
        },
        async append(file, record) {
          if (writes++ < dies.at) return draft.append(file, record);
          throw new Error("killed");
        },
      };
    },
  };
}

const result = (store: MemoryStore, place = "run") => {
  const files = store.folders.get(place);
  const metrics = new TextDecoder().decode(files?.get("metrics.jsonl")).replaceAll(/,"seconds":[^,}]*/g, "");
  return { model: files?.get("model.safetensors"), metrics, names: [...(files?.keys() ?? [])].sort() };
};

describe("a run that is killed", () => {
  test.each([
    ["before", false],
    ["half way through", true],
  ])(
    "%s any of its writes, goes on to the same weights and metrics",
    async (_, torn) => {
      const tensors = memory().numTensors;
      const whole = memoryStore();
      (await runInto(whole, "run", config, { checkpoints })).model.dispose();
      const expected = result(whole);
      expect(expected.names.filter((name) => name.endsWith("state.json"))).toEqual([
        "checkpoints/step-5/state.json",
        "checkpoints/step-9/state.json",
      ]);
      for (let at = 0; ; at++) {
        const store = memoryStore();
        const dead = await runInto(mortal(store, { at, torn }), "run", config, { checkpoints }).then(
          ({ model }) => model.dispose(),
          (error: Error) => error.message,
        );
        if (dead === undefined) break;
        expect(dead).toBe("killed");
        // And once more, a few writes later.
        await runInto(mortal(store, { at: 7, torn }), "run", config, { checkpoints }).then(
          ({ model }) => model.dispose(),
          () => {},
        );
        if ((await finishedRun(store, "run", config)) === undefined)
          (await runInto(store, "run", config, { checkpoints })).model.dispose();
        expect({ at, ...result(store) }).toEqual({ at, ...expected });
      }
      expect(memory().numTensors).toBe(tensors);
    },
    60_000,
  );
});

describe("a run folder that is there", () => {
  test("is gone on with where more steps are asked for, and refused otherwise", async () => {
    const store = memoryStore();
    (await runInto(store, "run", config)).model.dispose();
    expect(await finishedRun(store, "run", config)).toMatchObject({ steps: 9 });
    await expect(runInto(store, "run", config)).rejects.toThrow(/exists already and is finished/);
    const more = resolveRunConfig({ ...settings, steps: 12 });
    expect(await finishedRun(store, "run", more)).toBeUndefined();
    const { model, history, summary } = await runInto(store, "run", more);
    expect([history.length, summary.steps]).toEqual([12, 12]);
    model.dispose();
    const other = resolveRunConfig({ ...settings, lr: 0.3 });
    await expect(runInto(store, "run", other)).rejects.toThrow(
      /with other settings \(training.learningRate .*, now 0.3\)/,
    );
  });

  test("is refused where its data has changed, where it holds something else, and while another works on it", async () => {
    const store = memoryStore();
    // Cut off before anything was written.
    expect(await finishedRun({ ...store, has: async () => true }, "run", config)).toBeUndefined();
    const ends = { signal: AbortSignal.abort() };
    await expect(runInto(store, "run", config, ends)).rejects.toThrow(/after step 0 of 9/);
    const controller = new AbortController();
    const onRecord = ({ step }: { readonly step: number }) => void (step === 3 && controller.abort());
    await expect(runInto(store, "run", config, { signal: controller.signal, onRecord })).rejects.toThrow(
      /after step 3/,
    );
    const text = new TextDecoder().decode(store.folders.get("run")?.get("config.json"));
    const draft = await store.edit("run");
    await expect(runInto(store, "run", config)).rejects.toThrow(/run is in use by this program/);
    await draft.write("config.json", text.replace('"phase": 0', '"phase": 1'));
    await draft.close();
    const moved = resolveRunConfig({ ...settings, data: "ripples:phase=1" });
    await expect(runInto(store, "run", moved)).rejects.toThrow(/The data of run has changed since the run began/);
    const else_ = await store.edit("notes");
    await else_.write("notes.txt", "mine");
    await else_.close();
    await expect(runInto(store, "notes", config)).rejects.toThrow(/exists already, with something else in it/);
  });
});

test("a run starts from the weights of another, or says what does not fit", async () => {
  const store = memoryStore();
  (await runInto(store, "first", config)).model.dispose();
  const next = await runInto(store, "next", resolveRunConfig({ ...settings, from: "first", lr: 1e-9, steps: 1 }));
  const first = store.folders.get("first")?.get("model.safetensors");
  const same = store.folders.get("next")?.get("model.safetensors");
  expect(same?.length).toBe(first?.length);
  expect(next.history[0].relativeError).toBeLessThan(
    0.9 * JSON.parse(result(store, "first").metrics.split("\n")[0]).relativeError,
  );
  next.model.dispose();
  const larger = resolveRunConfig({ ...settings, from: "first", concepts: 8 });
  await expect(runInto(store, "larger", larger)).rejects.toThrow(/weights of first do not fit/);
});

test("a model is read although its checkpoint is replaced meanwhile, as those of a training that goes on are", async () => {
  const store = memoryStore();
  (await runInto(store, "run", config, { checkpoints })).model.dispose();
  const files = store.folders.get("run");
  if (!(files instanceof Map)) throw new Error("A store in memory has maps.");
  files.delete("model.safetensors");
  files.delete("summary.json");
  const newest = [...files].filter(([name]) => name.startsWith("checkpoints/step-9/"));
  let replaced = 0;
  const busy: RunStore = {
    ...store,
    async open(place, file) {
      // A step later, at the first two attempts.
      if (replaced < 2) {
        for (const [name, content] of newest) {
          files.delete(name.replace("step-9", `step-${9 + replaced}`));
          files.set(name.replace("step-9", `step-${10 + replaced}`), content);
        }
        replaced++;
      }
      return store.open(place, file);
    },
  };
  const { path, model } = await loadModel(busy, "run");
  expect([path, replaced]).toEqual(["run", 2]);
  model.dispose();
  files.clear();
  files.set("config.json", new TextEncoder().encode("{}"));
  await expect(loadModel(busy, "run")).rejects.toThrow();
});

test("training that diverges ends with an error and its last good checkpoint, or goes back with a lower rate", async () => {
  const store = memoryStore();
  const wild = resolveRunConfig({
    ...settings,
    model: "mlp",
    concepts: 20,
    modes: undefined,
    density: undefined,
    optimizer: "sgd",
    lr: 3e4,
    steps: 40,
  });
  await expect(runInto(store, "stops", wild, { checkpoints: { every: 1 } })).rejects.toThrow(/training diverged/);
  const lines: string[] = [];
  const reporter = { say: (line: string) => void lines.push(line), progress: () => ({ update() {}, stop() {} }) };
  const run = runInto(store, "back", wild, { checkpoints: { every: 1 }, onDivergence: "rollback", reporter });
  const outcome = await run.then(
    ({ model, history }) => {
      model.dispose();
      return history.at(-1)?.learningRate ?? 0;
    },
    (error: Error) => error.message,
  );
  expect(lines.some((line) => line.includes("Going back, with half the learning rate"))).toBe(true);
  expect(typeof outcome === "number" ? outcome < 3e4 : outcome.includes("diverged")).toBe(true);
});

test("a run that is resumed after it went back, and diverges again, halves its rate once more", async () => {
  const store = memoryStore();
  const lr = 0.01;
  const constantRate = resolveRunConfig({ ...settings, lr, schedule: "constant" });
  /** Steps 5 and 7 diverge at a rate of more than these. */
  const most: Readonly<Record<number, number>> = { 5: lr / 2, 7: lr / 4 };
  const ratesOf = async (place: string, stopAfter?: number) => {
    const controller = new AbortController();
    const rates = new Map<number, number>();
    let diverged = 0;
    const run = runInto(store, place, constantRate, {
      checkpoints: { every: 1 },
      onDivergence: "rollback",
      signal: controller.signal,
      onRecord({ step, learningRate }) {
        if (learningRate > (most[step] ?? lr)) {
          diverged++;
          throw new SaenoError("training.diverged", "It diverged.");
        }
        rates.set(step, learningRate);
        if (step === stopAfter) controller.abort();
      },
    });
    await run.then(
      ({ model }) => model.dispose(),
      (error) => expect(error.message).toContain("Interrupted after step 6"),
    );
    return { rates: [...rates.values()], diverged };
  };
  const whole = await ratesOf("whole");
  expect(whole).toEqual({ rates: [lr, lr, lr, lr, lr / 2, lr / 2, lr / 4, lr / 4, lr / 4], diverged: 2 });
  const parts = [await ratesOf("resumed", 6), await ratesOf("resumed")];
  expect(parts.flatMap(({ rates }) => rates)).toEqual(whole.rates);
  // At half of the rate that diverged, not at the same again.
  expect(parts.map(({ diverged }) => diverged)).toEqual([1, 1]);
  const ends = [result(store, "whole"), result(store, "resumed")];
  expect(ends[1]).toEqual(ends[0]);
});
