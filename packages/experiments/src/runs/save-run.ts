import { parseJson, SaenoError, sha256 } from "@saeno/backend";
import type { SparseAutoencoder } from "@saeno/core";
import type { Dataset } from "@saeno/datasets";
import { modelPieces } from "@saeno/training";
import * as v from "valibot";
import manifest from "../../package.json" with { type: "json" };
import { isRecord, type Settings } from "../configuration/config-files.ts";
import { withDataPaths } from "../configuration/data-paths.ts";
import { type RunConfig, resolveRunConfig } from "../configuration/run-config.ts";
import { silent } from "../reporter.ts";
import {
  type BegunTraining,
  type Experiment,
  type ExperimentOptions,
  runExperiment,
  type StartedExperiment,
  type TrainingMoment,
} from "../run/run-experiment.ts";
import type { RunSummary } from "../run/run-numbers.ts";
import type { RunRecord } from "../run/run-training.ts";
import { loadModel, type RunHistory, readHistory, readSummary } from "./load-run.ts";
import { type CheckpointOptions, newestCheckpoint, runCheckpoints } from "./run-checkpoints.ts";
import { type RunDraft, type RunFile, type RunStore, runExists } from "./run-store.ts";
import type { StepLog } from "./tensorboard.ts";

/** The version that run folders name. */
export const saenoVersion: string = manifest.version;

export interface RunIntoOptions extends Omit<ExperimentOptions, "begin" | "onEnd" | "onTrained"> {
  readonly checkpoints?: CheckpointOptions | undefined;
  /** A file that grows with each step, besides metrics.jsonl. */
  readonly log?: StepLog | undefined;
  /** What else belongs in the run folder. */
  readonly files?: ((experiment: Experiment) => AsyncIterable<RunFile>) | undefined;
}

const metricsFile = "metrics.jsonl";

const notesSchema = v.object({
  metricsBytes: v.number(),
  warnings: v.array(v.string()),
  rollbacks: v.number(),
  data: v.string(),
});

/**
 * Runs an experiment into a run folder: `config.json` before the first step, `metrics.jsonl` and checkpoints during training, the model after it,
 * `summary.json` and `files` after the evaluation. If the same run was begun in the folder, it continues from its last whole checkpoint, with the same
 * numbers as without the break; you may ask for more steps than before. The caller disposes of the model. A backend must be in use.
 *
 * @throws SaenoError `run.exists` for a folder of something else, `run.locked` for one that another program works on, `run.interrupted` if the signal is
 *   given, and whatever `runExperiment` throws.
 */
export async function runInto(
  store: RunStore,
  place: string,
  config: RunConfig,
  { files, log, onRecord, checkpoints: options, ...others }: RunIntoOptions = {},
): Promise<Experiment> {
  const { reporter = silent, signal } = others;
  const draft = await store.edit(place);
  try {
    await checkPlace(store, draft, place, config);
    const checkpoints = runCheckpoints(store, draft, options, reporter);
    const write = (file: string, document: object) => draft.write(file, jsonOf(document));
    const recordAt = (run: StartedExperiment, history: RunHistory) =>
      placed(recordOf({ ...run, history }), draft, config);
    const interrupted = (step: number) => {
      const { steps } = config.training;
      const what =
        step < steps ? `after step ${step} of ${steps}` : "while it was evaluated; the model is trained and kept";
      return new SaenoError("run.interrupted", `Interrupted ${what}. Continue with: saeno resume ${place}`, {
        kind: "data",
        cause: signal?.reason,
      });
    };
    let data = "";
    const save = async (record: RunRecord, moment: TrainingMoment) => {
      const { model, warnings, rollbacks } = moment;
      const state = await moment.state();
      const notes = { metricsBytes: await draft.settle(metricsFile), warnings: [...warnings], rollbacks, data };
      await checkpoints.save(record.step, jsonOf(recordAt(moment, [record])), model, { state, notes });
    };
    const experiment = await runExperiment(config, {
      ...others,
      async begin(started) {
        data ||= await fingerprint(started.source.train);
        const begun = await begin(store, draft, { ...started, data }, () => checkpoints.restore(started.model));
        if (begun === undefined && config.from !== undefined) await startFrom(store, config.from, started.model);
        const step = begun?.history.length ?? 0;
        if (step > 0) reporter.say(`${place}: going on after step ${step} of ${config.training.steps}`);
        await write("config.json", recordAt({ ...started }, begun?.history ?? []));
        return begun;
      },
      async onRecord(record, moment) {
        await draft.append(metricsFile, record);
        if (log !== undefined) await draft.append(log.file, log.bytesOf(record));
        await onRecord?.(record, moment);
        if (checkpoints.due(record.step)) await save(record, moment);
      },
      onEnd: save,
      async onTrained({ history, ...trained }) {
        await write("config.json", recordAt(trained, history));
        if (history.length < config.training.steps && signal?.aborted) throw interrupted(history.length);
        await draft.write("model.safetensors", modelPieces(trained.model));
      },
    }).catch(async (error) => {
      // Nothing was learned: what was wrong was wrong from the start.
      if (!(await store.names(place)).some((name) => name === metricsFile || name === "checkpoints"))
        await draft.remove("config.json");
      if (signal?.aborted) throw error === signal.reason ? interrupted(config.training.steps) : error;
      const kept = await newestCheckpoint(store, place).catch(() => undefined);
      if (kept !== undefined)
        reporter.say(`What was learned is kept in ${kept}; saeno resume ${place} continues from there.`);
      throw error;
    });
    try {
      try {
        for await (const { name, content, light } of files?.(experiment) ?? [])
          await draft.write(name, content, { light });
      } finally {
        // Last, because with it the run is finished; also where a report failed, which can be made again.
        await checkpoints.tidy();
        await write("summary.json", experiment.summary);
      }
      return experiment;
    } catch (error) {
      experiment.model.dispose();
      throw error;
    }
  } finally {
    await draft.close();
  }
}

/** What a run has found that was finished at a place with the same settings and as many steps; `undefined` for one that was not. */
export async function finishedRun(store: RunStore, place: string, config: RunConfig): Promise<RunSummary | undefined> {
  // Of a run that was cut off at its very start there is a folder and nothing in it.
  const summary = (await store.has(place)) ? await readSummary(store, place) : undefined;
  if (summary === undefined || wantsMore(config, summary)) return undefined;
  return (await differences(store, place, config)) === "" ? summary : undefined;
}

/** Whether a configuration asks for more steps than a finished run has. Those of an imported model are not known. */
function wantsMore({ training }: RunConfig, { steps = Number.POSITIVE_INFINITY }: RunSummary): boolean {
  return training.steps > steps;
}

/** Whether a run was begun at a place with the same settings, and is not finished. */
export async function begunRun(store: RunStore, place: string, config: RunConfig): Promise<boolean> {
  if ((await store.read(place, "config.json")) === undefined) return false;
  return (await readSummary(store, place)) === undefined && (await differences(store, place, config)) === "";
}

async function checkPlace(store: RunStore, draft: RunDraft, place: string, config: RunConfig): Promise<void> {
  const names = await store.names(draft.place);
  if (names.length === 0) return;
  if (!names.includes("config.json")) throw runExists(place, ", with something else in it");
  const different = await differences(store, place, config);
  if (different !== "") throw runExists(place, `, with other settings (${different})`);
  const summary = await readSummary(store, place);
  if (summary === undefined) return;
  if (!wantsMore(config, summary)) throw runExists(place, " and is finished");
  // It is no longer what it says.
  const stale = ["summary.json", "evaluation.json", "model.safetensors", "report.html", "concepts.idx", "concepts"];
  for (const name of stale) await draft.remove(name);
}

/** The settings in which a run at a place differs from a configuration, but for the backend and the number of steps. */
async function differences(store: RunStore, place: string, config: RunConfig): Promise<string> {
  const file = `${place}/config.json`;
  const bytes = await store.read(place, "config.json");
  const content = bytes === undefined ? {} : parseJson(bytes, file);
  const before = resolveRunConfig({}, isRecord(content) ? content : {}, file);
  const leaves = (value: unknown, path: string): (readonly [string, string])[] =>
    isRecord(value)
      ? Object.entries(value).flatMap(([key, each]) => leaves(each, path === "" ? key : `${path}.${key}`))
      : [[path, JSON.stringify(value)]];
  const free = (name: string) => name === "backend" || name === "training.steps" || name.startsWith("measures.");
  const [a, b] = [new Map(leaves(before, "")), new Map(leaves(config, ""))];
  const names = [...new Set([...a.keys(), ...b.keys()])].filter((name) => !free(name) && a.get(name) !== b.get(name));
  return names.map((name) => `${name} ${a.get(name) ?? "not given"}, now ${b.get(name) ?? "not given"}`).join("; ");
}

/** The training to go on with, its weights in the model; the metrics cut back to it. */
async function begin(
  store: RunStore,
  draft: RunDraft,
  { data, rollbacks }: Pick<StartedExperiment, "rollbacks"> & { readonly data: string },
  restore: () => ReturnType<ReturnType<typeof runCheckpoints>["restore"]>,
): Promise<BegunTraining | undefined> {
  const checkpoint = await restore();
  if (checkpoint === undefined) {
    await draft.remove(metricsFile);
    return undefined;
  }
  const notes = v.parse(notesSchema, checkpoint.notes);
  if (notes.data !== data) {
    const problem = `The data of ${draft.place} has changed since the run began, so it cannot be continued.`;
    throw new SaenoError("run.data", `${problem} Put it back, or start a new run with --out.`, { kind: "data" });
  }
  await draft.cut(metricsFile, notes.metricsBytes);
  const history = await readHistory(store, draft.place);
  return {
    state: checkpoint.state,
    history,
    warnings: notes.warnings,
    rollbacks: Math.max(rollbacks, notes.rollbacks),
  };
}

/** Puts the weights of another run into a model. */
async function startFrom(store: RunStore, from: string, model: SparseAutoencoder): Promise<void> {
  const other = await loadModel(store, from);
  try {
    const found = new Map(other.model.parameters().map((parameter) => [parameter.name, parameter.variable]));
    for (const { name, variable } of model.parameters()) {
      const weights = found.get(name);
      if (weights?.shape.join() !== variable.shape.join()) {
        const has = weights === undefined ? "has none" : `has the shape [${weights.shape.join(", ")}]`;
        throw new SaenoError(
          "run.from",
          `The weights of ${from} do not fit: "${name}" has the shape [${variable.shape.join(", ")}] here, that run ${has}. Give the settings of the model that it has.`,
        );
      }
      variable.assign(weights);
    }
  } finally {
    other.model.dispose();
  }
}

/** What tells other data from the data of a run. */
async function fingerprint(dataset: Dataset): Promise<string> {
  const { size, grid, channels } = dataset;
  const values = await dataset.read(Int32Array.of(0, size - 1));
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return `${size} x ${[...grid, channels].join(" x ")}: ${(await sha256(bytes)).slice(0, 16)}`;
}

/** config.json of a run folder: the configuration, which `--config` reads back, and facts beside it. */
export function recordOf({ config, source, model, history }: RecordedRun): Settings {
  const { grid: trainingGrid, channels, reading } = source.train;
  const last = history.at(-1);
  const { steps: of } = config.training;
  return {
    saeno: saenoVersion,
    ...config,
    trainingGrid,
    channels,
    ...(reading === undefined ? {} : { reading }),
    ...(last === undefined || last.step >= of
      ? {}
      : { interrupted: { step: last.step, of, learningRate: last.learningRate } }),
    modelConfig: model.toConfig(),
  };
}

interface RecordedRun extends Pick<Experiment, "config" | "source" | "model"> {
  readonly history: RunHistory;
}

/** A record with the folder at which the paths of its data start. */
function placed(record: Settings, { madeIn }: RunDraft, config: RunConfig): Settings {
  return madeIn !== undefined && namesFiles(config) ? { ...record, madeIn } : record;
}

/** Whether the data is in files. */
function namesFiles({ data }: RunConfig): boolean {
  let found = false;
  withDataPaths({ data }, (path) => {
    found = true;
    return path;
  });
  return found;
}

export function jsonOf(document: unknown): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}
