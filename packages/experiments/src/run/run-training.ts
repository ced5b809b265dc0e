import { lossFromConfig, type SparseAutoencoder } from "@saeno/core";
import type { Dataset } from "@saeno/datasets";
import {
  type Extension,
  extensionsFromConfig,
  optimizerFromConfig,
  type StepRecord,
  scheduleFromConfig,
  type TrainingState,
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
  /** Besides those of the configuration. */
  readonly extensions?: readonly Extension[];
  readonly reporter?: Reporter;
  /** Told what looks wrong, beside the reporter. */
  readonly onWarning?: (warning: string) => void;
  /** Ends training after the current step. */
  readonly signal?: AbortSignal;
  /** A training of the same model and settings to continue. */
  readonly from?: TrainingState | undefined;
  /** The steps of it. Default 0. */
  readonly made?: number | undefined;
  /** What the learning rate is multiplied by. Default 1. */
  readonly rateFactor?: number;
  /** Called after each step; the state of the training is available on request. */
  readonly onRecord?: OnRecord | undefined;
  /** Called after the last step that was made. */
  readonly onEnd?: OnRecord | undefined;
}

export type OnRecord = (record: RunRecord, state: () => Promise<TrainingState>) => void | Promise<void>;

/** Trains a model as a configuration says. */
export async function runTraining(
  { optimizer: optimizerConfig, schedule, loss, extensions: configs, decoderBias, ...numbers }: RunTraining,
  model: SparseAutoencoder,
  dataset: Dataset,
  {
    label,
    seed,
    normalization,
    extensions: others = [],
    reporter = silent,
    onWarning,
    signal,
    from,
    made,
    rateFactor = 1,
    onRecord,
    onEnd,
  }: RunTrainingOptions,
): Promise<RunRecord[]> {
  const optimizer = optimizerFromConfig(optimizerConfig);
  const extensions = extensionsFromConfig(configs, model);
  const progress = reporter.progress(`train ${label}`, numbers.steps, made);
  try {
    return await train({
      model,
      dataset,
      ...numbers,
      learningRate: rateFactor * numbers.learningRate,
      ...(from === undefined ? {} : { from }),
      ...(decoderBias === undefined ? {} : { decoderBias }),
      schedule: scheduleFromConfig(schedule),
      loss: lossFromConfig(loss),
      optimizer,
      extensions: [...extensions, ...others],
      seed,
      ...(signal === undefined ? {} : { signal }),
      ...(normalization === "none" ? {} : { normalization }),
      onWarning(warning) {
        onWarning?.(warning);
        reporter.say(warning, "warning");
      },
      ...(onEnd === undefined ? {} : { onEnd }),
      async onStep(record: RunRecord, state) {
        if (record.step === 1) sayMeasured(model, reporter);
        await onRecord?.(record, state);
        progress.update(record.step, stepDetail(record), record);
      },
    });
  } finally {
    progress.stop();
    for (const extension of extensions) extension.dispose?.();
    optimizer.dispose();
  }
}

/** What was measured on the first batch, and so has the scale of the data. */
function sayMeasured({ activation: { kind, measured } }: SparseAutoencoder, reporter: Reporter): void {
  if (measured === undefined) return;
  const numbers = Object.entries(measured.values()).map(([name, value]) => `${name} ${value.toPrecision(3)}`);
  reporter.say(`${kind}, measured on the first batch: ${numbers.join(", ")}`);
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
