import { disposeCodes, isBalanced } from "@saeno/activations";
import { createRandom, SaenoError, sizeOf } from "@saeno/backend";
import { type AuxiliaryOptions, auxiliaryLoss, type Loss, l0Loss, l1Loss, type SparseAutoencoder } from "@saeno/core";
import { batches, type Dataset } from "@saeno/datasets";
import { type Scalar, tensor } from "@tensorflow/tfjs-core";
import { adam } from "./adam.ts";
import { type BalanceOptions, belowFloor, moveBias } from "./balance.ts";
import { conceptLoads } from "./concept-loads.ts";
import { dataStatistics, type NormalizationKind } from "./data-statistics.ts";
import { type DeadConcepts, deadConcepts } from "./dead-concepts.ts";
import type { Optimizer, TrainedParameter } from "./optimizer.ts";
import { prepareTraining } from "./prepare-training.ts";
import { encoderBias, recallBias } from "./recall-bias.ts";
import { type ResampleOptions, resampleConcepts } from "./resample.ts";
import { type ScheduleName, schedule } from "./schedule.ts";
import { trainStep } from "./train-step.ts";

/** What is known after a step, about the batch it was taken on. */
export interface StepRecord {
  /** 1 for the first step. */
  readonly step: number;
  /** Mean squared error over all entries, inside of a normalization; or what a custom loss gives. Without penalties. */
  readonly loss: number;
  /** `||x - x_hat|| / ||x||`, inside of a normalization. With a custom loss, `sqrt(loss / mean x^2)`. */
  readonly relativeError: number;
  readonly learningRate: number;
  /** How many different concepts were active somewhere in the batch. */
  readonly activeConcepts: number;
  /** How many concepts were not active in the last `deadAfter` samples. */
  readonly deadConcepts: number;
  /** Since training began. */
  readonly seconds: number;
}

/** How far the encoder's bias of a concept out of use moves toward the others' after a batch, where a remedy is on. */
const recallShare = 0.1;

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
  /**
   * What the decoder's bias starts at; default `mean` for a dense dictionary (of the first batch), else `zero`. With `none` it is zero
   * and not trained.
   */
  readonly decoderBias?: "mean" | "zero" | "none";
  /** What the reconstruction is judged by, of a forward pass. Default the mean squared error. */
  readonly loss?: Loss;
  /** Weight of the L1 norm of codes (maps: group lasso); default 0. */
  readonly l1?: number;
  /** Weight of the count of active codes, for activations with learned thresholds; default 0. */
  readonly l0?: number;
  /** Other terms of the loss. */
  readonly penalties?: readonly Loss[];
  /** Let dead concepts learn from what is not explained (AuxK). Default: where concepts compete, as in top-k. */
  readonly auxiliary?: boolean | AuxiliaryOptions;
  /** Samples without it being active after which a concept counts as dead. Default 300, or six batches where these are more. */
  readonly deadAfter?: number;
  /** Give dead concepts a new start from what is not explained, from time to time. Default false. */
  readonly resample?: boolean | ResampleOptions;
  /** How the selection bias of a `balanced` activation moves. */
  readonly balance?: BalanceOptions;
  /** Hold atoms at unit norm. Default true. */
  readonly unitAtoms?: boolean;
  /** What a model that normalizes its inputs does so by; computed from the dataset before the first step. Default `channel`. */
  readonly normalization?: NormalizationKind;
  /** Called after every step, awaited. */
  readonly onStep?: (record: StepRecord) => void | Promise<void>;
  /** Ends training after the step under way. */
  readonly signal?: AbortSignal;
}

/**
 * Trains a model in place (specification: Training): the loss, the optimizer's step on gradients without their component along
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
  const { conceptCount } = model.dictionary;
  const deaths = deadConcepts(conceptCount, options.deadAfter ?? Math.max(300, 6 * batchSize));
  const auxiliary = options.auxiliary ?? model.activation.competitive ?? false;
  const { rate: balanceRate = 0.2, decay = 0.04, floor = 0.1 } = options.balance ?? {};
  const load = isBalanced(model.activation) ? model.activation : undefined;
  const bias = encoderBias(model);
  const random = createRandom(seed).split("resample");
  const { every = 50, until = 0.3, encoderScale = 1 } = options.resample ? given(options.resample) : {};
  let parameters: TrainedParameter[] = [];
  const order = createRandom(seed)
    .split("batches")
    .integer(2 ** 31);
  const statistics = model.isNormalized ? await dataStatistics(dataset, options.normalization ?? "channel") : undefined;
  if (statistics !== undefined) model.setNormalization(statistics);
  const penalties = constantPenalties(options);
  const started = performance.now();
  const records: StepRecord[] = [];
  try {
    for await (const batch of batches(dataset, {
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
        if (step === 0) parameters = prepareTraining(model, x, options);
        const result = trainStep({
          model,
          parameters,
          x,
          optimizer,
          learningRate: learningRate * rate(step),
          penalties: [...penalties, ...auxiliaryPenalty(auxiliary, deaths)],
          ...(options.loss === undefined ? {} : { loss: options.loss }),
        });
        const loads = await conceptLoads(result.codes);
        disposeCodes(result.codes);
        deaths.update(loads, batchSize);
        if (load !== undefined) moveBias(load.selectionBias, loads, { rate: balanceRate * rate(step), decay, floor });
        if (bias !== undefined) {
          const recalled = new Set([
            ...(load !== undefined && balanceRate > 0 ? belowFloor(loads, floor) : []),
            ...(auxiliary ? deaths.concepts() : []),
          ]);
          recallBias(bias, [...recalled], recallShare);
        }
        const record: StepRecord = {
          step: step + 1,
          ...(await describeLoss(step + 1, result.loss, meanSquare(batch.values, statistics), learningRate)),
          learningRate: learningRate * rate(step),
          activeConcepts: loads.reduce((count, samples) => count + (samples > 0 ? 1 : 0), 0),
          deadConcepts: deaths.count(),
          seconds: (performance.now() - started) / 1000,
        };
        if (options.resample && (step + 1) % every === 0 && step < until * steps) {
          const concepts = deaths.concepts();
          resampleConcepts({ model, optimizer, concepts, x, random, encoderScale });
          deaths.revive(concepts);
        }
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

/** The options behind a switch. */
function given<Options extends object>(option: true | Options): Options {
  return option === true ? ({} as Options) : option;
}

function constantPenalties({ l1 = 0, l0 = 0, penalties = [] }: TrainOptions): Loss[] {
  return [...penalties, ...(l1 > 0 ? [l1Loss(l1)] : []), ...(l0 > 0 ? [l0Loss(l0)] : [])];
}

/** AuxK, when there are dead concepts. */
function auxiliaryPenalty(auxiliary: boolean | AuxiliaryOptions, deaths: DeadConcepts): Loss[] {
  return auxiliary !== false && deaths.count() > 0 ? [auxiliaryLoss(deaths.dead(), given(auxiliary))] : [];
}

/** The mean square of a batch, inside of a normalization. */
function meanSquare(values: Float32Array, statistics: Awaited<ReturnType<typeof dataStatistics>> | undefined): number {
  let squares = 0;
  if (statistics === undefined) {
    for (const value of values) squares += value * value;
  } else {
    const { mean, scale } = statistics;
    const channels = mean.length;
    values.forEach((value, i) => {
      const c = i % channels;
      squares += ((value - mean[c]) / scale[c]) ** 2;
    });
  }
  return squares / values.length;
}

async function describeLoss(
  step: number,
  loss: Scalar,
  meanSquareOfInput: number,
  learningRate: number,
): Promise<Pick<StepRecord, "loss" | "relativeError">> {
  const value = (await loss.data())[0];
  loss.dispose();
  if (!Number.isFinite(value)) {
    throw new SaenoError(
      "training.diverged",
      `The loss is ${value} at step ${step}: training diverged. Lower the learning rate (now ${learningRate}) or add a warm-up.`,
      { kind: "data" },
    );
  }
  return { loss: value, relativeError: meanSquareOfInput > 0 ? Math.sqrt(value / meanSquareOfInput) : 0 };
}

/** Lets timers and signals in between steps. */
function breathe(): Promise<void> {
  // A timer would take a millisecond or more, as long as a step.
  return new Promise((resolve) => (globalThis.setImmediate ?? setTimeout)(resolve));
}

function checkOptions(options: TrainOptions): void {
  const { model, dataset, steps, batchSize, learningRate, l1 = 0, l0 = 0, deadAfter = 1 } = options;
  const whole = { steps, batchSize };
  for (const [name, value] of Object.entries(whole)) {
    if (!Number.isInteger(value) || value < 1) {
      throw new SaenoError("training.options", `${name} is a whole number of at least 1; got ${value}.`);
    }
  }
  for (const [name, value] of Object.entries({ l1, l0 })) {
    if (!(value >= 0 && Number.isFinite(value))) {
      throw new SaenoError("training.options", `${name} is a number of at least 0; got ${value}.`);
    }
  }
  const { rate: balanceRate = 0, decay = 0, floor = 1 } = options.balance ?? {};
  if (!(balanceRate >= 0 && Number.isFinite(balanceRate) && decay >= 0 && decay < 1 && floor > 0 && floor <= 1)) {
    throw new SaenoError(
      "training.options",
      `balance wants a finite rate of at least 0, a decay in [0, 1) and a floor in (0, 1]; got ${balanceRate}, ${decay} and ${floor}.`,
    );
  }
  if (!(deadAfter > 0)) {
    throw new SaenoError("training.options", `deadAfter is a number of samples above 0; got ${deadAfter}.`);
  }
  if (l0 > 0 && model.activation.activeCount === undefined) {
    throw new SaenoError(
      "training.options",
      `The l0 penalty moves learned thresholds, and the activation "${model.activation.kind}" has none: use jumprelu, or map-sparsity with thresholds.`,
    );
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
