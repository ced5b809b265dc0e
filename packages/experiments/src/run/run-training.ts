import type { SparseAutoencoder } from "@saeno/core";
import type { OpenedData } from "@saeno/datasets";
import { adam, type StepRecord, sgd, type TrainOptions, train } from "@saeno/training";
import type { RunConfig } from "../configuration/run-config.ts";
import { type Reporter, silent } from "../reporter.ts";
import { type Recovery, trackRecovery } from "./track-recovery.ts";

/** A line of metrics.jsonl. */
export interface RunRecord extends StepRecord {
  /** After the step, where the dictionary that made the data is known and it was measured. */
  readonly recoveryError?: number;
}

export interface TrainedRun {
  readonly history: readonly RunRecord[];
  /** Where the dictionary that made the data is known. */
  readonly recovery?: Recovery;
}

export interface RunTrainingOptions {
  readonly reporter?: Reporter;
  /** Ends training after the step under way. */
  readonly signal?: AbortSignal;
  /** Told of each step. */
  readonly onRecord?: (record: RunRecord) => void | Promise<void>;
}

/** Trains a model as a run's settings say. */
export async function runTraining(
  config: RunConfig,
  model: SparseAutoencoder,
  data: OpenedData,
  { reporter = silent, signal, onRecord }: RunTrainingOptions = {},
): Promise<TrainedRun> {
  const tracker = trackRecovery(config, model, data);
  const history: RunRecord[] = [];
  const progress = reporter.progress(`train ${config.model}`, config.steps);
  const optimizer = config.optimizer === "sgd" ? sgd() : adam();
  try {
    await train({
      model,
      dataset: data.train,
      steps: config.steps,
      batchSize: config.batch,
      learningRate: config.lr,
      schedule: config.schedule,
      warmup: config.warmup,
      seed: config.seed,
      optimizer,
      ...(signal === undefined ? {} : { signal }),
      l1: config.l1,
      l0: config.l0,
      ...auxiliaryOf(config),
      ...(config.deadAfter === undefined ? {} : { deadAfter: config.deadAfter }),
      resample: config.resample > 0 ? { every: config.resample } : false,
      ...(config.balance > 0 ? { balance: { rate: config.balance } } : {}),
      unitAtoms: config.unitAtoms,
      ...(config.decoderBias === undefined ? {} : { decoderBias: config.decoderBias }),
      ...(config.normalize === "none" ? {} : { normalization: config.normalize }),
      async onStep(step) {
        const recoveryError = tracker?.after(step.step);
        const record = recoveryError === undefined ? step : { ...step, recoveryError };
        history.push(record);
        await onRecord?.(record);
        progress.update(record.step, stepDetail(record));
      },
    });
    return { history, ...(tracker === undefined ? {} : { recovery: tracker.finish(history.length) }) };
  } finally {
    tracker?.dispose();
    progress.stop();
    optimizer.dispose();
  }
}

/** Unless given, what the training does by itself. */
function auxiliaryOf({ auxiliary }: RunConfig): Pick<TrainOptions, "auxiliary"> {
  if (auxiliary === undefined) return {};
  return { auxiliary: auxiliary > 0 ? { coefficient: auxiliary } : false };
}

function stepDetail(record: RunRecord): string {
  return [
    `loss ${record.loss.toPrecision(3)}`,
    `relative error ${record.relativeError.toFixed(3)}`,
    ...(record.recoveryError === undefined ? [] : [`recovery error ${record.recoveryError.toPrecision(3)}`]),
    `${record.activeConcepts} concepts${record.deadConcepts > 0 ? `, ${record.deadConcepts} dead` : ""}`,
    `${(record.step / record.seconds).toFixed(1)} steps/s`,
  ].join("  ");
}
