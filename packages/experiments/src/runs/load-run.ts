import { issueOf, parseJson, SaenoError, suggestion } from "@saeno/backend";
import { type ModelConfig, readModelConfig, type SparseAutoencoder } from "@saeno/core";
import { readModel } from "@saeno/training";
import * as v from "valibot";
import { isRecord } from "../configuration/config-files.ts";
import { withDataPaths } from "../configuration/data-paths.ts";
import { type RunConfig, resolveRunConfig, withPlugins } from "../configuration/run-config.ts";
import { runModelOf } from "../configuration/run-model.ts";
import { type Reporter, silent } from "../reporter.ts";
import type { RunEvaluation } from "../run/evaluation.ts";
import { evaluationSchema, type RunSummary, runSummarySchema } from "../run/run-numbers.ts";
import { newestCheckpoint } from "./run-checkpoints.ts";
import type { RunStore } from "./run-store.ts";

/** config.json of a folder with a model. */
const recordSchema = v.looseObject({
  data: v.optional(v.union([v.string(), v.looseObject({})])),
  modelConfig: v.looseObject({}),
  plugins: v.optional(v.array(v.string())),
  madeIn: v.optional(v.string()),
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
    seconds: v.exactOptional(v.number()),
  }),
);
export type RunHistory = readonly v.InferOutput<typeof historySchema>[number][];

/** The model of a folder: `config.json` with a `modelConfig`, and `model.safetensors`. A run folder is one; so is an imported model. */
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
 * Reads the model of a folder; for an unfinished run, that of its last checkpoint. A backend must be in use; the caller disposes of the model.
 *
 * @throws SaenoError `run.folder` when there is no such run folder, `run.file` for a file of it that is missing or broken.
 */
export async function loadModel(store: RunStore, path: string): Promise<LoadedModel> {
  for (let attempt = 1; ; attempt++) {
    const isFinished = !(await store.has(path)) || (await store.names(path)).includes("model.safetensors");
    const checkpoint = isFinished ? undefined : await newestCheckpoint(store, path);
    if (checkpoint === undefined) return readFolder(store, path);
    try {
      return { ...(await readFolder(store, checkpoint)), path };
    } catch (error) {
      // A training that goes on replaces its checkpoints, also while they are read.
      if (attempt === mostAttempts || (await newestCheckpoint(store, path)) === checkpoint) throw error;
    }
  }
}

/** As often a checkpoint may be replaced while it is read. */
const mostAttempts = 10;

async function readFolder(store: RunStore, path: string): Promise<LoadedModel> {
  const configFile = `${path}/config.json`;
  const record = await readRecord(store, path);
  const { modelConfig: form, plugins = [] } = record;
  const modelConfig = readModelConfig(form, `"modelConfig" of ${configFile}`);
  const file = await store.open(path, "model.safetensors");
  if (file === undefined) throw incomplete(path, "model.safetensors");
  try {
    const model = await withPlugins(plugins, () => readModel(modelConfig, file)).catch((error) => {
      throw inFile(`"modelConfig" of ${configFile}`, path, error);
    });
    return { path, record, modelConfig, model };
  } finally {
    await file.close?.();
  }
}

/**
 * The configuration of a run that was trained here, whether or not it is finished.
 *
 * @throws SaenoError `run.folder`, `run.file`, `run.data`, as `loadRun`.
 */
export async function loadConfig(store: RunStore, path: string): Promise<RunConfig> {
  const record = await readRecord(store, path);
  if (record.data !== undefined) return ownSettings(store, path, record);
  throw new SaenoError(
    "run.data",
    `The model of ${path} was not trained here. Train on from it: saeno train --from ${path}`,
  );
}

async function readRecord(store: RunStore, path: string): Promise<LoadedModel["record"]> {
  const file = `${path}/config.json`;
  const bytes = (await store.has(path)) ? await store.read(path, "config.json") : undefined;
  if (bytes === undefined) throw await noRunFolder(store, path);
  const content = parseJson(bytes, file);
  const parsed = v.safeParse(recordSchema, content);
  if (!parsed.success) throw notOfARun(file, content, parsed.issues[0], path);
  return parsed.output;
}

export interface LoadRunOptions {
  /** For a model without data of its own: what to use instead. */
  readonly data?: unknown;
  /** Whether its own data is going to be used, and must be there. Default true. */
  readonly ownData?: boolean;
  readonly reporter?: Reporter;
}

/**
 * Reads a run folder. A backend must be in use; the caller disposes of the model.
 *
 * @throws SaenoError as `loadModel`, `run.data` for a model without data when none is given, or whose data is not there.
 */
export async function loadRun(store: RunStore, path: string, options: LoadRunOptions = {}): Promise<LoadedRun> {
  const loaded = await loadModel(store, path);
  try {
    return { ...loaded, ...settingsOf(store, loaded, options), history: await readHistory(store, path, options) };
  } catch (error) {
    loaded.model.dispose();
    throw error;
  }
}

function settingsOf(
  store: RunStore,
  { path, record, modelConfig }: LoadedModel,
  { data: instead, ownData = true }: LoadRunOptions,
): Pick<LoadedRun, "config" | "trained"> {
  if (record.data !== undefined) return { config: ownSettings(store, path, record, ownData), trained: true };
  if (instead === undefined) {
    throw new SaenoError(
      "run.data",
      `The model of ${path} was not trained here and has no data of its own. Name some: saeno eval ${path} --data npy:FILE`,
    );
  }
  const config = resolveRunConfig(
    { data: instead },
    { model: runModelOf(modelConfig), ...record },
    `${path}/config.json`,
  );
  return { config, trained: false };
}

function ownSettings(store: RunStore, path: string, record: LoadedModel["record"], ownData = true): RunConfig {
  const file = `${path}/config.json`;
  const { madeIn } = record;
  const folders = [...(madeIn === undefined ? [] : [madeIn]), path];
  const find = (wanted: string) => {
    const found = store.find === undefined ? wanted : store.find(wanted, folders);
    if (found !== undefined || !ownData) return found ?? wanted;
    throw notFound(wanted, { file, folders, madeIn });
  };
  try {
    return resolveRunConfig({}, withDataPaths(record, find), file);
  } catch (error) {
    throw inFile(file, path, error);
  }
}

/** What is wrong with a setting in a file of a run is a fault of that file, not of the command line. */
function inFile(file: string, path: string, error: unknown): unknown {
  if (!SaenoError.isInstance(error)) return error;
  const { code, message } = error;
  // Unless a plugin is missing, which is named there.
  const kind = code === "component.unknown" ? error.kind : "data";
  return new SaenoError(code, message.includes(path) ? message : `${file}: ${message}`, { kind, cause: error });
}

/** The error for data that a config file names and that is nowhere. */
export function notFound(
  wanted: string,
  {
    file,
    folders,
    madeIn,
  }: { readonly file: string; readonly folders: readonly string[]; readonly madeIn?: string | undefined },
): SaenoError {
  const looked = [...new Set(folders)]
    .filter((folder) => folder !== ".")
    .map((folder) => `${folder}${folder === madeIn ? " (where the run was made)" : ""}`);
  return new SaenoError(
    "data.place",
    `The data of ${file}, ${wanted}, is not there. Looked in ${[...looked, "the current folder"].join(" and in ")}. Put it there, or name other data with --data.`,
    { kind: "data" },
  );
}

/**
 * The contents of metrics.jsonl; nothing if there is none. A last line that was cut off, as by a run that was killed, is skipped with a message.
 */
export async function readHistory(
  store: RunStore,
  path: string,
  { reporter = silent }: Pick<LoadRunOptions, "reporter"> = {},
): Promise<RunHistory> {
  const bytes = await store.read(path, "metrics.jsonl");
  const file = `${path}/metrics.jsonl`;
  const lines = bytes === undefined ? [] : new TextDecoder().decode(bytes).split("\n");
  const torn = lines.pop() ?? "";
  if (torn.trim() !== "") {
    if (isJson(torn)) lines.push(torn);
    else reporter.say(`${file}: the last line is cut off and left out; ${lines.length} lines are whole`);
  }
  const records = lines.flatMap((line, i) =>
    line.trim() === "" ? [] : [parseJson(line, `${file}, record ${i + 1},`)],
  );
  return checked(historySchema, records, file);
}

function isJson(text: string): boolean {
  try {
    parseJson(text, "it");
    return true;
  } catch {
    return false;
  }
}

/** summary.json of a run folder; `undefined` if the run is not finished. */
export async function readSummary(store: RunStore, path: string): Promise<RunSummary | undefined> {
  const bytes = await store.read(path, "summary.json");
  const file = `${path}/summary.json`;
  return bytes && checked(runSummarySchema, parseJson(bytes, file), file);
}

/** evaluation.json, what `saeno eval` found last, else summary.json; `undefined` if there is neither. */
export async function readEvaluation(store: RunStore, path: string): Promise<RunEvaluation | undefined> {
  for (const name of ["evaluation.json", "summary.json"]) {
    const bytes = await store.read(path, name);
    const file = `${path}/${name}`;
    if (bytes !== undefined) return checked(evaluationSchema, parseJson(bytes, file), file);
  }
  return undefined;
}

function checked<O>(schema: v.GenericSchema<unknown, O>, content: unknown, file: string): O {
  const parsed = v.safeParse(schema, content);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const where = v.getDotPath(issue);
  throw new SaenoError("run.file", `${file} is damaged: ${where ?? "it"} ${issueOf(issue)}.`, { kind: "data" });
}

/** What a path is that is not a run folder, and what may be meant. */
async function noRunFolder(store: RunStore, path: string): Promise<SaenoError> {
  const { inside, beside, isFile = false } = await store.near(path);
  const error = (problem: string, kind: "usage" | "data" = "usage") => new SaenoError("run.folder", problem, { kind });
  if (isFile) {
    const folder = path.replace(/[\\/]?[^\\/]*$/, "") || ".";
    const inIt = (await store.read(folder, "config.json")) !== undefined;
    return error(`${path} is a file. ${inIt ? `Name the run folder that it is in: ${folder}` : "Name a run folder"}.`);
  }
  if (!(await store.has(path))) {
    const near = suggestion(path, beside);
    return error(`There is no run folder ${path}.${near || ` Make one with: saeno train --out ${path}`}`);
  }
  if ((await store.read(path, "cfg.json")) !== undefined)
    return error(
      `${path} holds cfg.json, as models of SAELens and sparsify do, and not a run. Import it first: saeno import ${path}`,
      "data",
    );
  if (inside.length === 0)
    return error(
      `${path} is not a run folder: it has no config.json. saeno train makes one, and saeno import.`,
      "data",
    );
  const named = inside.slice(0, 6).join(", ");
  const rest = inside.length > 6 ? ` and ${inside.length - 6} more` : "";
  return error(`${path} is a folder of run folders. Name one of them: ${named}${rest}.`);
}

/** What a config.json is that does not describe a trained model. */
function notOfARun(file: string, content: unknown, issue: v.BaseIssue<unknown>, path: string): SaenoError {
  const error = (problem: string) => new SaenoError("run.file", problem, { kind: "data" });
  if (!isRecord(content)) return error(`${file} does not hold a JSON object, as the config.json of a run does.`);
  if (content.modelConfig === undefined)
    return error(
      `${file} has no "modelConfig": it does not belong to a finished run. For a model of another library: saeno import ${path}`,
    );
  return error(`${file} is damaged: ${v.getDotPath(issue) ?? "it"} ${issueOf(issue)}.`);
}

function incomplete(path: string, file: string): SaenoError {
  const problem = `${path}/${file} is not there: the run folder is incomplete. Train again.`;
  return new SaenoError("run.file", problem, { kind: "data" });
}
