import { lossFromConfig, type SparseAutoencoder } from "@saeno/core";
import type { Dataset } from "@saeno/datasets";
import {
  type Extension,
  extensionsFromConfig,
  optimizerFromConfig,
  type StepRecord,
  scheduleFromConfig,
  train,
} from "@saeno/training";
import type { RunModel } from "../configuration/run-model.ts";
import type { RunTraining } from "../configuration/run-parts.ts";
import { type Reporter, silent } from "../reporter.ts";

/** A line of metrics.jsonl. */
export interface RunRecord extends StepRecord {
  /** After the step, where the dictionary that made the data is known and it was measured. */
  readonly recoveryError?: number;
}

export interface RunTrainingOptions {
  /** What is trained, for people. */
  readonly label: string;
  readonly seed: number;
  readonly normalization: RunModel["normalization"];
  /** Beside those of the configuration. */
  readonly extensions?: readonly Extension[];
  readonly reporter?: Reporter;
  /** Ends training after the step under way. */
  readonly signal?: AbortSignal;
  /** Told of each step. */
  readonly onRecord?: (record: RunRecord) => void | Promise<void>;
}

/** Trains a model as a configuration says. */
export async function runTraining(
  { optimizer: optimizerConfig, schedule, loss, extensions: configs, decoderBias, ...numbers }: RunTraining,
  model: SparseAutoencoder,
  dataset: Dataset,
  { label, seed, normalization, extensions: others = [], reporter = silent, signal, onRecord }: RunTrainingOptions,
): Promise<RunRecord[]> {
  const optimizer = optimizerFromConfig(optimizerConfig);
  const extensions = extensionsFromConfig(configs, model);
  const progress = reporter.progress(`train ${label}`, numbers.steps);
  try {
    return await train({
      model,
      dataset,
      ...numbers,
      ...(decoderBias === undefined ? {} : { decoderBias }),
      schedule: scheduleFromConfig(schedule),
      loss: lossFromConfig(loss),
      optimizer,
      extensions: [...extensions, ...others],
      seed,
      ...(signal === undefined ? {} : { signal }),
      ...(normalization === "none" ? {} : { normalization }),
      async onStep(record: RunRecord) {
        await onRecord?.(record);
        progress.update(record.step, stepDetail(record));
      },
    });
  } finally {
    progress.stop();
    for (const extension of extensions) extension.dispose?.();
    optimizer.dispose();
  }
}

function stepDetail(record: RunRecord): string {
  return [
    `loss ${record.loss.toPrecision(3)}`,
    `relative error ${record.relativeError.toFixed(3)}`,
    ...(record.recoveryError === undefined ? [] : [`recovery error ${record.recoveryError.toPrecision(3)}`]),
    `${record.activeConcepts} concepts${record.deadConcepts > 0 ? `, ${record.deadConcepts} dead for ${record.deadAfter} samples` : ""}`,
    `${(record.step / record.seconds).toFixed(1)} steps/s`,
  ].join("  ");
}
