import {
  abs,
  add,
  div,
  greater,
  mean,
  mul,
  reshape,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  where,
} from "@tensorflow/tfjs-core";
import { type Contract, defineContract } from "../contract.ts";
import { sizeOf } from "../spectrum.ts";

export interface AdamStepAttributes {
  /** The learning rate, with the bias corrections of both moments included. */
  readonly rate: number;
  /** Added to the root of the second moment, with its correction included. */
  readonly floor: number;
  readonly beta1: number;
  readonly beta2: number;
  /** Rows (first axis) are unit vectors: the gradient loses its component along each row, and rows are normalized after the step. */
  readonly unitRows: boolean;
  /**
   * Each row has one second moment, of its mean squared gradient, `[K, 1, ..]`: the step of a row is then the same in every orthonormal basis.
   * Default false: each entry has its own.
   */
  readonly rowMoments?: boolean;
  /** Rows whose gradient is zero stay as they are, and their moments too, as in PyTorch's SparseAdam. Default false: moments fade, and move them. */
  readonly lazy?: boolean;
  /** The caller no longer needs the values of parameter and moments: a backend may write the results over them. */
  readonly inPlace?: boolean;
}

/**
 * One step of Adam (Kingma and Ba 2015, arXiv:1412.6980), all tensors of one shape `[K, ..]`:
 * `m <- b1 m + (1 - b1) g`, `v <- b2 v + (1 - b2) g^2`, `p <- p - rate m / (sqrt(v) + floor)`; with `rowMoments` the mean of `g^2` over a row.
 * Cost: 12 operations per entry (16 for unit rows) and, in place, 28 bytes (20 with row moments).
 */
export const adamStep: Contract<
  "parameter" | "gradient" | "first" | "second",
  "parameter" | "first" | "second",
  AdamStepAttributes
> = defineContract({
  name: "SaenoAdamStep",
  inputs: ["parameter", "gradient", "first", "second"],
  outputs: ["parameter", "first", "second"],
  composite(inputs, { rate, floor, beta1, beta2, unitRows, rowMoments = false, lazy = false }) {
    const rows = (x: Tensor) => reshape(x, [x.shape[0] ?? 1, sizeOf(x.shape.slice(1))]);
    const before = rows(inputs.parameter);
    const along = sum(mul(rows(inputs.gradient), before), 1, true);
    const gradient = unitRows ? sub(rows(inputs.gradient), mul(along, before)) : rows(inputs.gradient);
    const first = add(mul(rows(inputs.first), beta1), mul(gradient, 1 - beta1));
    const squares = rowMoments ? mean(square(gradient), 1, true) : square(gradient);
    const second = add(mul(rows(inputs.second), beta2), mul(squares, 1 - beta2));
    const moved = sub(before, mul(div(first, add(sqrt(second), floor)), rate));
    const after = unitRows ? div(moved, add(sqrt(sum(square(moved), 1, true)), 1e-12)) : moved;
    const isUsed = lazy ? greater(sum(abs(rows(inputs.gradient)), 1, true), 0) : undefined;
    const chosen = (x: Tensor, old: Tensor) => reshape(isUsed ? where(isUsed, x, rows(old)) : x, old.shape);
    return {
      parameter: chosen(after, inputs.parameter),
      first: chosen(first, inputs.first),
      second: chosen(second, inputs.second),
    };
  },
});
