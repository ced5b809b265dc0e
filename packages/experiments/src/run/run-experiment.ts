import { findDictionary, type SparseAutoencoder } from "@saeno/core";
import { asVectors, type DataConfig, type OpenedData, openDataset } from "@saeno/datasets";
import { modelName, type RunConfig } from "../configuration/run-config.ts";
import { gridName } from "../data/grids.ts";
import { buildModel } from "../model/build-model.ts";
import { type Reporter, silent } from "../reporter.ts";
import { checkMeasures, evaluateModel, type RunEvaluation } from "./evaluation.ts";
import { knownDictionary, type Recovery, recovery } from "./recovery.ts";
import { type RunRecord, runTraining } from "./run-training.ts";
import { type TrainingEnd, trainingEnd } from "./training-end.ts";

export interface ExperimentOptions {
  readonly reporter?: Reporter;
  /** Ends training after the step under way; what was learned until then is evaluated and kept. */
  readonly signal?: AbortSignal;
  /** Told of each step as it is made. */
  readonly onRecord?: (record: RunRecord) => void | Promise<void>;
}

/** What a run has learned. The caller disposes the model. */
export interface Experiment {
  readonly config: RunConfig;
  readonly source: OpenedData;
  readonly model: SparseAutoencoder;
  readonly history: readonly RunRecord[];
  readonly summary: ExperimentSummary;
}

/** summary.json of a run folder. */
export interface ExperimentSummary extends RunEvaluation, TrainingEnd {
  readonly seconds: number;
  readonly stepsPerSecond: number;
  /** Where the dictionary that made the data is known. */
  readonly recovery?: Recovery;
  /** What an activation measured on the first batch: its thresholds and bandwidths, and the standard deviation of the pre-codes. */
  readonly measured?: Readonly<Record<string, number>>;
  /** What looked wrong. */
  readonly warnings?: readonly string[];
}

/**
 * Opens the data of a configuration, builds its model, trains it, and evaluates it on held-out samples. A backend must be in use.
 *
 * @throws SaenoError whatever is wrong with the configuration or the data, before training where that can be known.
 */
export async function runExperiment(config: RunConfig, options: ExperimentOptions = {}): Promise<Experiment> {
  const { data, model: form, training, measures, seed } = config;
  const { reporter = silent } = options;
  const label = modelName(config);
  const source = await openDataFor(form, data, { seed, reporter });
  const { train, test } = source;
  const model = buildModel(form, { dataset: train, seed, extensions: training.extensions });
  const recovered = recovery(model, knownDictionary(source), {
    every: measures.recoveryEvery,
    near: form.startNoise !== undefined,
  });
  try {
    checkMeasures(model, source, measures);
    reporter.say(
      `training ${label} on ${train.size} samples of ${source.name}, ${gridName(train.grid)}, ${test.size} held out`,
    );
    const warnings: string[] = [];
    const onWarning = (warning: string) => void warnings.push(warning);
    const history = await runTraining(training, model, train, {
      ...options,
      label,
      seed,
      normalization: form.normalization,
      onWarning,
      extensions: recovered === undefined ? [] : [recovered],
    });
    const evaluation = await evaluateModel({ model, source, split: "test", measures, label, reporter, onWarning });
    const measured = model.activation.measured?.values();
    const seconds = history.at(-1)?.seconds ?? 0;
    const summary = {
      ...trainingEnd(config, history),
      seconds,
      stepsPerSecond: seconds > 0 ? history.length / seconds : 0,
      ...(recovered === undefined ? {} : { recovery: recovered.result() }),
      ...(measured === undefined ? {} : { measured }),
      ...(warnings.length === 0 ? {} : { warnings }),
      ...evaluation,
    };
    return { config, source, model, history, summary };
  } catch (error) {
    model.dispose();
    throw error;
  } finally {
    recovered?.dispose?.();
  }
}

/** Data as a model takes it: functions, or vectors. */
export async function openDataFor(
  { dictionary }: Pick<RunConfig["model"], "dictionary">,
  data: DataConfig,
  { seed, reporter = silent }: { readonly seed: number; readonly reporter?: Reporter },
): Promise<OpenedData> {
  const opened = await openDataset(data, { seed, reporter });
  return findDictionary(dictionary.kind).domain === "vectors" ? asVectors(opened) : opened;
}
