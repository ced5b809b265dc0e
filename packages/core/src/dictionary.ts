import type { Codes, PreCodes } from "@saeno/activations";
import type { Grid } from "@saeno/backend";
import type { Tensor, Tensor1D, Variable } from "@tensorflow/tfjs-core";

/** A dictionary's kind and shape, as a config file holds them. */
export interface DictionaryConfig {
  readonly kind: string;
  readonly [option: string]: unknown;
}

/**
 * A dictionary of `K` concepts (SPEC 3): `D` synthesises functions from codes, its adjoint `D*` correlates.
 * Encoders and models are written against this interface; the dense, conv and fourier dictionaries differ in nothing else.
 * Tensors that methods return are owned by the caller. All but `normalize` and `dispose` are differentiable.
 */
export interface Dictionary {
  readonly kind: string;
  readonly conceptCount: number;
  readonly channels: number;
  /** The one trained tensor, first axis concepts: the Euclidean norm of a row is the L2 norm of the atom. */
  readonly parameter: Variable;
  /** The name of `parameter` in files. */
  readonly parameterName: string;
  /** `D z`: codes to `[B, ...N, C]`. */
  synthesize(codes: Codes): Tensor;
  /** `D* x`: `[B, ...N, C]` to `[B, ...N, K]`. */
  correlate(x: Tensor): Tensor;
  /** `D* x + bias`, as pre-codes: what is asked of them is all that is computed. Run inside a `tidy`. */
  preCodes(x: Tensor, bias: Tensor1D): PreCodes;
  /**
   * The spatial form of every concept, `[K, ...grid, C]`, the origin at index 0 and the rest wrapped around it.
   * Without a grid the natural one: the kernel itself, centred; the smallest grid that holds the modes; for dense the vector `[K, n]`.
   */
  atoms(grid?: Grid): Tensor;
  /** The norm of each atom, `[K]`. */
  norms(): Tensor1D;
  /** Scales every atom to unit norm (and projects it on what the kind can express). */
  normalize(): void;
  /** @throws SaenoError when samples on this grid cannot be represented. */
  checkGrid(grid: Grid): void;
  /** A second dictionary of the same kind and values, with a parameter of its own: the start of an untied encoder. */
  copy(): Dictionary;
  toConfig(): DictionaryConfig;
  dispose(): void;
}
