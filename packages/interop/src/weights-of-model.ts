import { SaenoError } from "@saeno/backend";
import type { LinearEncoding, SparseAutoencoder } from "@saeno/core";
import { eye, type Tensor, tidy, transpose } from "@tensorflow/tfjs-core";
import { type DenseActivation, type DenseWeights, inDataSpace } from "./dense-weights.ts";

/**
 * The weights of a model of vectors whose pre-codes are linear, as they are for inference. The model is only read. Gain, distances and a
 * lifting are written out; a normalization of inputs is folded in.
 *
 * @throws SaenoError `interop.model` for models that are more than `sigma(E (x - b_dec) + b)` and `z D + b_dec`.
 */
export async function weightsOf(model: SparseAutoencoder): Promise<DenseWeights> {
  const { dictionary, encoder, normalization } = model;
  const { channels: inputs, conceptCount: concepts } = dictionary;
  if (dictionary.domain !== "vectors") {
    throw refused(`a dictionary of kind "${dictionary.kind}"`, "functions on grids, only vectors [B, n]");
  }
  const linear = encoder.linear?.();
  if (linear === undefined) throw refused(`an encoder of kind "${encoder.kind}"`, "encoders of more than one step");
  const weights: DenseWeights = {
    inputs,
    concepts,
    ...(await encoderOf(linear, inputs)),
    decoder: await valuesOf(dictionary.atoms()),
    decoderBias: await valuesOf(model.decoderBias.clone()),
    activation: await activationOf(model, concepts),
  };
  if (normalization === undefined) return weights;
  const [mean, scale] = [normalization.mean, normalization.scale].map((values) => valuesOf(values.clone()));
  return inDataSpace(weights, { mean: await mean, scale: await scale });
}

/** What the operator makes of unit vectors is its matrix. */
async function encoderOf({ operator, bias }: LinearEncoding, inputs: number) {
  const matrix = tidy(() => transpose(operator.correlate(eye(inputs))));
  operator.dispose();
  return { encoder: await valuesOf(matrix), encoderBias: await valuesOf(bias) };
}

async function activationOf({ activation }: SparseAutoencoder, concepts: number): Promise<DenseActivation> {
  const rule = activation.rule?.();
  switch (rule?.kept) {
    case undefined:
      throw refused(`the activation "${activation.kind}"`, "activations other than relu, topk, batchtopk and jumprelu");
    case "positive":
      return { kind: "relu" };
    case "largest":
      return { kind: "topk", k: rule.k };
    case "above": {
      const given = await valuesOf(rule.thresholds.clone());
      const thresholds = Float64Array.from({ length: concepts }, (_, k) => given[k % given.length]);
      const negative = thresholds.findIndex((value) => value < 0);
      if (negative < 0) return { kind: "jumprelu", thresholds };
      throw refused(
        `a threshold below 0 (concept ${negative})`,
        "negative codes, which come of it. A penalty on the number of codes (l0), or a higher threshold to start from, keeps thresholds above 0",
      );
    }
    default:
      throw rule satisfies never;
  }
}

/** Reads a tensor, and disposes of it. */
async function valuesOf(x: Tensor): Promise<Float64Array> {
  const values = new Float64Array(await x.data());
  x.dispose();
  return values;
}

function refused(what: string, lacks: string): SaenoError {
  return new SaenoError("interop.model", `This model has ${what}; the format knows no ${lacks}.`);
}
