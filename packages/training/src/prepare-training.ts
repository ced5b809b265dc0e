import type { SparseAutoencoder } from "@saeno/core";
import { cast, mean, notEqual, reshape, square, type Tensor, type Tensor1D, tidy } from "@tensorflow/tfjs-core";
import type { TrainedParameter } from "./optimizer.ts";

/**
 * What comes before the first step: atoms are brought to unit norm, the decoder's bias and the encoder's gain are fitted to the
 * first batch x `[B, ...N, C]`, then the typical size of each parameter's entries is measured.
 *
 * @param decoderBias default `mean` for a dense dictionary, else `zero`.
 * @returns the model's parameters, for {@link trainStep}.
 */
export function prepareTraining(
  model: SparseAutoencoder,
  x: Tensor,
  decoderBias?: "mean" | "zero",
): TrainedParameter[] {
  const start = decoderBias ?? (model.dictionary.kind === "dense" ? "mean" : "zero");
  if (start === "mean") {
    tidy(() => model.setDecoderBias(mean(reshape(x, [-1, model.dictionary.channels]), 0) as Tensor1D));
  }
  model.dictionary.normalize();
  model.fitGain(x);
  return measureEntries(model, x);
}

/** The typical size of each parameter's entries. Biases start at zero: theirs is that of what they are added to. */
function measureEntries(model: SparseAutoencoder, x: Tensor): TrainedParameter[] {
  return tidy(() => {
    const size = (values: Tensor) => Math.sqrt(mean(square(values)).dataSync()[0] as number);
    const codes = model.encode(x).values;
    const share = mean(cast(notEqual(codes, 0), "float32")).dataSync()[0] as number;
    const activeSize = share > 0 ? size(codes) / Math.sqrt(share) : 1;
    return model.parameters().map((parameter) => {
      const own = size(parameter.variable);
      const added = parameter.name === "decoder.bias" ? size(x) : parameter.name === "encoder.bias" ? activeSize : 1;
      return { ...parameter, entrySize: parameter.name.endsWith(".bias") || own === 0 ? added || 1 : own };
    });
  });
}
