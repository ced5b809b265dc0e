import {
  keep,
  type Rank,
  type Tensor,
  type TensorContainerObject,
  tidy,
  type Variable,
  variable,
} from "@tensorflow/tfjs-core";

/**
 * What a parameter is for. Training and metrics rely on it, never on a name:
 *
 * - `atoms`: a row (first axis) for each concept of the dictionary, its Euclidean norm the L2 norm of the atom; held at unit norm;
 * - `shape`: any other tensor that atoms are made of, with a row for each concept if it has as many rows as there are concepts; after a step the
 *   dictionary brings its atoms back to unit norm;
 * - `encoder atoms`: the same of an encoder's own dictionary, of any norm;
 * - `encoder bias`: a number for each concept, added to pre-codes; starts at zero, moves in units of active codes;
 * - `decoder bias`: a number for each channel; starts at zero, moves in units of the data;
 * - `gain`, `threshold`, `matrix`: scalars, learned thresholds, matrices of a lifting;
 * - `statistic`: measured, not trained.
 */
export type ParameterRole =
  | "atoms"
  | "shape"
  | "encoder atoms"
  | "encoder bias"
  | "decoder bias"
  | "gain"
  | "threshold"
  | "matrix"
  | "statistic";

/** A tensor that belongs to a model, by the name it has in a file. */
export interface Parameter {
  readonly name: string;
  readonly variable: Variable;
  readonly role: ParameterRole;
  /** Held fixed in training, but saved with the model. Default: whether it is a statistic. */
  readonly frozen?: boolean;
  /** The size that steps of its entries are relative to; default how large they are (specification: Training). */
  readonly entrySize?: number;
  /**
   * Whether the entries of a row are coefficients in an arbitrary basis, such as Fourier coefficients: an optimizer's step should then be the same in any
   * other orthonormal basis. Default false.
   */
  readonly anyBasis?: boolean;
}

/** Whether a parameter is held fixed in training. */
export function isFrozen({ role, frozen = role === "statistic" }: Parameter): boolean {
  return frozen;
}

/** A variable that takes over a tensor's values and outlives any `tidy`. */
export function trainable<R extends Rank>(values: Tensor<R>): Variable<R> {
  return keep(variable(values)) as Variable<R>;
}

/** `tidy` for any object that holds tensors among other things: it keeps those. */
export function tidied<T extends object>(work: () => T): T {
  return tidy(() => work() as T & TensorContainerObject);
}
