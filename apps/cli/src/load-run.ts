import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { SaenoError } from "@saeno/backend";
import { type LoadedModel, loadModel, parseJson } from "./load-model.ts";
import { modelSettings } from "./model-settings.ts";
import { type RunConfig, resolveRunConfig } from "./run-config.ts";
import type { RunRecord } from "./run-training.ts";

/** A run folder, read and checked; or that of an imported model, which has no data of its own and no history. */
export interface LoadedRun extends LoadedModel {
  readonly config: RunConfig;
  /** Whether the model was trained here: then its config names the data. */
  readonly trained: boolean;
  readonly history: readonly RunRecord[];
}

/**
 * Reads a run folder. The backend must be in use already; the caller disposes the model.
 *
 * @param data for a model without data of its own: what to use instead.
 * @throws SaenoError as `loadModel`, `run.data` for a model without data when none is given.
 */
export function loadRun(path: string, data?: string): LoadedRun {
  const loaded = loadModel(path);
  try {
    return { ...loaded, ...settingsOf(loaded, data), history: historyOf(path) };
  } catch (error) {
    loaded.model.dispose();
    throw error;
  }
}

function settingsOf(
  { path, record, modelConfig }: LoadedModel,
  data: string | undefined,
): Pick<LoadedRun, "config" | "trained"> {
  const file = join(path, "config.json");
  if (record.data !== undefined) return { config: resolveRunConfig(file, {}), trained: true };
  if (data === undefined) {
    throw new SaenoError(
      "run.data",
      `The model of ${path} was not trained here and has no data of its own. Name some: saeno eval ${path} --data npy:FILE`,
    );
  }
  const settings = record.model === undefined ? modelSettings(modelConfig) : {};
  return { config: resolveRunConfig(file, { ...settings, data }), trained: false };
}

/** What metrics.jsonl says; nothing where there is none. */
export function historyOf(path: string): RunRecord[] {
  const file = join(path, "metrics.jsonl");
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => parseJson(file, line) as RunRecord);
}
