import { isFrozen, type ParameterRole } from "@saeno/backend";
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

/**
 * What comes before the first step: atoms are brought to unit norm, the decoder's bias and the encoder's gain are fitted to the
 * first batch x `[B, ...N, C]`, then the typical size of each parameter's entries is measured.
 *
 * @returns the parameters to train, for {@link trainStep}: the model's but for frozen ones and a decoder's bias that is `none`.
 */
export function prepareTraining(model: SparseAutoencoder, x: Tensor, options: PrepareOptions = {}): TrainedParameter[] {
  const { decoderBias = model.dictionary.domain === "vectors" ? "mean" : "zero", unitAtoms = true } = options;
  if (decoderBias === "mean") {
    tidy(() => {
      const { input } = model.pass(x);
      model.setDecoderBias(mean(reshape(input, [-1, model.dictionary.channels]), 0));
    });
  }
  if (decoderBias === "none") tidy(() => model.setDecoderBias(zeros([model.dictionary.channels])));
  if (unitAtoms) model.dictionary.normalize();
  model.fitGain(x);
  return trainedParameters(model, measureEntries(model, x), options);
}

/** The parameters to train of a model that is prepared, by the typical sizes of their entries that were measured then. */
export function trainedParameters(
  model: SparseAutoencoder,
  entrySizes: ReadonlyMap<string, number>,
  { decoderBias, unitAtoms = true }: PrepareOptions,
): TrainedParameter[] {
  return model
    .parameters()
    .filter((parameter) => !isFrozen(parameter) && (decoderBias !== "none" || parameter.role !== "decoder bias"))
    .map((parameter) => ({
      ...parameter,
      entrySize: entrySizes.get(parameter.name) ?? 1,
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
      if (!isFrozen(parameter)) sizes.set(parameter.name, (ofBiases[parameter.role] ?? size(parameter.variable)) || 1);
    }
  });
  return sizes;
}
