import { detach, type Parameter, trainable } from "@saeno/backend";
import { add, greater, mul, scalar, type Tensor, tidy, where } from "@tensorflow/tfjs-core";

/** Share of the newest value in the running mean: that of about the last forty batches. */
const rate = 0.05;

/** The running mean of the smallest value that a batch's budget kept: the threshold at inference. Saved with the model, not trained. */
export interface RunningThreshold {
  readonly parameter: Parameter;
  /** Takes in the smallest kept value of a batch, a scalar. */
  update(smallest: Tensor): void;
  dispose(): void;
}

export function runningThreshold(name: string): RunningThreshold {
  const variable = tidy(() => trainable(scalar(0)));
  return {
    parameter: { name, variable, role: "statistic" },
    update: (smallest) =>
      tidy(() => {
        const mean = add(mul(detach(variable), 1 - rate), mul(detach(smallest), rate));
        variable.assign(where(greater(detach(variable), 0), mean, detach(smallest)));
      }),
    dispose: () => variable.dispose(),
  };
}
