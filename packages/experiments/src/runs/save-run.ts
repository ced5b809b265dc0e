import { modelPieces } from "@saeno/training";
import manifest from "../../package.json" with { type: "json" };
import type { Settings } from "../configuration/config-files.ts";
import { withDataPaths } from "../configuration/data-paths.ts";
import type { RunConfig } from "../configuration/run-config.ts";
import { type Experiment, type ExperimentOptions, runExperiment } from "../run/run-experiment.ts";
import { trainingEnd } from "../run/training-end.ts";
import type { RunHistory } from "./load-run.ts";
import type { RunDraft, RunStore } from "./run-store.ts";

/** The version that run folders name. */
export const saenoVersion: string = manifest.version;

export interface RunIntoOptions extends ExperimentOptions {
  /** What else belongs into the run folder, by name. */
  readonly files?: ((experiment: Experiment) => Promise<Readonly<Record<string, string | Uint8Array>>>) | undefined;
}

/**
 * Runs an experiment into a run folder, which appears when it is complete. The caller disposes the model. A backend must be in use.
 *
 * @throws SaenoError `run.exists` before any work, and whatever `runExperiment` throws.
 */
export async function runInto(
  store: RunStore,
  place: string,
  config: RunConfig,
  { files, onRecord, ...options }: RunIntoOptions = {},
): Promise<Experiment> {
  const draft = await store.create(place);
  try {
    const experiment = await runExperiment(config, {
      ...options,
      async onRecord(record) {
        await draft.append("metrics.jsonl", record);
        await onRecord?.(record);
      },
    });
    try {
      await saveRun(draft, experiment);
      for (const [name, content] of Object.entries((await files?.(experiment)) ?? {})) await draft.write(name, content);
      await draft.commit();
      return experiment;
    } catch (error) {
      experiment.model.dispose();
      throw error;
    }
  } catch (error) {
    await draft.abandon();
    throw error;
  }
}

/** Writes what a run is: its configuration, its model, and what was measured. */
export async function saveRun(draft: RunDraft, experiment: Experiment): Promise<void> {
  const { madeIn } = draft;
  const place = madeIn !== undefined && namesFiles(experiment.config) ? { madeIn } : {};
  await draft.write("config.json", jsonOf({ ...recordOf(experiment), ...place }));
  await draft.write("model.safetensors", modelPieces(experiment.model));
  await draft.write("summary.json", jsonOf(experiment.summary));
}

/** config.json of a run folder: the configuration, which `--config` reads back, and facts beside it. */
export function recordOf({ config, source, model, history }: RecordedRun): Settings {
  const { grid: trainingGrid, channels } = source.train;
  const { interrupted, steps: step, stepsAsked: of, learningRate } = trainingEnd(config, history);
  return {
    saeno: saenoVersion,
    ...config,
    trainingGrid,
    channels,
    ...(interrupted ? { interrupted: { step, of, learningRate } } : {}),
    modelConfig: model.toConfig(),
  };
}

interface RecordedRun extends Pick<Experiment, "config" | "source" | "model"> {
  readonly history: RunHistory;
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
