import { disposeCodes } from "@saeno/activations";
import { createRandom, sizeOf } from "@saeno/backend";
import { auxiliaryLoss, type Loss, type SparseAutoencoder, saeCnn, saeFno, saeMlp } from "@saeno/core";
import { adam, prepareTraining, trainStep } from "@saeno/training";
import { reshape, slice, type Tensor, tensor, tidy } from "@tensorflow/tfjs-core";
import type { Configuration, UnrolledDenseConfiguration, UnrolledFourierConfiguration } from "./configurations.ts";
import { type TimingPlan, timeRepeatedly } from "./timing.ts";

const learningRate = 1e-3;

/**
 * Times, on the backend in use, whole training steps (forward, backward, Adam, atoms back to unit norm) and encode + decode
 * of one batch of random data that stays on the device. Each repeat ends when a result has been read.
 */
export async function measureConfiguration(
  configuration: Configuration,
  plan: TimingPlan,
): Promise<{ readonly train: number[]; readonly infer: number[] }> {
  const model = buildModel(configuration);
  const x = randomBatch(configuration);
  const optimizer = adam();
  try {
    const parameters = prepareTraining(model, x);
    const penalties = penaltiesOf(configuration);
    const train = await timeRepeatedly(async () => {
      const { loss, codes } = trainStep({ model, parameters, x, optimizer, learningRate, penalties });
      await loss.data();
      loss.dispose();
      disposeCodes(codes);
    }, plan);
    const infer = await timeRepeatedly(async () => {
      const first = tidy(() => slice(reshape(model.forward(x).reconstruction, [-1]), 0, 1));
      await first.data();
      first.dispose();
    }, plan);
    return { train, infer };
  } finally {
    optimizer.dispose();
    x.dispose();
    model.dispose();
  }
}

/** AuxK, with every third concept dead, where a configuration has it. */
export function penaltiesOf(configuration: Configuration): Loss[] {
  if (!("auxiliary" in configuration)) return [];
  const dead = Float32Array.from({ length: configuration.concepts }, (_, concept) => (concept % 3 === 0 ? 1 : 0));
  return [auxiliaryLoss(dead)];
}

/** The model of a configuration, the same every time. */
export function buildModel(configuration: Configuration): SparseAutoencoder {
  switch (configuration.kind) {
    case "mlp":
      return saeMlp(configuration);
    case "cnn":
      return saeCnn({ ...configuration, domain: { count: configuration.count }, padding: "zero" });
    case "fno":
      return saeFno({ ...configuration, domain: { count: configuration.count } });
    case "unrolled-mlp":
      return saeMlp({ ...configuration, ...unrolled(configuration) });
    case "unrolled-fno":
      return saeFno({ ...configuration, ...unrolled(configuration), start: "global" });
    default:
      throw configuration satisfies never;
  }
}

function unrolled({ iterations, stepSize, threshold }: UnrolledDenseConfiguration | UnrolledFourierConfiguration) {
  return {
    active: 1,
    encoder: { kind: "unrolled", iterations, stepSize },
    activation: { kind: "hard-threshold", threshold },
  };
}

/** A batch of normal random numbers, the same every time. */
export function randomBatch(configuration: Configuration): Tensor {
  const { batch } = configuration;
  const shape =
    "inputs" in configuration ? [batch, configuration.inputs] : [batch, ...configuration.grid, configuration.channels];
  const normals = createRandom(0).split("data").normals(sizeOf(shape));
  const deviation = "deviation" in configuration ? configuration.deviation : 1;
  return tensor(deviation === 1 ? normals : normals.map((value) => deviation * value), shape);
}
