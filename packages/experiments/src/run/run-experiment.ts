import type { SparseAutoencoder } from "@saeno/core";
import { asVectors, type OpenedData } from "@saeno/datasets";
import { modelName, type RunConfig } from "../configuration/run-config.ts";
import { gridName } from "../data/grids.ts";
import { openData } from "../data/open-data.ts";
import { buildModel } from "../model/build-model.ts";
import { type Reporter, silent } from "../reporter.ts";
import { checkMeasures, evaluateModel, type RunEvaluation } from "./evaluation.ts";
import { type RunRecord, runTraining, type TrainedRun } from "./run-training.ts";
import type { Recovery } from "./track-recovery.ts";

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
export interface ExperimentSummary extends RunEvaluation {
  readonly steps: number;
  readonly seconds: number;
  readonly stepsPerSecond: number;
  /** Where the dictionary that made the data is known. */
  readonly recovery?: Recovery;
}

/**
 * Opens the data of a configuration, builds its model, trains it, and evaluates it on held-out samples. A backend must be in use.
 *
 * @throws SaenoError whatever is wrong with the configuration or the data, before training where that can be known.
 */
export async function runExperiment(config: RunConfig, options: ExperimentOptions = {}): Promise<Experiment> {
  const { reporter = silent } = options;
  const source = await openRunData(config, options);
  const model = buildModel(config, source);
  try {
    checkMeasures(model, source, config.measures);
    reporter.say(
      `training ${modelName(config)} on ${source.train.size} samples of ${config.data}, ${gridName(source.train.grid)}, ${source.test.size} held out`,
    );
    const trained = await runTraining(config, model, source, options);
    const { measures, model: label } = config;
    const evaluation = await evaluateModel({ model, source, split: "test", measures, label, reporter });
    return { config, source, model, history: trained.history, summary: summarize(trained, evaluation) };
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** Data as the model of a configuration takes it. */
export async function openRunData(
  config: RunConfig,
  { reporter }: Pick<ExperimentOptions, "reporter"> = {},
): Promise<OpenedData> {
  const source = await openData(config, reporter);
  return config.model === "mlp" ? asVectors(source) : source;
}

function summarize({ history, recovery }: TrainedRun, evaluation: RunEvaluation): ExperimentSummary {
  const seconds = history.at(-1)?.seconds ?? 0;
  return {
    steps: history.length,
    seconds,
    stepsPerSecond: seconds > 0 ? history.length / seconds : 0,
    ...(recovery === undefined ? {} : { recovery }),
    ...evaluation,
  };
}
