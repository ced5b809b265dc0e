import { SaenoError } from "@saeno/backend";
import { isLifted, type SparseAutoencoder } from "@saeno/core";
import { type DenseActivation, type DenseWeights, inDataSpace } from "./dense-weights.ts";

/**
 * The weights of a model of vectors with a shallow encoder, as they are for inference. The model is only read. A tied encoder is written
 * out, `E = g D`; that of distances has `|E_k|^2 / 2` taken off its bias; a normalization of inputs is folded in.
 *
 * @throws SaenoError `interop.model` for models that are more than `sigma(E (x - b_dec) + b)` and `z D + b_dec`, by name.
 */
export async function weightsOf(model: SparseAutoencoder): Promise<DenseWeights> {
  const { dictionary, encoder } = model;
  if (isLifted(dictionary)) throw refused("a lifted dictionary", "lifting matrices");
  if (dictionary.kind !== "dense")
    throw refused(`a dictionary of kind "${dictionary.kind}"`, "functions on grids, only vectors [B, n]");
  if (encoder.kind !== "shallow")
    throw refused(`an encoder of kind "${encoder.kind}"`, "encoders of more than one step");

  const parameters = new Map(model.parameters().map(({ name, variable }) => [name, variable]));
  const read = async (name: string): Promise<Float64Array> => {
    const variable = parameters.get(name);
    if (variable === undefined) throw refused(`no parameter "${name}"`, "such a model");
    return new Float64Array(await variable.data());
  };
  const { channels: inputs, conceptCount: concepts } = dictionary;
  const { tied, distance } = encoder.toConfig();
  const decoder = await read("dictionary.atoms");
  const matrix = tied === true ? decoder : await read("encoder.atoms");
  const gain = tied === true ? (await read("encoder.gain"))[0] : 1;
  const bias = await read("encoder.bias");
  const weights: DenseWeights = {
    inputs,
    concepts,
    encoder: matrix.map((value) => value * gain),
    encoderBias: distance === true ? bias.map((value, k) => value - halfSquare(matrix, k, inputs)) : bias,
    decoder,
    decoderBias: await read("decoder.bias"),
    activation: await activationOf(model, read),
  };
  if (!model.isNormalized) return weights;
  return inDataSpace(weights, { mean: await read("input.mean"), scale: await read("input.scale") });
}

async function activationOf(
  { activation }: SparseAutoencoder,
  read: (name: string) => Promise<Float64Array>,
): Promise<DenseActivation> {
  const { k } = activation.toConfig();
  switch (activation.kind) {
    case "relu":
      return { kind: "relu" };
    case "topk":
      return { kind: "topk", k: k as number };
    case "batchtopk":
      return { kind: "batchtopk", k: k as number, threshold: (await read("activation.threshold"))[0] };
    case "jumprelu": {
      const thresholds = await read("activation.threshold");
      const negative = thresholds.findIndex((value) => value < 0);
      if (negative < 0) return { kind: "jumprelu", thresholds };
      throw refused(
        `a threshold below 0 (concept ${negative})`,
        "negative codes, which come of it. A penalty on the number of codes (l0), or a higher threshold to start from, keeps thresholds above 0",
      );
    }
    default:
      throw refused(`the activation "${activation.kind}"`, "activations other than relu, topk, batchtopk and jumprelu");
  }
}

function halfSquare(matrix: Float64Array, k: number, inputs: number): number {
  return matrix.subarray(k * inputs, (k + 1) * inputs).reduce((sum, value) => sum + value * value, 0) / 2;
}

function refused(what: string, lacks: string): SaenoError {
  return new SaenoError("interop.model", `This model has ${what}; the format knows no ${lacks}.`);
}
