import type { Parameter } from "@saeno/core";
import type { Tensor } from "@tensorflow/tfjs-core";

/** A parameter under training. */
export interface TrainedParameter extends Parameter {
  /** How large its entries typically are: their root mean square at the start. */
  readonly entrySize: number;
  /** What is held at unit norm: nothing, each of its rows, or the atoms that it is a part of. */
  readonly constraint: "none" | "unit rows" | "unit atoms";
}

/** Moves parameters against their gradients. Its state is tensors, by name, so that a run can be continued. */
export interface Optimizer {
  readonly name: string;
  /**
   * Whether a step also keeps rows of parameters with the constraint `unit rows` at unit norm (specification: Training): no step along a unit atom, norm one
   * afterwards. Training does both around the step of an optimizer that does not.
   */
  readonly keepsUnitAtoms?: boolean;
  /** One step. Gradients are in the order of the parameters and stay the caller's. */
  step(parameters: readonly TrainedParameter[], gradients: readonly Tensor[], learningRate: number): void;
  /** Forgets what it knows of some rows (first axis) of a parameter, which have been replaced. */
  forgetRows?(name: string, rows: readonly number[]): void;
  /** What the optimizer remembers, by parameter and name; its own tensors, not copies. */
  state(): Readonly<Record<string, Tensor>>;
  dispose(): void;
}
