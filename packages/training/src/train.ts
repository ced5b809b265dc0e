import type { Codes } from "@saeno/activations";
import { createRandom, detach, SaenoError, sizeOf } from "@saeno/backend";
import { meanSquaredError, type SparseAutoencoder, withoutParallel } from "@saeno/core";
import { batches, type Dataset } from "@saeno/datasets";
import {
  cast,
  keep,
  mean,
  notEqual,
  reshape,
  type Scalar,
  square,
  type Tensor,
  type Tensor1D,
  tensor,
  tidy,
  variableGrads,
} from "@tensorflow/tfjs-core";
import { activeConcepts } from "./active-concepts.ts";
import { adam } from "./adam.ts";
import type { Optimizer, TrainedParameter } from "./optimizer.ts";
import { type ScheduleName, schedule } from "./schedule.ts";

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
        if (step === 0) {
          prepare(model, x, options.decoderBias);
          parameters = measureEntries(model, x);
        }
        const { loss, codes } = descend(model, parameters, x, optimizer, learningRate * rate(step));
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

/** The decoder's bias and the encoder's gain, from the first batch. */
function prepare(model: SparseAutoencoder, x: Tensor, decoderBias?: "mean" | "zero"): void {
  const start = decoderBias ?? (model.dictionary.kind === "dense" ? "mean" : "zero");
  if (start === "mean") {
    tidy(() => model.setDecoderBias(mean(reshape(x, [-1, model.dictionary.channels]), 0) as Tensor1D));
  }
  model.fitGain(x);
}

/** The typical size of each parameter's entries. Biases start at zero: theirs is that of what they are added to. */
function measureEntries(model: SparseAutoencoder, x: Tensor): TrainedParameter[] {
  return tidy(() => {
    const size = (values: Tensor) => Math.sqrt(mean(square(values)).dataSync()[0] as number);
    const codes = model.encode(x).values;
    const share = mean(cast(notEqual(codes, 0), "float32")).dataSync()[0] as number;
    const activeSize = share > 0 ? size(codes) / Math.sqrt(share) : 1;
    return model.parameters().map((parameter) => {
      const own = size(parameter.variable);
      const added = parameter.name === "decoder.bias" ? size(x) : parameter.name === "encoder.bias" ? activeSize : 1;
      return { ...parameter, entrySize: parameter.name.endsWith(".bias") || own === 0 ? added || 1 : own };
    });
  });
}

/** One step. Returns the loss and codes of the batch before it, to be disposed. */
function descend(
  model: SparseAutoencoder,
  parameters: readonly TrainedParameter[],
  x: Tensor,
  optimizer: Optimizer,
  learningRate: number,
): { loss: Scalar; codes: Codes } {
  let codes: Codes | undefined;
  const result = tidy(() => {
    const { value, grads } = variableGrads(
      () => {
        const forward = model.forward(x);
        codes = kept(forward.codes);
        return meanSquaredError(x, forward.reconstruction);
      },
      parameters.map(({ variable }) => variable),
    );
    const gradients = parameters.map(({ variable, atoms }) => {
      const gradient = grads[variable.name] as Tensor;
      return atoms ? withoutParallel(gradient, variable) : gradient;
    });
    optimizer.step(parameters, gradients, learningRate);
    model.dictionary.normalize();
    return value;
  });
  return { loss: result, codes: codes as Codes };
}

/** Codes that outlive the gradient's scope. */
function kept(codes: Codes): Codes {
  const hold = <T extends Tensor>(x: T): T => keep(detach(x));
  if (codes.kind === "dense") return { kind: "dense", values: hold(codes.values) };
  return { ...codes, concepts: hold(codes.concepts), positions: hold(codes.positions), values: hold(codes.values) };
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
  for (const x of codes.kind === "dense" ? [codes.values] : [codes.concepts, codes.positions, codes.values])
    x.dispose();
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
  return new Promise((resolve) => setTimeout(resolve));
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
