import { messageOf, SaenoError } from "@saeno/backend";
import { findDictionary, type SparseAutoencoder } from "@saeno/core";
import { asVectors, type DataConfig, type OpenDataOptions, type OpenedData, openDataset } from "@saeno/datasets";
import type { TrainingState } from "@saeno/training";
import { modelName, type RunConfig } from "../configuration/run-config.ts";
import { gridName } from "../data/grids.ts";
import { buildModel } from "../model/build-model.ts";
import { type Reporter, silent } from "../reporter.ts";
import type { RunHistory } from "../runs/load-run.ts";
import { checkMeasures, evaluateModel, type RunEvaluation } from "./evaluation.ts";
import { knownDictionary, type Recovery, recovery } from "./recovery.ts";
import { type RunRecord, runTraining } from "./run-training.ts";
import { type TrainingEnd, trainingEnd } from "./training-end.ts";

export interface ExperimentOptions {
  readonly reporter?: Reporter;
  /** Ends training after the current step, and the evaluation. What was learned until then is evaluated, unless `onTrained` throws. */
  readonly signal?: AbortSignal | undefined;
  /** What to do when training diverges. Default `stop`: an error. `rollback` goes back to what `begin` gives, with half the learning rate, five times at most. */
  readonly onDivergence?: "stop" | "rollback";
  /** Puts the weights to start with into the model; training continues from what it returns. Called again for every rollback, which it counts. */
  readonly begin?: ((begun: StartedExperiment) => Promise<BegunTraining | undefined>) | undefined;
  /** Called after each step. */
  readonly onRecord?: ((record: RunRecord, moment: TrainingMoment) => void | Promise<void>) | undefined;
  /** Called after the last step that is made, even if some are not made. */
  readonly onEnd?: ((record: RunRecord, moment: TrainingMoment) => void | Promise<void>) | undefined;
  /** Called when training has ended, before anything is evaluated. */
  readonly onTrained?: ((trained: TrainedExperiment) => void | Promise<void>) | undefined;
}

/** A run before its first step. */
export interface StartedExperiment {
  readonly config: RunConfig;
  readonly source: OpenedData;
  readonly model: SparseAutoencoder;
  /** How often the learning rate has been halved because training diverged. */
  readonly rollbacks: number;
}

export interface TrainedExperiment extends StartedExperiment {
  readonly history: RunHistory;
}

/** A training that was begun before. */
export interface BegunTraining {
  readonly state: TrainingState;
  readonly history: RunHistory;
  readonly warnings: readonly string[];
  readonly rollbacks: number;
}

/** A training after a step. */
export interface TrainingMoment extends StartedExperiment {
  readonly warnings: readonly string[];
  readonly state: () => Promise<TrainingState>;
}

/** A finished run. The caller disposes of the model. */
export interface Experiment {
  readonly config: RunConfig;
  readonly source: OpenedData;
  readonly model: SparseAutoencoder;
  readonly history: RunHistory;
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
 * @throws SaenoError for whatever is wrong with the configuration or the data, before training if possible.
 */
export async function runExperiment(config: RunConfig, options: ExperimentOptions = {}): Promise<Experiment> {
  const { data, model: form, seed } = config;
  const { reporter = silent, onDivergence = "stop" } = options;
  const source = await openDataFor(form, data, { seed, reporter });
  let rollbacks = 0;
  const begin = async (started: StartedExperiment) => {
    const begun = await options.begin?.(started);
    // Those of a run that is gone on with count too.
    rollbacks = begun?.rollbacks ?? rollbacks;
    return begun;
  };
  for (; ; rollbacks++) {
    try {
      return await attempt(config, source, rollbacks, { ...options, begin });
    } catch (error) {
      const diverged = SaenoError.isInstance(error) && error.code === "training.diverged";
      if (!diverged || onDivergence === "stop" || rollbacks >= mostRollbacks) throw error;
      reporter.say(`${messageOf(error)} Going back, with half the learning rate.`, "warning");
    }
  }
}

const mostRollbacks = 5;

async function attempt(
  config: RunConfig,
  source: OpenedData,
  rollbacks: number,
  options: ExperimentOptions,
): Promise<Experiment> {
  const { model: form, training, measures, seed } = config;
  const { reporter = silent, signal, begin, onRecord, onEnd, onTrained } = options;
  const label = modelName(config);
  const { train, test } = source;
  const model = buildModel(form, { dataset: train, seed, extensions: training.extensions });
  const recovered = recovery(model, knownDictionary(source), {
    every: measures.recoveryEvery,
    near: form.startNoise !== undefined,
  });
  try {
    checkMeasures(model, source, measures);
    const begun = await begin?.({ config, source, model, rollbacks });
    const started = { config, source, model, rollbacks: begun?.rollbacks ?? rollbacks };
    const warnings = [...(begun?.warnings ?? [])];
    const history: RunRecord[] = [];
    const whole = () => [...(begun?.history ?? []), ...history];
    reporter.say(
      `training ${label} on ${train.size} samples of ${source.name}, ${gridName(train.grid)}, ${test.size} held out`,
    );
    const onWarning = (warning: string) => void (warnings.includes(warning) || warnings.push(warning));
    await runTraining(training, model, train, {
      label,
      seed,
      reporter,
      ...(signal === undefined ? {} : { signal }),
      from: begun?.state,
      made: begun?.history.length,
      rateFactor: 0.5 ** started.rollbacks,
      normalization: form.normalization,
      onWarning,
      extensions: recovered === undefined ? [] : [recovered],
      async onRecord(record, state) {
        history.push(record);
        await onRecord?.(record, { ...started, warnings, state });
      },
      onEnd: (record, state) => onEnd?.(record, { ...started, warnings, state }),
    });
    await onTrained?.({ ...started, history: whole() });
    const evaluation = await evaluateModel({
      ...{ model, source, split: "test", measures, label, reporter, onWarning },
      // Of a training that was interrupted the model of then is evaluated.
      ...(whole().length < training.steps ? {} : { signal }),
    });
    const measured = model.activation.measured?.values();
    const all = whole();
    const seconds = all.at(-1)?.seconds ?? 0;
    const summary = {
      ...trainingEnd(config, all),
      seconds,
      stepsPerSecond: seconds > 0 ? all.length / seconds : 0,
      ...(recovered === undefined ? {} : { recovery: recovered.result() }),
      ...(measured === undefined ? {} : { measured }),
      ...(warnings.length === 0 ? {} : { warnings }),
      ...evaluation,
    };
    return { config, source, model, history: all, summary };
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
  { reporter = silent, ...options }: OpenDataOptions & { readonly seed: number; readonly reporter?: Reporter },
): Promise<OpenedData> {
  const opened = await openDataset(data, { ...options, reporter });
  return findDictionary(dictionary.kind).domain === "vectors" ? asVectors(opened) : opened;
}
