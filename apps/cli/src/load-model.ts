import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { SaenoError } from "@saeno/backend";
import type { ModelConfig, SparseAutoencoder } from "@saeno/core";
import { decodeModel } from "@saeno/training";

/** The model of a folder: `config.json` with a `modelConfig`, and `model.safetensors`. A run folder is one, an imported model another. */
export interface LoadedModel {
  readonly path: string;
  /** config.json as it stands. */
  readonly record: Readonly<Record<string, unknown>>;
  readonly modelConfig: ModelConfig;
  readonly model: SparseAutoencoder;
}

/**
 * Reads the model of a folder. The backend must be in use already; the caller disposes the model.
 *
 * @throws SaenoError `run.folder` when there is no such folder, `run.file` for a file of it that is missing or broken.
 */
export function loadModel(path: string): LoadedModel {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    throw new SaenoError("run.folder", `There is no run folder ${path}. Make one with: saeno train --out ${path}`);
  }
  const configFile = join(path, "config.json");
  const record = parseJson(configFile, readFile(configFile, path)) as Record<string, unknown>;
  const modelConfig = record?.modelConfig as ModelConfig | undefined;
  if (
    modelConfig?.dictionary === undefined ||
    modelConfig.encoder === undefined ||
    modelConfig.activation === undefined
  ) {
    throw new SaenoError(
      "run.file",
      `${configFile} has no "modelConfig" with dictionary, encoder and activation: it is not of a finished run. For a model of another library: saeno import ${path}`,
      { kind: "data" },
    );
  }
  const modelFile = join(path, "model.safetensors");
  return { path, record, modelConfig, model: decodeModel(modelConfig, readFile(modelFile, path), modelFile) };
}

function readFile(file: string, folder: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    const foreign = existsSync(join(folder, "cfg.json"));
    const problem = foreign
      ? `${folder} holds cfg.json, as models of SAELens and sparsify do, and no run. Import it first: saeno import ${folder}`
      : `${file} cannot be read: the run folder is incomplete. Train again.`;
    throw new SaenoError("run.file", problem, { kind: "data", cause });
  }
}

/** @throws SaenoError `run.file`. */
export function parseJson(file: string, bytes: Buffer | string): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch (cause) {
    throw new SaenoError("run.file", `${file} is not valid JSON: ${(cause as Error).message}`, { kind: "data", cause });
  }
}
