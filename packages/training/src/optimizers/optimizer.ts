import { type Component, defineComponent, type OptionsSchema, type ParameterRole, parseOptions } from "@saeno/backend";
import type { Parameter } from "@saeno/core";
import { keep, mul, type Tensor, tensor, tidy } from "@tensorflow/tfjs-core";
import type { InferOutput } from "valibot";
import type { TrainingState } from "../training-state.ts";

/** A parameter under training. */
export interface TrainedParameter extends Parameter {
  /** How large its entries typically are: their root mean square at the start. */
  readonly entrySize: number;
  /** The size that its gradients are compared with: 1, or less if the data is small (specification: Training). Default 1. */
  readonly gradientUnit?: number;
  /** What is held at unit norm: nothing, each of its rows, or the atoms that it is part of. */
  readonly constraint: "none" | "unit rows" | "unit atoms";
}

/** Roles of parameters with a row (first axis) for each concept, which is its atom or a part of it. */
export const conceptRows: readonly ParameterRole[] = ["atoms", "shape", "encoder atoms"];

/** Moves parameters against their gradients. */
export interface Optimizer {
  readonly name: string;
  /**
   * Whether a step also keeps rows of parameters with the constraint `unit rows` at unit norm (specification: Training): no step along a
   * unit atom, norm one afterwards. Training does both around the step of an optimizer that does not.
   */
  readonly keepsUnitAtoms?: boolean;
  /** One step. Gradients are in the order of the parameters and stay the caller's. */
  step(parameters: readonly TrainedParameter[], gradients: readonly Tensor[], learningRate: number): void;
  /** Forgets what it knows of some rows (first axis) of a parameter, which have been replaced. */
  forgetRows?(name: string, rows: readonly number[]): void;
  /** What it remembers, so that a run can be continued. */
  state(): TrainingState | Promise<TrainingState>;
  restore(state: TrainingState): void;
  dispose(): void;
}

export interface OptimizerComponent<Schema extends OptionsSchema = OptionsSchema> extends Component<Schema> {
  readonly type: "optimizer";
  create(options: InferOutput<Schema>): Optimizer;
}

/** Describes an optimizer, so that a configuration can name it; `register` makes it known. */
export function defineOptimizer<Schema extends OptionsSchema>(
  definition: Omit<OptimizerComponent<Schema>, "type">,
): OptimizerComponent<Schema> {
  return defineComponent("optimizer", definition);
}

/** @throws SaenoError `config.value` for options out of range. */
export function createOptimizer<Schema extends OptionsSchema>(
  component: OptimizerComponent<Schema>,
  options: Readonly<Record<string, unknown>>,
): Optimizer {
  return component.create(parseOptions(component, options, "optimizer"));
}

/** 0 in some rows of a tensor `[K, ..]`, else 1; broadcasts against it. Run inside a `tidy`. */
export function rowMask({ shape }: Tensor, rows: readonly number[]): Tensor {
  const mask = new Float32Array(shape[0]).fill(1);
  for (const row of rows) mask[row] = 0;
  return tensor(mask, [shape[0], ...shape.slice(1).map(() => 1)]);
}

/** A tensor with some rows (first axis) set to zero, kept; the one given is disposed. */
export function withoutRows(x: Tensor, rows: readonly number[]): Tensor {
  const result = tidy(() => keep(mul(x, rowMask(x, rows))));
  x.dispose();
  return result;
}
