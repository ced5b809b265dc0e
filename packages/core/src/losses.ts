import {
  type Codes,
  densePreCodes,
  type PreCodes,
  type SampleRange,
  type SparseCodes,
  samplesOf,
} from "@saeno/activations";
import {
  type Component,
  defineComponent,
  detach,
  meanSquaredDifference,
  type OptionsSchema,
  SaenoError,
  sizeOf,
  topKRows,
} from "@saeno/backend";
import {
  abs,
  add,
  div,
  expandDims,
  gather,
  mul,
  type Rank,
  range,
  relu,
  reshape,
  type Scalar,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  type Tensor2D,
  tensor1d,
  tile,
  zeros,
} from "@tensorflow/tfjs-core";
import * as v from "valibot";
import type { Pass, SparseAutoencoder } from "./sparse-autoencoder.ts";

/** A term of the loss, computed from a forward pass; differentiable. Called inside a `tidy`. */
export type Loss = (pass: Pass, model: SparseAutoencoder) => Scalar;

/** A loss as configurations and the command line know it. */
export interface LossComponent<Schema extends OptionsSchema = OptionsSchema> extends Component<Schema> {
  readonly type: "loss";
  create(options: v.InferOutput<Schema>): Loss;
}

/** Describes a loss; `register` makes it known by its kind. */
export function defineLoss<const Schema extends OptionsSchema>(
  definition: Omit<LossComponent<Schema>, "type">,
): LossComponent<Schema> {
  return defineComponent("loss", definition);
}

export const meanSquaredErrorComponent: LossComponent = defineLoss({
  kind: "mean-squared-error",
  summary: "the mean squared difference of samples and reconstructions",
  schema: v.strictObject({}),
  create:
    () =>
    ({ input, output }) =>
      meanSquaredError(input, output),
});

/** The loss of training (specification: Training): the mean of `(x - x_hat)^2` over all entries, differentiable. */
export function meanSquaredError(x: Tensor, reconstruction: Tensor): Scalar {
  return meanSquaredDifference({ x, y: reconstruction }, {}).mean as Scalar;
}

/**
 * `coefficient * mean_b sum_k ||z_k||` (specification: Training): the L1 norm of scalar codes; for maps the group lasso, with the L2 norm over the grid.
 */
export function l1Loss(coefficient: number): Loss {
  return ({ codes }) => {
    const batch = codes.values.shape[0];
    return mul(div(sum(codeNorms(codes)), batch), coefficient) as Scalar;
  };
}

/**
 * `coefficient * mean_b #active` (specification: Training): the smooth count of an activation with learned thresholds, such as `jumpRelu`, whose
 * gradient moves the thresholds.
 *
 * @throws SaenoError `loss.l0` for an activation that counts nothing.
 */
export function l0Loss(coefficient: number): Loss {
  return ({ preCodes }, { activation }) => {
    const count = activation.activeCount?.(preCodes());
    if (count === undefined) {
      throw new SaenoError(
        "loss.l0",
        `The l0 loss moves learned thresholds; the activation "${activation.kind}" has none. Use jumprelu, or map-sparsity with thresholds.`,
      );
    }
    return mul(count, coefficient) as Scalar;
  };
}

export interface AuxiliaryOptions {
  /** Default 1/32 for scalar codes, 1 for maps (docs/dead-concepts.md). */
  readonly coefficient?: number;
  /** Dead concepts used per sample, at most. Default: for scalar codes, half the length of a sample; for maps, as many as are active. */
  readonly concepts?: number;
  /**
   * Takes one of `of` parts of a batch that are as equal as can be, each with at least one sample: the loss is the mean over that part. `index` is 0 for the
   * first part; beyond the last it starts over, so that the number of a step does. Default: the whole batch.
   */
  readonly part?: { readonly index: number; readonly of: number };
}

/**
 * AuxK (Gao et al. 2025, arXiv:2406.04093): `coefficient * mean (e - D z_aux)^2`, with e the error of the reconstruction, held fixed, and z_aux the largest
 * codes among dead concepts, so that these get a gradient. For maps the dead concepts of largest energy, with as many points of each as the codes keep.
 * Ties are broken by the lower index. Costs what the dead concepts cost.
 *
 * @param dead `[K]`, 1 for a dead concept, else 0.
 * @throws SaenoError `loss.auxiliary` if `part.of` is not a positive integer, or `part.index` not an integer of 0 or more.
 */
export function auxiliaryLoss(dead: Float32Array, options: AuxiliaryOptions = {}): Loss {
  const marked = Array.from(dead.keys()).filter((concept) => dead[concept] !== 0);
  const { part = { index: 0, of: 1 } } = options;
  if (!(Number.isSafeInteger(part.of) && part.of > 0 && Number.isSafeInteger(part.index) && part.index >= 0)) {
    throw new SaenoError(
      "loss.auxiliary",
      `"part" of AuxK: "of" must be a positive integer, and "index" an integer of 0 or more; got ${part.of} and ${part.index}.`,
    );
  }
  return ({ input, output, codes, preCodes }, { dictionary }) => {
    const all = preCodes();
    const scalar = all.grid.length === 0;
    const { coefficient = scalar ? 1 / 32 : 1 } = options;
    const samples = partOf(input.shape[0], part);
    const reconstruction = samplesOf(output, samples);
    const error = detach(sub(samplesOf(input, samples), reconstruction));
    // A gradient of zero.
    if (marked.length === 0) return mul(meanSquaredError(error, mul(reconstruction, 0)), coefficient) as Scalar;
    const grid = input.shape.slice(1, -1);
    const usual = scalar
      ? Math.ceil((sizeOf(grid) * dictionary.channels) / 2)
      : codes.kind === "sparse"
        ? codes.concepts.shape[1]
        : 1;
    const k = Math.min(options.concepts ?? usual, marked.length);
    const count = codes.kind === "sparse" ? codes.positions.shape[2] : sizeOf(grid);
    const concepts = tensor1d(marked, "int32");
    const some = all.among(concepts, samples);
    if (some.batch !== samples.count) {
      throw new SaenoError(
        "loss.auxiliary",
        `AuxK asked for the pre-codes of ${samples.count} samples and got those of ${some.batch}: "among" of the PreCodes of "${dictionary.kind}", or of its encoder, must use its second argument, a range of samples.`,
      );
    }
    const { synthesizeAmong } = dictionary;
    const decoded = () => {
      // Nothing to choose: products of whole matrices.
      if (scalar && k === marked.length && synthesizeAmong !== undefined) {
        return synthesizeAmong(concepts, { kind: "dense", values: relu(some.dense()) }, grid);
      }
      const found = scalar ? codesOf(some, k) : mapsOf(some, k, count);
      if (synthesizeAmong !== undefined) return synthesizeAmong(concepts, found, grid);
      const chosen = reshape(gather(concepts, reshape(found.concepts, [-1])), found.concepts.shape) as Tensor2D;
      return dictionary.synthesize({ ...found, concepts: chosen, conceptCount: all.conceptCount }, grid);
    };
    return mul(meanSquaredError(error, decoded()), coefficient) as Scalar;
  };
}

/** The samples of one of so many parts of a batch, which are as equal as can be; at least one sample if the batch has any. */
function partOf(batch: number, { index, of }: NonNullable<AuxiliaryOptions["part"]>): SampleRange {
  const parts = Math.max(1, Math.min(of, batch));
  const at = index % parts;
  const [from, to] = [at, at + 1].map((end) => Math.floor((end * batch) / parts));
  return { from, count: to - from };
}

/** The `k` largest scalar codes. */
function codesOf(preCodes: PreCodes, k: number): SparseCodes {
  const { batch, grid, conceptCount } = preCodes;
  const { largest = densePreCodes(preCodes.dense()).largest } = preCodes;
  if (largest === undefined) throw new SaenoError("loss.auxiliary", "Scalar codes were expected, and these are maps.");
  const { concepts, values } = largest(k);
  const positions = zeros<Rank.R3>([batch, k, 1], "int32");
  return { kind: "sparse", concepts, positions, values: expandDims(values, 2), grid, conceptCount };
}

/** The `k` maps of largest energy; energies are not measured where these are all maps. */
function mapsOf(preCodes: PreCodes, k: number, count: number): SparseCodes {
  const { batch, grid, conceptCount } = preCodes;
  const all = () => tile(reshape(range(0, conceptCount, 1, "int32"), [1, conceptCount]), [batch, 1]);
  const largest = () => topKRows({ x: preCodes.energies({ kind: "rectified", energyGrid: 1, count }) }, { k }).indices;
  const concepts = (k === conceptCount ? all() : largest()) as Tensor2D;
  return { kind: "sparse", concepts, ...preCodes.points(concepts, count), grid, conceptCount };
}

/** `||z_k||` of each active concept, `[B, k]`; of all of them where codes are dense. */
function codeNorms(codes: Codes): Tensor {
  const grid = codes.kind === "sparse" ? codes.grid : codes.values.shape.slice(1, -1);
  if (grid.length === 0) return abs(codes.values);
  const squares = square(codes.values);
  const axes = codes.kind === "sparse" ? [2] : grid.map((_, axis) => axis + 1);
  // The root of zero has no gradient.
  return sqrt(add(div(sum(squares, axes), sizeOf(grid)), 1e-20));
}
