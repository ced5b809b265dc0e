import { type Codes, disposeCodes } from "@saeno/activations";
import { createRandom, SaenoError, sizeOf } from "@saeno/backend";
import type { SparseAutoencoder } from "@saeno/core";
import { batches, type Dataset } from "@saeno/datasets";
import { type Scalar, tensor } from "@tensorflow/tfjs-core";
import { activeConcepts } from "./active-concepts.ts";
import { adam } from "./adam.ts";
import type { Optimizer, TrainedParameter } from "./optimizer.ts";
import { prepareTraining } from "./prepare-training.ts";
import { type ScheduleName, schedule } from "./schedule.ts";
import { trainStep } from "./train-step.ts";

/** What is known after a step, about the batch it was taken on. */
export interface StepRecord {
  /** 1 for the first step. */
  readonly step: number;
  /** Mean squared error over all entries. */
  readonly loss: number;
  /** `||x - x_hat|| / ||x||`. */
  readonly relativeError: number;
  readonly learningRate: number;
  /** How many different concepts were active somewhere in the batch. */
  readonly activeConcepts: number;
  /** Since training began. */
  readonly seconds: number;
}

export interface TrainOptions {
  readonly model: SparseAutoencoder;
  readonly dataset: Dataset;
  readonly steps: number;
  readonly batchSize: number;
  readonly learningRate: number;
  /** Default `adam()`; made here, it is disposed here. */
  readonly optimizer?: Optimizer;
  /** Default `linear`. */
  readonly schedule?: ScheduleName;
  /** Steps of warm-up; default 0. */
  readonly warmup?: number;
  /** Order of the samples. Default 0. */
  readonly seed?: number;
  /** What the decoder's bias starts at; default `mean` for a dense dictionary (of the first batch), else `zero`. */
  readonly decoderBias?: "mean" | "zero";
  /** Called after every step, awaited. */
  readonly onStep?: (record: StepRecord) => void | Promise<void>;
  /** Ends training after the step under way. */
  readonly signal?: AbortSignal;
}

/**
 * Trains a model in place (SPEC 7): mean squared error, the optimiser's step on gradients without their component along
 * unit atoms, atoms back to unit norm. Batches are put on the device one at a time. The encoder's gain is fitted on the
 * first batch. The same model, data, options and seed give the same numbers on the same backend.
 *
 * @returns one record a step.
 * @throws SaenoError `training.options` for numbers out of range, `training.diverged` when the loss is no longer finite.
 */
export async function train(options: TrainOptions): Promise<StepRecord[]> {
  const { model, dataset, steps, batchSize, learningRate, seed = 0, onStep, signal } = options;
  checkOptions(options);
  const rate = schedule({ name: options.schedule ?? "linear", steps, warmup: options.warmup ?? 0 });
  const optimizer = options.optimizer ?? adam();
  let parameters: TrainedParameter[] = [];
  const order = createRandom(seed)
    .split("batches")
    .integer(2 ** 31);
  const started = performance.now();
  const records: StepRecord[] = [];
  try {
    for (const batch of batches(dataset, {
      batchSize,
      shuffle: true,
      seed: order,
      epochs: Number.POSITIVE_INFINITY,
      dropLast: true,
    })) {
      const step = records.length;
      if (step >= steps || signal?.aborted) break;
      const x = tensor(batch.values, [...batch.shape]);
      try {
        if (step === 0) parameters = prepareTraining(model, x, options.decoderBias);
        const { loss, codes } = trainStep({ model, parameters, x, optimizer, learningRate: learningRate * rate(step) });
        const record = await describe(step + 1, loss, codes, batch.values, learningRate * rate(step), started);
        records.push(record);
        await onStep?.(record);
      } finally {
        x.dispose();
      }
      await breathe();
    }
  } finally {
    if (options.optimizer === undefined) optimizer.dispose();
  }
  return records;
}

async function describe(
  step: number,
  loss: Scalar,
  codes: Codes,
  input: Float32Array,
  learningRate: number,
  started: number,
): Promise<StepRecord> {
  const value = (await loss.data())[0] as number;
  const active = await activeConcepts(codes);
  loss.dispose();
  disposeCodes(codes);
  if (!Number.isFinite(value)) {
    throw new SaenoError(
      "training.diverged",
      `The loss is ${value} at step ${step}: training diverged. Lower the learning rate (now ${learningRate}) or add a warm-up.`,
      { kind: "data" },
    );
  }
  let squares = 0;
  for (const entry of input) squares += entry * entry;
  const seconds = (performance.now() - started) / 1000;
  const relativeError = squares > 0 ? Math.sqrt((value * input.length) / squares) : 0;
  return { step, loss: value, relativeError, learningRate, activeConcepts: active, seconds };
}

/** Lets timers and signals in between steps. */
function breathe(): Promise<void> {
  // A timer would take a millisecond or more, as long as a step.
  return new Promise((resolve) => (globalThis.setImmediate ?? setTimeout)(resolve));
}

function checkOptions({ model, dataset, steps, batchSize, learningRate }: TrainOptions): void {
  const whole = { steps, batchSize };
  for (const [name, value] of Object.entries(whole)) {
    if (!Number.isInteger(value) || value < 1) {
      throw new SaenoError("training.options", `${name} is a whole number of at least 1; got ${value}.`);
    }
  }
  if (!(learningRate > 0 && Number.isFinite(learningRate))) {
    throw new SaenoError("training.options", `The learning rate is a positive number; got ${learningRate}.`);
  }
  if (dataset.size < batchSize) {
    throw new SaenoError(
      "training.options",
      `The dataset "${dataset.name}" has ${dataset.size} samples, fewer than a batch of ${batchSize}: lower the batch size or use more data.`,
    );
  }
  model.dictionary.checkGrid(dataset.grid);
  if (dataset.channels !== model.dictionary.channels) {
    throw new SaenoError(
      "training.options",
      `The dataset "${dataset.name}" has ${dataset.channels} channels (${sizeOf(dataset.grid)} points), the model takes ${model.dictionary.channels}.`,
    );
  }
}
