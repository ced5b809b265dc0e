import type { Parameter } from "@saeno/core";
import type { Tensor } from "@tensorflow/tfjs-core";

/** Moves parameters against their gradients. Its state is tensors, by name, so that a run can be continued. */
export interface Optimizer {
  readonly name: string;
  /** One step. Gradients are in the order of the parameters and stay the caller's. */
  step(parameters: readonly Parameter[], gradients: readonly Tensor[], learningRate: number): void;
  /** What the optimiser remembers, by parameter and name; its own tensors, not copies. */
  state(): Readonly<Record<string, Tensor>>;
  dispose(): void;
}
