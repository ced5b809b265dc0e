import { type Activation, batchTopK, jumpRelu, relu, topK } from "@saeno/activations";
import { type Parameter, SaenoError } from "@saeno/backend";
import { denseDictionary, SparseAutoencoder, shallowEncoder } from "@saeno/core";
import { type Tensor1D, tensor, tidy } from "@tensorflow/tfjs-core";
import type { DenseActivation, DenseWeights, Floats } from "./dense-weights.ts";
import { floatLimit } from "./held-values.ts";

/** A model with these weights in float32, untied; atoms of any norm. The caller disposes of it. */
export function modelOf(weights: DenseWeights, name: string): SparseAutoencoder {
  const { inputs, concepts } = weights;
  checkConverted(weights, name);
  const activation = activationOf(weights.activation, concepts, name);
  const atoms = floats(weights.decoder, [concepts, inputs]);
  const dictionary = denseDictionary({ inputs, concepts }, atoms);
  atoms.dispose();
  const encoder = shallowEncoder(dictionary);
  const model = new SparseAutoencoder({ dictionary, encoder, activation });
  tidy(() => {
    encoder.assign?.(floats(weights.encoder, [concepts, inputs]), { norm: "given" });
    set(encoder.parameters(), "encoder bias", weights.encoderBias);
    model.setDecoderBias(floats(weights.decoderBias, [inputs]) as Tensor1D);
    const { activation: rule } = weights;
    const parameters = activation.parameters?.() ?? [];
    if (rule.kind === "jumprelu") set(parameters, "threshold", rule.thresholds);
    if (rule.kind === "batchtopk") set(parameters, "statistic", Float64Array.of(rule.threshold));
  });
  return model;
}

/** Weights in the file are finite; what is made of them, such as a bias that takes in another, need not be. */
function checkConverted({ encoder, encoderBias, decoder, decoderBias }: DenseWeights, name: string): void {
  const isHeld = (values: Floats) => values.every((value: number) => Math.abs(value) < floatLimit);
  if ([encoder, encoderBias, decoder, decoderBias].every(isHeld)) return;
  const problem = "as ours need them are NaN or beyond float32, 3.4e38: the file is damaged, or its training diverged";
  throw new SaenoError("interop.weights", `${name}: its weights ${problem}.`, { kind: "data" });
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
      return jumpRelu({ conceptCount, threshold: 0.01, bandwidth: 0.001 });
    default:
      throw activation satisfies never;
  }
}

function checkedK(k: number, conceptCount: number, name: string): number {
  if (Number.isInteger(k) && k >= 1 && k <= conceptCount) return k;
  throw new SaenoError("interop.config", `${name}: k = ${k}; expected an integer from 1 to ${conceptCount}.`, {
    kind: "data",
  });
}

/** The one parameter of a role. */
function set(parameters: readonly Parameter[], role: Parameter["role"], values: Floats): void {
  for (const { variable, role: own } of parameters) if (own === role) variable.assign(floats(values, variable.shape));
}

function floats(values: Floats, shape: readonly number[]) {
  return tensor(values instanceof Float32Array ? values : new Float32Array(values), [...shape]);
}
