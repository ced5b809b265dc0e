import { keep, type Tensor, type Variable, variable } from "@tensorflow/tfjs-core";

/** A tensor that belongs to a model, by the name it has in a file. */
export interface Parameter {
  readonly name: string;
  readonly variable: Variable;
  /** Whether its rows (first axis) are atoms, held at unit norm during training. */
  readonly atoms: boolean;
  /** Not trained: a matrix held fixed, or a statistic of the data. Saved with the model all the same. Default false. */
  readonly frozen?: boolean;
}

/** A variable that takes over a tensor's values and outlives any `tidy`. */
export function trainable(values: Tensor): Variable {
  return keep(variable(values)) as Variable;
}
