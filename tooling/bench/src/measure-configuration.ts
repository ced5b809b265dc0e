import { disposeCodes } from "@saeno/activations";
import { createRandom, sizeOf } from "@saeno/backend";
import { type SparseAutoencoder, saeCnn, saeFno, saeMlp } from "@saeno/core";
import { adam, prepareTraining, trainStep } from "@saeno/training";
import { reshape, slice, type Tensor, tensor, tidy } from "@tensorflow/tfjs-core";
import type { Configuration } from "./configurations.ts";
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
    const train = await timeRepeatedly(async () => {
      const { loss, codes } = trainStep({ model, parameters, x, optimizer, learningRate });
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

/** The model of a configuration, the same every time. */
export function buildModel(configuration: Configuration): SparseAutoencoder {
  if (configuration.kind === "mlp") return saeMlp(configuration);
  const maps = { ...configuration, domain: { count: configuration.count } };
  switch (maps.kind) {
    case "cnn":
      return saeCnn({ ...maps, padding: "zero" });
    case "fno":
      return saeFno(maps);
    default:
      throw maps satisfies never;
  }
}

/** A batch of normal random numbers, the same every time. */
export function randomBatch(configuration: Configuration): Tensor {
  const { kind, batch } = configuration;
  const shape = kind === "mlp" ? [batch, configuration.inputs] : [batch, ...configuration.grid, configuration.channels];
  return tensor(createRandom(0).split("data").normals(sizeOf(shape)), shape);
}
