import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { SaenoError } from "@saeno/backend";
import type { ModelConfig, SparseAutoencoder } from "@saeno/core";
import { decodeModel, type StepRecord } from "@saeno/training";
import { type RunConfig, resolveRunConfig } from "./run-config.ts";

/** A run folder, read and checked. */
export interface LoadedRun {
  readonly path: string;
  readonly config: RunConfig;
  /** config.json as it stands. */
  readonly record: Readonly<Record<string, unknown>>;
  readonly model: SparseAutoencoder;
  readonly history: readonly StepRecord[];
}

/**
 * Reads a run folder. The backend must be in use already; the caller disposes the model.
 *
 * @throws SaenoError `run.folder` when it is none, `run.file` for a file of it that is missing or broken.
 */
export function loadRun(path: string): LoadedRun {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    throw new SaenoError("run.folder", `There is no run folder ${path}. Make one with: saeno train --out ${path}`);
  }
  const configFile = join(path, "config.json");
  const record = parseJson(configFile, read(configFile)) as Record<string, unknown>;
  const config = resolveRunConfig(configFile, {});
  const modelConfig = record.modelConfig as ModelConfig | undefined;
  if (
    modelConfig?.dictionary === undefined ||
    modelConfig.encoder === undefined ||
    modelConfig.activation === undefined
  ) {
    throw new SaenoError(
      "run.file",
      `${configFile} has no "modelConfig" with dictionary, encoder and activation: it is not of a finished run.`,
      { kind: "data" },
    );
  }
  const modelFile = join(path, "model.safetensors");
  const model = decodeModel(modelConfig, read(modelFile), modelFile);
  const metricsFile = join(path, "metrics.jsonl");
  const history = read(metricsFile)
    .toString("utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => parseJson(metricsFile, Buffer.from(line)) as StepRecord);
  return { path, config, record, model, history };
}

function read(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new SaenoError("run.file", `${file} cannot be read: the run folder is incomplete. Train again.`, {
      kind: "data",
      cause,
    });
  }
}

function parseJson(file: string, bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch (cause) {
    throw new SaenoError("run.file", `${file} is not valid JSON: ${(cause as Error).message}`, { kind: "data", cause });
  }
}
