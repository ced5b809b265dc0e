import { type Parameter, trainable } from "@saeno/backend";
import { add, div, mul, ones, type Rank, sub, type Tensor, type Tensor1D, tidy, zeros } from "@tensorflow/tfjs-core";

/** What a model subtracts from its input and divides it by, a number for each channel: statistics of the data, saved with the model, not trained. */
export interface Normalization {
  readonly parameters: readonly Parameter[];
  /** `(x - mean) / scale`, `[B, ...N, C]`. */
  apply(x: Tensor): Tensor;
  /** `y scale + mean`. */
  undo(y: Tensor): Tensor;
  readonly mean: Tensor1D;
  readonly scale: Tensor1D;
  dispose(): void;
}

/** Parameters `input.mean [C]` (0 at first) and `input.scale [C]` (1). */
export function normalization(channels: number): Normalization {
  const mean = tidy(() => trainable(zeros<Rank.R1>([channels])));
  const scale = tidy(() => trainable(ones<Rank.R1>([channels])));
  return {
    mean,
    scale,
    parameters: [
      { name: "input.mean", variable: mean, role: "statistic" },
      { name: "input.scale", variable: scale, role: "statistic" },
    ],
    apply: (x) => div(sub(x, mean), scale),
    undo: (y) => add(mul(y, scale), mean),
    dispose() {
      mean.dispose();
      scale.dispose();
    },
  };
}
