import { messageOf, SaenoError } from "@saeno/backend";
import { type ModelConfig, readModelConfig, type SparseAutoencoder } from "@saeno/core";
import { decodeModel } from "@saeno/training";
import * as v from "valibot";
import { type RunConfig, resolveRunConfig, withPlugins } from "../configuration/run-config.ts";
import { runModelOf } from "../configuration/run-model.ts";
import type { RunEvaluation } from "../run/evaluation.ts";
import { evaluationSchema, type RunSummary, runSummarySchema } from "../run/run-numbers.ts";
import type { RunStore } from "./run-store.ts";

/** config.json of a folder with a model. */
const recordSchema = v.looseObject({
  data: v.optional(v.union([v.string(), v.looseObject({})])),
  modelConfig: v.looseObject({}),
  plugins: v.optional(v.array(v.string())),
});

/** A line of metrics.jsonl: JSON has null for what is not a number. */
const loss = v.pipe(
  v.nullable(v.number()),
  v.transform((value) => value ?? Number.NaN),
);
const historySchema = v.array(
  v.object({
    step: v.number(),
    loss,
    relativeError: loss,
    learningRate: v.exactOptional(v.number()),
    activeConcepts: v.exactOptional(v.number()),
    deadConcepts: v.exactOptional(v.number()),
    deadAfter: v.exactOptional(v.number()),
    recoveryError: v.exactOptional(v.number()),
  }),
);
export type RunHistory = readonly v.InferOutput<typeof historySchema>[number][];

/** The model of a folder: `config.json` with a `modelConfig`, and `model.safetensors`. A run folder is one, an imported model another. */
export interface LoadedModel {
  readonly path: string;
  /** config.json as it stands. */
  readonly record: v.InferOutput<typeof recordSchema>;
  readonly modelConfig: ModelConfig;
  readonly model: SparseAutoencoder;
}

/** A run folder, read and checked; or that of an imported model, which has no data of its own and no history. */
export interface LoadedRun extends LoadedModel {
  readonly config: RunConfig;
  /** Whether the model was trained here: then its config names the data. */
  readonly trained: boolean;
  readonly history: RunHistory;
}

/**
 * Reads the model of a folder. The backend must be in use already; the caller disposes the model.
 *
 * @throws SaenoError `run.folder` when there is no such folder, `run.file` for a file of it that is missing or broken.
 */
export async function loadModel(store: RunStore, path: string): Promise<LoadedModel> {
  if (!(await store.has(path))) {
    throw new SaenoError("run.folder", `There is no run folder ${path}. Make one with: saeno train --out ${path}`);
  }
  const configFile = `${path}/config.json`;
  const record = parseJson(configFile, await required(store, path, "config.json"));
  const parsed = v.safeParse(recordSchema, record);
  if (!parsed.success) {
    throw new SaenoError(
      "run.file",
      `${configFile} has no "modelConfig": it does not belong to a finished run. For a model of another library: saeno import ${path}`,
      { kind: "data" },
    );
  }
  const modelConfig = readModelConfig(parsed.output.modelConfig, `"modelConfig" of ${configFile}`);
  const bytes = await required(store, path, "model.safetensors");
  return {
    path,
    record: parsed.output,
    modelConfig,
    model: withPlugins(parsed.output.plugins ?? [], () => decodeModel(modelConfig, bytes, `${path}/model.safetensors`)),
  };
}

/**
 * Reads a run folder. The backend must be in use already; the caller disposes the model.
 *
 * @param data for a model without data of its own: what to use instead.
 * @throws SaenoError as `loadModel`, `run.data` for a model without data when none is given.
 */
export async function loadRun(store: RunStore, path: string, data?: unknown): Promise<LoadedRun> {
  const loaded = await loadModel(store, path);
  try {
    return { ...loaded, ...settingsOf(loaded, data), history: await readHistory(store, path) };
  } catch (error) {
    loaded.model.dispose();
    throw error;
  }
}

function settingsOf({ path, record, modelConfig }: LoadedModel, data: unknown): Pick<LoadedRun, "config" | "trained"> {
  const file = `${path}/config.json`;
  if (record.data !== undefined) return { config: resolveRunConfig({}, record, file), trained: true };
  if (data === undefined) {
    throw new SaenoError(
      "run.data",
      `The model of ${path} was not trained here and has no data of its own. Name some: saeno eval ${path} --data npy:FILE`,
    );
  }
  return { config: resolveRunConfig({ data }, { model: runModelOf(modelConfig), ...record }, file), trained: false };
}

/** What metrics.jsonl of a run folder says; nothing where there is none. */
export async function readHistory(store: RunStore, path: string): Promise<RunHistory> {
  const bytes = await store.read(path, "metrics.jsonl");
  const file = `${path}/metrics.jsonl`;
  const lines = bytes === undefined ? [] : textOf(bytes).split("\n");
  return checked(
    historySchema,
    lines.filter((line) => line !== "").map((line) => parseJson(file, line)),
    file,
  );
}

/** summary.json of a run folder; `undefined` where the run is not finished. */
export async function readSummary(store: RunStore, path: string): Promise<RunSummary | undefined> {
  const bytes = await store.read(path, "summary.json");
  const file = `${path}/summary.json`;
  return bytes && checked(runSummarySchema, parseJson(file, bytes), file);
}

/** evaluation.json, what `saeno eval` found last, else summary.json; `undefined` where there is neither. */
export async function readEvaluation(store: RunStore, path: string): Promise<RunEvaluation | undefined> {
  for (const name of ["evaluation.json", "summary.json"]) {
    const bytes = await store.read(path, name);
    const file = `${path}/${name}`;
    if (bytes !== undefined) return checked(evaluationSchema, parseJson(file, bytes), file);
  }
  return undefined;
}

function checked<O>(schema: v.GenericSchema<unknown, O>, content: unknown, file: string): O {
  const parsed = v.safeParse(schema, content);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  throw new SaenoError("run.file", `${file} is damaged: ${v.getDotPath(issue) ?? "it"}: ${issue.message}.`, {
    kind: "data",
  });
}

async function required(store: RunStore, path: string, file: string): Promise<Uint8Array> {
  const bytes = await store.read(path, file);
  if (bytes !== undefined) return bytes;
  const foreign = (await store.read(path, "cfg.json")) !== undefined;
  const problem = foreign
    ? `${path} holds cfg.json, as models of SAELens and sparsify do, and not a run. Import it first: saeno import ${path}`
    : `${path}/${file} cannot be read: the run folder is incomplete. Train again.`;
  throw new SaenoError("run.file", problem, { kind: "data" });
}

/** @throws SaenoError `run.file`. */
export function parseJson(file: string, content: Uint8Array | string): unknown {
  try {
    return JSON.parse(typeof content === "string" ? content : textOf(content));
  } catch (cause) {
    throw new SaenoError("run.file", `${file} is not valid JSON: ${messageOf(cause)}`, { kind: "data", cause });
  }
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
