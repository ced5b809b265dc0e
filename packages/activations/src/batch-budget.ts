/** Budgets that the samples of a batch share: what is kept of the whole batch, and the running threshold that replaces the budget at inference. */
import { detach, gatherRows, type Parameter, scatterRows, topKRows, trainable } from "@saeno/backend";
import {
  add,
  greater,
  min,
  mul,
  onesLike,
  reshape,
  scalar,
  type Tensor,
  tidy,
  type Variable,
  where,
} from "@tensorflow/tfjs-core";

/**
 * The `count` largest entries of a whole tensor: a mask of its shape, 1 where kept, and the smallest kept value, a scalar.
 * Ties are broken by the lower index. Selection only: no gradient.
 *
 * @throws SaenoError `data.nan` for NaN.
 */
export function keepLargest(x: Tensor, count: number): { readonly mask: Tensor; readonly smallest: Tensor } {
  const row = reshape(detach(x), [1, x.size]);
  const { indices } = topKRows({ x: row }, { k: Math.min(count, x.size) });
  const { values } = gatherRows({ x: row, indices }, {});
  const mask = scatterRows({ values: onesLike(values), indices }, { size: x.size }).x;
  return { mask: reshape(mask, x.shape), smallest: min(values) };
}

/** Share of the newest value in the running mean: that of about the last forty batches. */
const rate = 0.05;

/** The running mean of the smallest value that a batch's budget kept: the threshold at inference. Saved with the model, not trained. */
export interface RunningThreshold {
  readonly parameter: Parameter;
  /** Updates it with the smallest kept value of a batch, a scalar. */
  update(smallest: Tensor): void;
  dispose(): void;
}

export function runningThreshold(name: string): RunningThreshold {
  const variable: Variable = tidy(() => trainable(scalar(0)));
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
