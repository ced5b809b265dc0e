import { disposeCodes } from "@saeno/activations";
import { breathe, createRandom, rangeOf, relativeNorm, SaenoError } from "@saeno/backend";
import type { Loss, SparseAutoencoder } from "@saeno/core";
import { batches, type Dataset } from "@saeno/datasets";
import { type Scalar, tensor } from "@tensorflow/tfjs-core";
import { type ConceptUsage, conceptLoads, conceptUsage, encoderBias, recallBiases } from "./concept-usage.ts";
import { type DataStatistics, dataStatistics, type NormalizationKind } from "./data-statistics.ts";
import type { Extension, Training, TrainingStep } from "./extension.ts";
import { usualExtensions } from "./extension-components.ts";
import { adam } from "./optimizers/adam.ts";
import type { Optimizer, TrainedParameter } from "./optimizers/optimizer.ts";
import { type PenaltyWatch, penaltyWatch } from "./penalty-watch.ts";
import { type Measured, measured, type PrepareOptions, trainedParameters } from "./prepare-training.ts";
import { linear, type Schedule } from "./schedules.ts";
import { trainStep } from "./train-step.ts";
import { joinStates, stateNumber, stateOf, type TrainingState } from "./training-state.ts";

/** What is known after a step about its batch, and what extensions record. */
export interface StepRecord {
  /** 1 for the first step. */
  readonly step: number;
  /** Mean squared error over all entries, after normalization; or what a custom loss gives. Without penalties. */
  readonly loss: number;
  /** `||x - x_hat|| / ||x||`, after normalization. With a custom loss, `sqrt(loss / mean x^2)`. */
  readonly relativeError: number;
  readonly learningRate: number;
  /** How many different concepts were active somewhere in the batch. */
  readonly activeConcepts: number;
  /** How many concepts are dead: active in none of the last `deadAfter` samples (specification: Training). */
  readonly deadConcepts: number;
  readonly deadAfter: number;
  /** Since training began. */
  readonly seconds: number;
  readonly [recorded: string]: number | undefined;
}

export type OnStep = (record: StepRecord, state: () => Promise<TrainingState>) => void | Promise<void>;

/** How far the encoder's bias of a concept out of use moves toward the others' after a batch, where an extension wants it back. */
const recallShare = 0.1;

export interface TrainOptions extends PrepareOptions {
  readonly model: SparseAutoencoder;
  readonly dataset: Dataset;
  readonly steps: number;
  readonly batchSize: number;
  readonly learningRate: number;
  /** Default `adam()`. One that is given stays the caller's. */
  readonly optimizer?: Optimizer;
  /** Default `linear()`. */
  readonly schedule?: Schedule;
  /** Order of the samples, and whatever extensions draw. Default 0. */
  readonly seed?: number;
  /** The measure of the reconstruction, from a forward pass. Default the mean squared error. */
  readonly loss?: Loss;
  /** What is done around the steps, in this order. Default `usualExtensions(model)`. Those that are given stay the caller's. */
  readonly extensions?: readonly Extension[];
  /** How a model that normalizes its inputs does so; computed from the dataset before the first step. Default `channel`. */
  readonly normalization?: NormalizationKind;
  /** A state of a training of the same model with the same options, to continue from. The model must have the weights that it had then. */
  readonly from?: TrainingState;
  /** Called after every step, awaited. The state of the training is available on request, unless it has diverged. */
  readonly onStep?: OnStep;
  /** Called after the last step that was made, awaited, even if some were not made. */
  readonly onEnd?: OnStep;
  /** Told what looks wrong and what to do about it, while training goes on. Default: the console. */
  readonly onWarning?: (warning: string) => void;
  /** Ends training after the current step. */
  readonly signal?: AbortSignal;
}

/**
 * Trains a model in place (specification: Training): the loss, the optimizer's step on gradients without their component along
 * unit atoms, atoms back to unit norm. Batches are put on the device one at a time. The encoder's gain is fitted on the
 * first batch. The same model, data, options and seed give the same numbers on the same backend.
 *
 * @returns one record for each step.
 * @throws SaenoError `training.options` for options that are out of range or would do nothing; `training.scale` for data of a size that float32 cannot
 *   train on; `training.diverged` when the loss, or at the end a weight, is not finite, or when the error has grown beyond all measure; `training.state` for
 *   a state of another training.
 */
export async function train(options: TrainOptions): Promise<StepRecord[]> {
  checkOptions(options);
  const { model, dataset, steps, batchSize, learningRate, seed = 0, from, onStep, signal } = options;
  const factorAt = (options.schedule ?? linear())(steps);
  const optimizer = options.optimizer ?? adam();
  const extensions = options.extensions ?? usualExtensions(model);
  const usage = conceptUsage(model.dictionary.conceptCount, Math.max(300, 6 * batchSize));
  const { onWarning: warn = console.warn } = options;
  const training: Training = { model, dataset, optimizer, steps, batchSize, learningRate, seed, usage, warn };
  const penalties = penaltyWatch(extensions);
  const recalling = extensions.some(({ recalls }) => recalls !== undefined);
  const records: StepRecord[] = [];
  try {
    for (const extension of extensions) await extension.prepare?.(training);
    const statistics = model.isNormalized
      ? await dataStatistics(dataset, options.normalization ?? "channel")
      : undefined;
    if (statistics !== undefined) {
      model.setNormalization(statistics);
      if (statistics.constant.length > 0) warn(constantWarning(dataset, statistics.constant));
    }
    let found = from && restore(from, { model, optimizer, extensions, usage, penalties });
    let parameters: TrainedParameter[] | undefined;
    let made = from === undefined ? 0 : stateNumber(from, "loop.step");
    let end: (() => void | Promise<void>) | undefined;
    const started = performance.now() - 1000 * (from === undefined ? 0 : stateNumber(from, "loop.seconds"));
    const seconds = () => (performance.now() - started) / 1000;
    const order = {
      shuffle: true,
      seed: createRandom(seed)
        .split("batches")
        .integer(2 ** 31),
    };
    for await (const batch of batches(dataset, {
      ...order,
      batchSize,
      start: made,
      epochs: Number.POSITIVE_INFINITY,
      dropLast: true,
    })) {
      if (made >= steps || signal?.aborted) break;
      const x = tensor(batch.values, [...batch.shape]);
      try {
        if (found === undefined && rangeOf(batch.values).magnitude === 0)
          warn("All values of the first batch are zero, so no sizes can be measured on it: is the data constant?");
        found ??= measured(model, x, options);
        parameters ??= trainedParameters(model, found, options);
        const step: TrainingStep = { ...training, step: made + 1, x, factor: factorAt(made) };
        const rate = learningRate * step.factor;
        const { loss, codes } = trainStep({
          model,
          parameters,
          x,
          optimizer,
          learningRate: rate,
          penalties: await penalties.of(step, parameters),
          ...(options.loss === undefined ? {} : { loss: options.loss }),
        });
        // Asked for together: a GPU answers in one turn.
        const [loads, value, biases] = await Promise.all([
          conceptLoads(codes),
          finiteLoss(loss, step, batch.values),
          recalling ? encoderBias(model)?.data<"float32">() : undefined,
        ]).finally(() => disposeCodes(codes));
        usage.update(loads, batchSize);
        const recalled = extensions.flatMap((extension) => extension.recalls?.(step) ?? []);
        await recallBiases(model, recalled, recallShare, biases);
        const record = {
          step: step.step,
          loss: value,
          relativeError: relativeError(value, batch.values, statistics),
          learningRate: rate,
          activeConcepts: usage.loads.reduce((count, samples) => count + (samples > 0 ? 1 : 0), 0),
          deadConcepts: usage.dead().length,
          deadAfter: usage.deadAfter,
          seconds: seconds(),
        };
        for (const extension of extensions) await extension.afterStep?.(step);
        for (const extension of extensions) Object.assign(record, await extension.record?.(step));
        made++;
        records.push(record);
        const start = found;
        const state = async () => {
          await checkWeights(model, made, learningRate);
          return stateAfter(record, start, { model, optimizer, extensions, usage, penalties });
        };
        await onStep?.(record, state);
        end = () => options.onEnd?.(record, state);
      } finally {
        x.dispose();
      }
      await breathe();
    }
    penalties.end(training);
    await checkWeights(model, made, learningRate);
    checkError(records, training);
    await end?.();
  } finally {
    if (options.optimizer === undefined) optimizer.dispose();
    if (options.extensions === undefined) for (const extension of extensions) extension.dispose?.();
  }
  return records;
}

interface Parts {
  readonly model: SparseAutoencoder;
  readonly optimizer: Optimizer;
  readonly extensions: readonly Extension[];
  readonly usage: ConceptUsage;
  readonly penalties: PenaltyWatch;
}

async function stateAfter(
  { step, seconds }: StepRecord,
  { entrySizes, gradientUnit }: Measured,
  { model, optimizer, extensions, usage, penalties }: Parts,
): Promise<TrainingState> {
  const remembered = extensions.map(
    async (extension) => [`extension ${extension.name}`, await extension.state?.()] as const,
  );
  return joinStates({
    loop: { tensors: {}, values: { step, seconds, idle: [...usage.idle], gradientUnit } },
    entrySize: { tensors: {}, values: Object.fromEntries(entrySizes) },
    activation: { tensors: {}, values: model.activation.measured?.values() ?? {} },
    watched: { tensors: {}, values: penalties.state() },
    optimizer: await optimizer.state(),
    ...Object.fromEntries((await Promise.all(remembered)).flatMap(([name, state]) => (state ? [[name, state]] : []))),
  });
}

function restore(from: TrainingState, { model, optimizer, extensions, usage, penalties }: Parts): Measured {
  const { idle } = stateOf(from, "loop").values;
  if (!Array.isArray(idle) || idle.length !== usage.idle.length) {
    throw new SaenoError("training.state", `This is not the state of a training with ${usage.idle.length} concepts.`, {
      kind: "data",
    });
  }
  usage.idle.set(idle);
  model.activation.measured?.restore(numbersOf(stateOf(from, "activation")));
  penalties.restore(stateOf(from, "watched").values);
  optimizer.restore(stateOf(from, "optimizer"));
  for (const extension of extensions) extension.restore?.(stateOf(from, `extension ${extension.name}`));
  return {
    entrySizes: new Map(Object.entries(numbersOf(stateOf(from, "entrySize")))),
    gradientUnit: stateNumber(from, "loop.gradientUnit"),
  };
}

function numbersOf(state: TrainingState): Record<string, number> {
  return Object.fromEntries(Object.keys(state.values).map((name) => [name, stateNumber(state, name)]));
}

async function finiteLoss(loss: Scalar, { step, learningRate }: TrainingStep, values: Float32Array): Promise<number> {
  const [value] = await loss.data();
  loss.dispose();
  if (Number.isFinite(value)) return value;
  const { magnitude } = rangeOf(values);
  // The square of what no step has touched yet.
  if (step === 1 || magnitude > 1e15) {
    throw new SaenoError(
      "training.scale",
      `The loss is ${value} at step ${step}, and the batch holds values up to ${magnitude.toPrecision(3)}: is there an outlier in the data? Normalize it, or lower the learning rate (now ${learningRate}).`,
      { kind: "data" },
    );
  }
  throw diverged(`The loss is ${value} at step ${step}`, learningRate);
}

/** The loss is that of before an update: what the last one did shows in the weights. */
async function checkWeights(model: SparseAutoencoder, step: number, learningRate: number): Promise<void> {
  for (const { name, variable } of model.parameters()) {
    const values = await variable.data();
    if (!values.every(Number.isFinite)) throw diverged(`"${name}" is not finite after step ${step}`, learningRate);
  }
}

/** A relative error beyond which a reconstruction has nothing to do with the data: that of zero is 1. */
const absurdError = 100;

/** A loss of one's own may be of any size: then only growth tells. */
function checkError(records: readonly StepRecord[], { learningRate, warn }: Training): void {
  const [first, last] = [records[0], records[records.length - 1]];
  if (last === undefined) return;
  const error = last.relativeError.toPrecision(3);
  if (last.relativeError <= absurdError) {
    if (last.relativeError > 2 * first.relativeError && last.relativeError > 1) warn(worseWarning(error, first));
    return;
  }
  if (last.relativeError > 10 * first.relativeError)
    throw diverged(
      `The relative error is ${error} at step ${last.step}, where it was ${first.relativeError.toPrecision(3)}`,
      learningRate,
    );
  warn(
    `The relative error is ${error} after the last step; that of no reconstruction at all is 1. Check the data and the learning rate (now ${learningRate}).`,
  );
}

function worseWarning(error: string, first: StepRecord): string {
  return `The relative error is ${error} after the last step, far more than the ${first.relativeError.toPrecision(3)} of step ${first.step}: training made the model worse. Lower the learning rate.`;
}

function diverged(what: string, learningRate: number): SaenoError {
  return new SaenoError(
    "training.diverged",
    `${what}: training diverged. Lower the learning rate (now ${learningRate}) or add a warm-up.`,
    { kind: "data" },
  );
}

/** By the mean squared error of a batch; inside of a normalization. */
function relativeError(loss: number, values: Float32Array, statistics: DataStatistics | undefined): number {
  let squares = 0;
  // Every number of a batch, in every step: by index.
  if (statistics === undefined) {
    for (let i = 0; i < values.length; i++) squares += values[i] * values[i];
  } else {
    const { mean, scale } = statistics;
    for (let i = 0, c = 0; i < values.length; i++, c = c + 1 === mean.length ? 0 : c + 1) {
      const value = (values[i] - mean[c]) / scale[c];
      squares += value * value;
    }
  }
  return relativeNorm(loss, squares / values.length);
}

/** What a channel without any change means for training. */
function constantWarning({ grid, channels }: Dataset, constant: readonly number[]): string {
  const what = grid.length > 0 ? "channels" : "coordinates";
  const shown = constant.slice(0, 8).join(", ");
  const rest = constant.length > 8 ? `, and ${constant.length - 8} more` : "";
  return `${constant.length} of ${channels} ${what} of the data never change (${shown}${rest}): normalized, they are zero.`;
}

function checkOptions(options: TrainOptions): void {
  const { model, dataset, steps, batchSize, learningRate, normalization, extensions = [] } = options;
  const { channels } = model.dictionary;
  const names = extensions.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  const problem =
    Object.entries({ steps, batchSize })
      .filter(([, value]) => !Number.isInteger(value) || value < 1)
      .map(([name, value]) => `${name} must be a whole number of at least 1; got ${value}.`)[0] ??
    (!(learningRate > 0 && Number.isFinite(learningRate))
      ? `learningRate must be a positive number; got ${learningRate}.`
      : twice !== undefined
        ? `There are two extensions "${twice}": give each once.`
        : normalization !== undefined && !model.isNormalized
          ? `normalization "${normalization}" does nothing: this model does not normalize its inputs. Make it with normalized: true.`
          : dataset.size < batchSize
            ? `The dataset "${dataset.name}" has ${dataset.size} samples, fewer than a batch of ${batchSize}: lower the batch size or use more data.`
            : undefined);
  if (problem !== undefined) throw new SaenoError("training.options", problem);
  model.dictionary.checkGrid(dataset.grid);
  if (dataset.channels !== channels) {
    throw new SaenoError(
      "training.options",
      `The dataset "${dataset.name}" has ${dataset.channels} channels, and the model takes ${channels}.`,
    );
  }
}
