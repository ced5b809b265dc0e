import { cpuBackend, type Random, register, SaenoError, useBackend } from "@saeno/backend";
import type { SparseAutoencoder } from "@saeno/core";
import { nodeDatasetComponents } from "@saeno/datasets/node";
import {
  buildModel,
  loadRun,
  memoryStore,
  openDataFor,
  readEvaluation,
  readHistory,
  readSummary,
  resolveRunConfig,
  runInto,
  runNumbers,
  type Settings,
} from "@saeno/experiments";
import { encodeModel } from "@saeno/training";
import { ones, tidy } from "@tensorflow/tfjs-core";
import { expectSame } from "../independent/plain-npy.ts";
import { plainSafetensors } from "../independent/plain-safetensors.ts";
import { mutateBytes } from "../mutations/mutate-bytes.ts";
import { mutateJson } from "../mutations/mutate-json.ts";
import { expectThat, type FuzzTarget, pick } from "../target.ts";
import { attempt } from "./bytes-target.ts";
import { damagedHeader } from "./safetensors.ts";
import { withoutLeaks } from "./without-leaks.ts";

interface RunFiles {
  readonly config: unknown;
  readonly weights: Uint8Array;
}

const vectors = "sparse-vectors:5,concepts=6,active=2";
const functions = "sparse-functions:8,channels=2,concepts=4,kernel=3";
const forms: readonly Settings[] = [
  { data: vectors, model: "mlp", concepts: 6, active: 2 },
  { data: vectors, model: "mlp", concepts: 6, activation: "jumprelu", normalize: "channel" },
  { data: functions, model: "fno", concepts: 4, active: 1, modes: 3 },
  { data: functions, model: "fno", concepts: 3, active: 1, modes: 2, lifting: 3 },
  { data: functions, model: "cnn", concepts: 4, active: 1, kernel: 3 },
];

/** Run folders as they are written, without the training. */
async function runCorpus(): Promise<RunFiles[]> {
  register(...nodeDatasetComponents);
  await useBackend(cpuBackend);
  const runs: RunFiles[] = [];
  for (const settings of forms) {
    const config = resolveRunConfig({ ...settings, limit: 6, test: 2 });
    const source = await openDataFor(config.model, config.data, config);
    const model = buildModel(config.model, { dataset: source.train });
    const { grid: trainingGrid, channels } = source.train;
    const record = { saeno: "0.0.0", ...config, trainingGrid, channels, modelConfig: model.toConfig() };
    runs.push({ config: JSON.parse(JSON.stringify(record)), weights: await encodeModel(model) });
    model.dispose();
  }
  return runs;
}

async function readRun(config: string | Uint8Array, weights: Uint8Array): Promise<void> {
  const store = memoryStore();
  const draft = await store.edit("runs/a");
  await draft.write("config.json", config);
  await draft.write("model.safetensors", weights);
  await draft.close();
  await withoutLeaks(async () => {
    const { model } = await loadRun(store, "runs/a");
    try {
      await checkModel(model, weights);
    } finally {
      model.dispose();
    }
  });
}

/** Weights are those of the file, finite, and fit one another: the model computes something. */
async function checkModel(model: SparseAutoencoder, weights: Uint8Array): Promise<void> {
  const plain = plainSafetensors(weights);
  const parameters = model.parameters();
  expectThat(parameters.length === plain.size, `it has ${plain.size} tensors, the model ${parameters.length}`);
  for (const { name, variable } of parameters) {
    const { shape = [], values } = plain.get(name) ?? {};
    expectSame(variable.shape, shape, `the shape of ${name}`);
    const found = await variable.data<"float32">();
    expectThat(found.every(Number.isFinite), `${name} is not finite`);
    if (values !== undefined) expectSame(found, Float32Array.from(values), name);
  }
  const { channels, gridRank } = formOf(model);
  const points = Array.from({ length: gridRank }, () => 16);
  if (channels > 1000 || gridRank > 3) return;
  const output = await attempt(() =>
    tidy(() => model.forward(ones([2, ...points, channels])).reconstruction.dataSync()),
  );
  if ("value" in output) {
    expectThat(output.value.length === 2 * 16 ** gridRank * channels, "its output has another shape");
    return;
  }
  // Numbers near the largest are numbers, and their products may be none.
  if (!SaenoError.isInstance(output.error) || output.error.code !== "data.nan") throw output.error;
}

function formOf({ dictionary, decoderBias }: SparseAutoencoder): { channels: number; gridRank: number } {
  const { modes, kernel } = dictionary.toConfig();
  const axes = Array.isArray(modes) ? modes : kernel;
  return { channels: tidy(() => decoderBias.size), gridRank: Array.isArray(axes) ? axes.length : 0 };
}

const input = (config: string, weights: Uint8Array, changes: readonly string[], broken?: string) => ({
  files: { "config.json": config, "model.safetensors": weights },
  changes,
  names: ["runs/a"],
  broken,
  read: () => readRun(config, weights),
});

/** The config of a run damaged, its weights whole. */
export const runConfigs: FuzzTarget = {
  name: "run-configs",
  summary: "loadRun, config.json damaged",
  share: 4,
  async prepare() {
    const corpus = await runCorpus();
    const configs = corpus.map(({ config }) => config);
    return {
      whole: corpus.map(({ config, weights }) => input(JSON.stringify(config), weights, [])),
      damaged(random) {
        const { config, weights } = pick(corpus, random);
        // More often in what decides of memory.
        const { text, changes, broken } =
          random.integer(2) === 0 ? damagedModel(config, random, configs) : mutateJson(config, random, configs);
        return input(text, weights, changes, broken);
      },
    };
  },
};

function damagedModel(config: unknown, random: Random, others: readonly unknown[]) {
  const { modelConfig, ...rest } = Object(config);
  const { text, ...mutated } = mutateJson(
    modelConfig,
    random,
    others.map((other) => Object(other).modelConfig),
  );
  const start = JSON.stringify(rest).slice(0, -1);
  return { ...mutated, text: `${start},"modelConfig":${text}}` };
}

/** The weights of a run damaged, its config whole. */
export const runWeights: FuzzTarget = {
  name: "run-weights",
  summary: "loadRun, model.safetensors damaged",
  share: 5,
  async prepare() {
    const corpus = await runCorpus();
    const all = corpus.map(({ weights }) => weights);
    return {
      whole: [],
      damaged(random) {
        const { config, weights } = pick(corpus, random);
        const text = JSON.stringify(config);
        if (random.integer(2) === 0) {
          const { bytes, changes, broken } = damagedHeader(weights, random, all);
          return input(text, bytes, changes, broken);
        }
        const { bytes, changes, isCut } = mutateBytes(weights, random, all);
        return input(text, bytes, changes, isCut ? "it is cut off" : undefined);
      },
    };
  },
};

/** What a short run measured, with times that are the same every time. */
async function measured(): Promise<{ summary: unknown; history: unknown[] }> {
  register(...nodeDatasetComponents);
  await useBackend(cpuBackend);
  const config = resolveRunConfig({
    ...{ data: functions, model: "fno", concepts: 4, active: 1, modes: 3, limit: 6, test: 2 },
    ...{ steps: 3, batch: 2, atoms: true, grids: "6", rotations: "45", recoveryEvery: 1 },
  });
  const store = memoryStore();
  const { model } = await runInto(store, "runs/a", config);
  model.dispose();
  const textOf = (file: string) => new TextDecoder().decode(store.folders.get("runs/a")?.get(file));
  const parsed = (text: string): unknown =>
    JSON.parse(text, (key, value) => (/^(seconds|stepsPerSecond)$/.test(key) ? 1.5 : value));
  return {
    summary: parsed(textOf("summary.json")),
    history: textOf("metrics.jsonl").trim().split("\n").map(parsed),
  };
}

/** What a run measured. */
export const records: FuzzTarget = {
  name: "records",
  summary: "readSummary, readEvaluation, readHistory",
  share: 8,
  async prepare() {
    const { summary, history } = await measured();
    const lines = history.map((record) => JSON.stringify(record));
    const record = (name: string, text: string | Uint8Array, changes: readonly string[], broken?: string) => ({
      files: { [name]: text },
      changes,
      names: [name, "runs/a"],
      broken,
      async read() {
        const store = memoryStore();
        const draft = await store.edit("runs/a");
        await draft.write(name, text);
        await draft.close();
        if (name === "metrics.jsonl") {
          const found = await readHistory(store, "runs/a");
          expectThat(
            found.every(({ step }) => typeof step === "number"),
            "a record has no step",
          );
          return;
        }
        const found = await readEvaluation(store, "runs/a");
        expectThat(
          found?.utilization.every((value) => typeof value === "number") === true,
          "its utilization is not numbers",
        );
        if (name !== "summary.json") return;
        const read = await readSummary(store, "runs/a");
        if (read !== undefined)
          for (const value of runNumbers(read).values())
            expectThat(typeof value === "number", "a number of it is none");
      },
    });
    return {
      whole: [
        record("evaluation.json", JSON.stringify(summary), []),
        record("summary.json", JSON.stringify(summary), []),
        record("metrics.jsonl", `${lines.join("\n")}\n`, []),
      ],
      damaged(random) {
        const name = pick(["evaluation.json", "summary.json", "metrics.jsonl"], random);
        if (name === "metrics.jsonl") {
          const { text, changes, broken } = mutateJson(pick(history, random), random, history);
          return record(name, `${[...lines, text, lines[0]].join("\n")}\n`, changes, broken);
        }
        if (random.integer(4) === 0) {
          const { bytes, changes, isCut } = mutateBytes(new TextEncoder().encode(JSON.stringify(summary)), random);
          return record(name, bytes, changes, isCut ? "it is cut off" : undefined);
        }
        const { text, changes, broken } = mutateJson(summary, random, history);
        return record(name, text, changes, broken);
      },
    };
  },
};
