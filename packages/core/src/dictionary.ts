import type { Codes, PreCodes } from "@saeno/activations";
import type { ComponentConfig, Grid, Modes, Parameter, ThresholdKind } from "@saeno/backend";
import type { Scalar, Tensor, Tensor1D, Tensor2D } from "@tensorflow/tfjs-core";

/** A dictionary's kind and shape, as a config file holds them. */
export type DictionaryConfig = ComponentConfig;

export interface AtomsOptions {
  /** Default the natural one: that of a kernel; the smallest that holds the modes. */
  readonly grid?: Grid;
  /**
   * Where on the grid an atom's origin is: in the `center`, at index `floor(N / 2)` of each axis (default), or in the `corner`, at index 0, with what comes
   * before it wrapped around. Only atoms that maps move have an origin.
   */
  readonly origin?: "center" | "corner";
}

export interface AssignOptions {
  /** Which atoms; default all of them. */
  readonly concepts?: readonly number[];
  /** The norms that they get: 1 (`unit`, default), that of the function (`given`), or, for a number, the norm the atom had times that. */
  readonly norm?: "unit" | "given" | { readonly kept: number };
  /** Whether values far from the origin may be left out, so that atoms without a support of their own are local. Default false. */
  readonly localized?: boolean;
}

/** `T` thresholded gradient steps on `|x - D z|^2 / 2`, all at once (specification: Encoders). */
export interface UnrolledSteps {
  readonly iterations: number;
  /** `alpha`, a scalar. */
  readonly stepSize: Scalar;
  /** Whether it is held: nobody asks for its gradient. Default false. */
  readonly heldStep?: boolean;
  readonly kind: ThresholdKind;
  readonly threshold: number;
  /** What is taken off x first, `[C]`; nothing by default. */
  readonly center?: Tensor;
}

export interface UnrolledCodes {
  readonly codes: Codes;
  /** `D z + shift` of these codes, shift `[C]`; absent where `synthesizeShifted` costs no more. */
  synthesizeShifted?(shift: Tensor): Tensor;
}

/** Fourier coefficients of atoms, the same on every grid: `D_kc(w)`, parts `[K, C, ...M]` (specification: Fourier coefficients). */
export interface Spectra {
  readonly modes: Modes;
  readonly re: Tensor;
  readonly im: Tensor;
}

/**
 * A dictionary of `K` concepts (specification: Dictionaries): `D` synthesizes functions from codes, its adjoint `D*` correlates. Encoders, training,
 * metrics and reports use only this interface: what differs between kinds is a member, and no code asks for the kind. Tensors that methods return are owned
 * by the caller. All but `normalize`, `scale`, `assign` and `dispose` are differentiable.
 */
export interface Dictionary {
  readonly kind: string;
  /** What a model with it is called, such as `SAE-FNO`. */
  readonly label: string;
  /** What samples are: vectors `[B, n]`, or functions on a grid `[B, ...N, C]`. */
  readonly domain: "vectors" | "functions";
  /** What the code of a concept is: a number `[B, K]`, or a map on the grid `[B, ...N, K]`. */
  readonly codes: "scalar" | "maps";
  /**
   * Whether each point counts as a sample of its own: encoders and activations then get points, `[B |N|, C]`, and choose scalar codes for each. Default
   * false.
   */
  readonly codesByPoint?: boolean;
  /** Whether moving a map on the torus moves what it synthesizes by the same. Absent if it does not, or if codes are scalar. */
  readonly movesWithMaps?: boolean;
  readonly conceptCount: number;
  /** `C`; for vectors, their length. */
  readonly channels: number;
  /** Its own tensors. A model's file has them as `dictionary.NAME`; those of an encoder's own copy as `encoder.NAME`. */
  readonly parameters: readonly Parameter[];
  /** Tensors that it shares with its copies, by their names in a file. Absent if there are none. */
  readonly sharedParameters?: readonly Parameter[];
  /** The non-negative frequencies on each axis that atoms on a grid can have, fewer on a coarse one; absent if nothing limits them. */
  bandLimit?(grid: Grid): Modes;
  /** Its atoms' coefficients, if synthesis multiplies spectra of maps by them. The caller disposes of both. */
  spectra?(): Spectra;
  /** `D z`: codes to `[B, ...grid, C]`. If codes are maps, the grid may be left out: it is theirs. */
  synthesize(codes: Codes, grid?: Grid): Tensor;
  /** `D z + shift`, shift `[C]`; absent if that is not cheaper than the two apart. */
  synthesizeShifted?(codes: Codes, shift: Tensor): Tensor;
  /**
   * `D z` of some of its concepts (int32, `[m]`), which codes number from 0 to m - 1, at the cost of these. Absent if all concepts together cost no more.
   */
  synthesizeAmong?(concepts: Tensor1D, codes: Codes, grid?: Grid): Tensor;
  /**
   * `D* x`: `[B, ...N, C]` to `[B, ...N, K]`, or `[B, K]` for scalar codes: then by L2 inner products, means over the grid, so that codes do not depend on
   * it.
   */
  correlate(x: Tensor): Tensor;
  /** `D* x + bias`, as pre-codes, which compute only what is asked of them. Run inside a `tidy`. */
  preCodes(x: Tensor, bias?: Tensor1D): PreCodes;
  /** `D* (x - center) + bias`, center `[C]`; absent if that is not cheaper than the two apart. Run inside a `tidy`. */
  centeredPreCodes?(x: Tensor, center: Tensor, bias: Tensor1D): PreCodes;
  /** An unrolled encoder's steps in one operation; absent if the kind has nothing faster than one by one. Run inside a `tidy`. */
  unrolledCodes?(x: Tensor, steps: UnrolledSteps): UnrolledCodes;
  /** The spatial form of every concept, `[K, ...grid, C]`; for vectors, `[K, n]`. */
  atoms(options?: AtomsOptions): Tensor;
  /** The squared L2 norm of each atom, `[K]`. */
  squaredNorms(): Tensor1D;
  /**
   * How far each atom spreads from its origin, `[K]` (specification: Training, locality): the mean of `w(u) |d_k(u)|^2` with
   * `w(u) = sum_j sin^2(pi u_j)` as a share of the mean of `|d_k|^2` at unit norm; 0 for a point at the origin, `d / 2` for noise.
   * Absent if atoms have no origin.
   *
   * @param grid of the samples: how much of the domain a kernel covers.
   */
  locality?(grid: Grid): Tensor1D;
  /** Brings every atom to unit norm (and projects it on what the kind can express). */
  normalize(): void;
  /** Multiplies every atom by a number. */
  scale(factor: number): void;
  /**
   * Turns functions `[m, ...N, C]`, with their origin in the corner, into atoms, one for each concept, in place. What the kind cannot express (beyond a
   * kernel, above the modes) is left out.
   */
  assign(functions: Tensor, options?: AssignOptions): void;
  /** Replaces every atom d by `A d`, pointwise, A `[C, C]`, in place. Absent if the kind cannot express that (lifted). */
  mapChannels?(matrix: Tensor2D): void;
  /**
   * @param options.truncated whether atoms may lose what the grid is too coarse for: not in training, but a trained model can be used that way.
   * @throws SaenoError when samples on this grid cannot be represented.
   */
  checkGrid(grid: Grid, options?: { readonly truncated?: boolean }): void;
  /** A second dictionary of the same kind and values, with parameters of its own, such as an untied encoder starts with. */
  copy(): Dictionary;
  toConfig(): DictionaryConfig;
  dispose(): void;
}
