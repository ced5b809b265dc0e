import type { SparseAutoencoder } from "@saeno/core";
import { adam, type StepRecord, sgd, type TrainOptions, train } from "@saeno/training";
import type { RunFolder } from "@saeno/training/node";
import type { DataSource } from "./data-source.ts";
import { createProgress } from "./progress.ts";
import type { RunConfig } from "./run-config.ts";
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

/** Trains a model as a run's settings say, with a progress bar, and writes metrics.jsonl as it goes. */
export async function runTraining(
  config: RunConfig,
  model: SparseAutoencoder,
  data: DataSource,
  folder: RunFolder,
  signal: AbortSignal,
): Promise<TrainedRun> {
  const tracker = trackRecovery(config, model, data);
  const history: RunRecord[] = [];
  const progress = createProgress(`train ${config.model}`, config.steps);
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
      signal,
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
        await folder.append("metrics.jsonl", record);
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
