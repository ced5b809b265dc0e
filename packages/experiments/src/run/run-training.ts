import type { ComponentConfig } from "@saeno/backend";
import type { SparseAutoencoder } from "@saeno/core";
import {
  type Extension,
  extensionsFromConfig,
  optimizerFromConfig,
  type StepRecord,
  scheduleFromConfig,
  train,
} from "@saeno/training";
import type { RunConfig } from "../configuration/run-config.ts";
import type { DataSource } from "../data/data-source.ts";
import { type Reporter, silent } from "../reporter.ts";
import { type Recovery, type RecoveryTracker, trackRecovery } from "./track-recovery.ts";

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
  data: DataSource,
  { reporter = silent, signal, onRecord }: RunTrainingOptions = {},
): Promise<TrainedRun> {
  const tracker = trackRecovery(config, model, data);
  const history: RunRecord[] = [];
  const progress = reporter.progress(`train ${config.model}`, config.steps);
  const optimizer = optimizerFromConfig({ kind: config.optimizer });
  try {
    await train({
      model,
      dataset: data.train,
      steps: config.steps,
      batchSize: config.batch,
      learningRate: config.lr,
      schedule: scheduleFromConfig({ kind: config.schedule, warmup: config.warmup }),
      seed: config.seed,
      optimizer,
      ...(signal === undefined ? {} : { signal }),
      extensions: [
        ...extensionsFromConfig(extensionsOf(config), model),
        ...(tracker === undefined ? [] : [recoveryOf(tracker)]),
      ],
      unitAtoms: config.unitAtoms,
      ...(config.decoderBias === undefined ? {} : { decoderBias: config.decoderBias }),
      ...(config.normalize === "none" ? {} : { normalization: config.normalize }),
      async onStep(record: RunRecord) {
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

/** Records the recovery error of the steps that it is measured after. */
function recoveryOf(tracker: RecoveryTracker): Extension {
  return {
    name: "recovery",
    record({ step }) {
      const recoveryError = tracker.after(step);
      return recoveryError === undefined ? {} : { recoveryError };
    },
  };
}

function extensionsOf({ l1, l0, auxiliary, deadAfter, resample, balance }: RunConfig): ComponentConfig[] {
  return [
    { kind: "l1", weight: l1 },
    { kind: "l0", weight: l0 },
    { kind: "resample", every: resample },
    ...(auxiliary === undefined ? [] : [{ kind: "auxiliary", coefficient: auxiliary }]),
    ...(deadAfter === undefined ? [] : [{ kind: "dead-concepts", after: deadAfter }]),
    ...(balance > 0 ? [{ kind: "balance", rate: balance }] : []),
  ];
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
