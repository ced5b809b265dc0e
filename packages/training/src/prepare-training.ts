import { hostValues, isFrozen, type ParameterRole, SaenoError } from "@saeno/backend";
import type { SparseAutoencoder } from "@saeno/core";
import { cast, mean, notEqual, reshape, square, type Tensor, tidy, zeros } from "@tensorflow/tfjs-core";
import type { TrainedParameter } from "./optimizers/optimizer.ts";

export interface PrepareOptions {
  /**
   * What the decoder's bias starts at: `mean` of the first batch, or `zero`; or `none`, held at zero. Default `mean` for
   * vectors, else `zero`.
   */
  readonly decoderBias?: "mean" | "zero" | "none";
  /** Whether atoms are held at unit norm. Default true. */
  readonly unitAtoms?: boolean;
}

/** Root mean squares of inputs whose squares, and the squares of gradients, keep their digits in float32. */
const [smallest, largest] = [1e-4, 1e8];
/** From this root mean square on, gradients are large against what optimizers add to them; below, they count relative to the data. */
const usualSize = 0.1;

/** What was measured on the first batch. */
export interface Measured {
  /** The typical size of each parameter's entries, by name. */
  readonly entrySizes: ReadonlyMap<string, number>;
  /** What gradients are measured against. */
  readonly gradientUnit: number;
}

/**
 * What comes before the first step: thresholds that depend on the data are measured on the first batch x `[B, ...N, C]`, atoms are brought to
 * unit norm, the decoder's bias and the encoder's gain are fitted to it, then the typical size of each parameter's entries is measured.
 *
 * @returns the parameters to train, for {@link trainStep}: the model's, except frozen ones and a decoder's bias that is `none`.
 * @throws SaenoError `training.scale` for inputs so small or so large that float32 cannot hold their squares.
 */
export function prepareTraining(model: SparseAutoencoder, x: Tensor, options: PrepareOptions = {}): TrainedParameter[] {
  return trainedParameters(model, measured(model, x, options), options);
}

/** As {@link prepareTraining}: what training has to remember of it. */
export function measured(model: SparseAutoencoder, x: Tensor, options: PrepareOptions): Measured {
  const { decoderBias = model.dictionary.domain === "vectors" ? "mean" : "zero", unitAtoms = true } = options;
  const size = inputSize(model, x);
  checkSize(size, model);
  model.measureActivation(x);
  if (decoderBias === "mean") {
    tidy(() => {
      const { input } = model.pass(x);
      model.setDecoderBias(mean(reshape(input, [-1, model.dictionary.channels]), 0));
    });
  }
  if (decoderBias === "none") tidy(() => model.setDecoderBias(zeros([model.dictionary.channels])));
  if (unitAtoms) model.dictionary.normalize();
  // The gain is fitted to the codes that thresholds leave, and thresholds have its scale.
  model.measureActivation(x);
  model.fitGain(x);
  model.measureActivation(x);
  const gradientUnit = size > 0 ? Math.min(1, (size / usualSize) ** 2) : 1;
  return { entrySizes: measureEntries(model, x), gradientUnit };
}

/** The root mean square of the inputs of a batch, inside of a normalization. */
function inputSize(model: SparseAutoencoder, x: Tensor): number {
  const values = hostValues(() => model.normalized(x));
  let squares = 0;
  for (const value of values) squares += value * value;
  return values.length === 0 ? 0 : Math.sqrt(squares / values.length);
}

function checkSize(size: number, { isNormalized }: SparseAutoencoder): void {
  if (size === 0 || (size >= smallest && size <= largest)) return;
  const remedy = isNormalized
    ? "Normalize by a scale, or change the unit of the data."
    : 'Normalize the data: a model with normalized: true and the normalization "scale", on the command line --normalize scale.';
  throw new SaenoError(
    "training.scale",
    `Inputs of the first batch are of size ${size.toPrecision(3)}; float32 cannot train on the squares of what is not between 1e-4 and 1e8. ${remedy}`,
    { kind: "data" },
  );
}

/** The parameters to train of a prepared model, from what was measured when it was prepared. */
export function trainedParameters(
  model: SparseAutoencoder,
  { entrySizes, gradientUnit }: Measured,
  { decoderBias, unitAtoms = true }: PrepareOptions,
): TrainedParameter[] {
  return model
    .parameters()
    .filter((parameter) => !isFrozen(parameter) && (decoderBias !== "none" || parameter.role !== "decoder bias"))
    .map((parameter) => ({
      ...parameter,
      entrySize: entrySizes.get(parameter.name) ?? 1,
      gradientUnit,
      constraint: unitAtoms ? constraintOf(parameter.role) : "none",
    }));
}

function constraintOf(role: ParameterRole): TrainedParameter["constraint"] {
  return role === "atoms" ? "unit rows" : role === "shape" ? "unit atoms" : "none";
}

/** The typical size of each parameter's entries, by name. Biases start at zero: theirs is that of what they are added to. */
function measureEntries(model: SparseAutoencoder, x: Tensor): Map<string, number> {
  const sizes = new Map<string, number>();
  tidy(() => {
    const size = (values: Tensor) => Math.sqrt(mean(square(values)).dataSync()[0]);
    const { input, codes: encoded } = model.pass(x);
    const codes = encoded.values;
    const share = mean(cast(notEqual(codes, 0), "float32")).dataSync()[0];
    const activeSize = share > 0 ? size(codes) / Math.sqrt(share) : 1;
    const ofBiases: Partial<Record<ParameterRole, number>> = {
      "decoder bias": size(input),
      "encoder bias": activeSize,
    };
    for (const parameter of model.parameters()) {
      if (!isFrozen(parameter))
        sizes.set(parameter.name, parameter.entrySize ?? ((ofBiases[parameter.role] ?? size(parameter.variable)) || 1));
    }
  });
  return sizes;
}
