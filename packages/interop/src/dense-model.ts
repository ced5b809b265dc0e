import { type Activation, batchTopK, jumpRelu, relu, topK } from "@saeno/activations";
import { SaenoError } from "@saeno/backend";
import { denseDictionary, SparseAutoencoder, shallowEncoder } from "@saeno/core";
import { tensor, tidy } from "@tensorflow/tfjs-core";
import type { DenseActivation, DenseWeights } from "./dense-weights.ts";

/** A model with these weights in float32, untied; atoms of any norm. The caller disposes it. */
export function modelOf(weights: DenseWeights, name: string): SparseAutoencoder {
  const { inputs, concepts } = weights;
  const activation = activationOf(weights.activation, concepts, name);
  const atoms = floats(weights.decoder, [concepts, inputs]);
  const dictionary = denseDictionary({ inputs, concepts }, atoms);
  atoms.dispose();
  const model = new SparseAutoencoder({ dictionary, encoder: shallowEncoder(dictionary), activation });
  assign(model, "encoder.atoms", weights.encoder);
  assign(model, "encoder.bias", weights.encoderBias);
  assign(model, "decoder.bias", weights.decoderBias);
  const { activation: rule } = weights;
  if (rule.kind === "jumprelu") assign(model, "activation.threshold", rule.thresholds);
  if (rule.kind === "batchtopk") assign(model, "activation.threshold", Float64Array.of(rule.threshold));
  return model;
}

function activationOf(activation: DenseActivation, conceptCount: number, name: string): Activation {
  switch (activation.kind) {
    case "relu":
      return relu();
    case "topk":
      return topK({ k: checkedK(activation.k, conceptCount, name) });
    case "batchtopk":
      return batchTopK({ k: checkedK(activation.k, conceptCount, name) });
    case "jumprelu":
      return jumpRelu({ conceptCount });
    default:
      throw activation satisfies never;
  }
}

function checkedK(k: number, conceptCount: number, name: string): number {
  if (Number.isInteger(k) && k >= 1 && k <= conceptCount) return k;
  throw new SaenoError("interop.config", `${name}: k = ${k}; expected a whole number from 1 to ${conceptCount}.`, {
    kind: "data",
  });
}

function assign(model: SparseAutoencoder, name: string, values: Float64Array): void {
  const found = model.parameters().find((parameter) => parameter.name === name);
  if (found === undefined) throw new SaenoError("interop.model", `This model has no parameter "${name}".`);
  const { variable } = found;
  tidy(() => variable.assign(floats(values, variable.shape)));
}

function floats(values: Float64Array, shape: readonly number[]) {
  return tensor(new Float32Array(values), [...shape]);
}
