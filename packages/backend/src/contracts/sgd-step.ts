import { add, div, mul, reshape, sqrt, square, sub, sum, type Tensor } from "@tensorflow/tfjs-core";
import { type Contract, defineContract } from "../contract.ts";
import { sizeOf } from "../spectrum.ts";

export interface SgdStepAttributes {
  readonly rate: number;
  /** In [0, 1). */
  readonly momentum: number;
  /** Rows (first axis) are unit vectors: the gradient loses its component along each row, and rows are normalized after the step. */
  readonly unitRows: boolean;
  /** The caller no longer needs the values of parameter and velocity: a backend may write the results over them. */
  readonly inPlace?: boolean;
}

/**
 * One step of gradient descent with momentum mu, all tensors of one shape `[K, ..]`: `v <- mu v + g`, `p <- p - rate v`.
 * Cost: 4 operations per entry (8 for unit rows) and, in place, 20 bytes.
 */
export const sgdStep: Contract<"parameter" | "gradient" | "velocity", "parameter" | "velocity", SgdStepAttributes> =
  defineContract({
    name: "SaenoSgdStep",
    inputs: ["parameter", "gradient", "velocity"],
    outputs: ["parameter", "velocity"],
    composite(inputs, { rate, momentum, unitRows }) {
      const { shape } = inputs.parameter;
      const rows = (x: Tensor) => reshape(x, [shape[0] ?? 1, sizeOf(shape.slice(1))]);
      const before = rows(inputs.parameter);
      const along = sum(mul(rows(inputs.gradient), before), 1, true);
      const gradient = unitRows ? sub(rows(inputs.gradient), mul(along, before)) : rows(inputs.gradient);
      const velocity = add(mul(rows(inputs.velocity), momentum), gradient);
      const moved = sub(before, mul(velocity, rate));
      const after = unitRows ? div(moved, add(sqrt(sum(square(moved), 1, true)), 1e-12)) : moved;
      return { parameter: reshape(after, shape), velocity: reshape(velocity, shape) };
    },
  });
