import type { Codes, PreCodes } from "@saeno/activations";
import type { Grid, Parameter, ThresholdKind } from "@saeno/backend";
import type { Scalar, Tensor, Tensor1D, Tensor2D, Variable } from "@tensorflow/tfjs-core";

/** A dictionary's kind and shape, as a config file holds them. */
export interface DictionaryConfig {
  readonly kind: string;
  readonly [option: string]: unknown;
}

/** `T` thresholded gradient steps on `|x - D z|^2 / 2`, all at once (specification: Encoders). */
export interface UnrolledSteps {
  readonly iterations: number;
  /** `alpha`, a scalar. */
  readonly stepSize: Scalar;
  readonly kind: ThresholdKind;
  readonly threshold: number;
}

/**
 * A dictionary of `K` concepts (specification: Dictionaries): `D` synthesizes functions from codes, its adjoint `D*` correlates.
 * Encoders and models are written against this interface; the dense, conv and fourier dictionaries differ in nothing else, and a
 * lifted one is one of them seen through `L` and `P`.
 * Tensors that methods return are owned by the caller. All but `normalize` and `dispose` are differentiable.
 */
export interface Dictionary {
  readonly kind: string;
  readonly conceptCount: number;
  readonly channels: number;
  /** The trained tensor of atoms, first axis concepts: the Euclidean norm of a row is the L2 norm of the atom. */
  readonly parameter: Variable;
  /** The name of `parameter` in files. */
  readonly parameterName: string;
  /** What it has beside `parameter`, under the names of a file. Absent where there is nothing. */
  readonly extraParameters?: readonly Parameter[];
  /** `D z`: codes to `[B, ...N, C]`. */
  synthesize(codes: Codes): Tensor;
  /** `D* x`: `[B, ...N, C]` to `[B, ...N, K]`. */
  correlate(x: Tensor): Tensor;
  /** `D* x + bias`, as pre-codes: what is asked of them is all that is computed. Run inside a `tidy`. */
  preCodes(x: Tensor, bias?: Tensor1D): PreCodes;
  /** An unrolled encoder's steps in one operation; absent where the kind has nothing faster than one by one. Run inside a `tidy`. */
  unrolledCodes?(x: Tensor, steps: UnrolledSteps): Codes;
  /**
   * The spatial form of every concept, `[K, ...grid, C]`, the origin at index 0 and the rest wrapped around it.
   * Without a grid the natural one: the kernel itself, centered; the smallest grid that holds the modes; for dense the vector `[K, n]`.
   */
  atoms(grid?: Grid): Tensor;
  /** The norm of each row of `parameter`, `[K]`: 1 for a normalized dictionary. */
  norms(): Tensor1D;
  /** Scales every atom to unit norm (and projects it on what the kind can express). */
  normalize(): void;
  /**
   * Rows of `parameter` for atoms that resemble functions: `[m, ...N, C]`, their center at index 0, to `[m, ...]`, not normalized.
   * What the kind cannot express (beyond the kernel, above the modes) is left out.
   */
  rowsOf(functions: Tensor): Tensor;
  /** Replaces every atom d by `A d`, pointwise, A `[C, C]`, in place. Absent where that is not the same kind any more (lifted). */
  mapChannels?(matrix: Tensor2D): void;
  /** @throws SaenoError when samples on this grid cannot be represented. */
  checkGrid(grid: Grid): void;
  /** A second dictionary of the same kind and values, with a parameter of its own: the start of an untied encoder. */
  copy(): Dictionary;
  toConfig(): DictionaryConfig;
  dispose(): void;
}
