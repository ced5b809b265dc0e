import type { SparseAutoencoder } from "@saeno/core";
import { modelOf } from "./dense-model.ts";
import { centered, type DenseWeights, transposed, withUnitAtoms } from "./dense-weights.ts";
import { checkSize, configError, peerConfig, section, unsupported } from "./peer-config.ts";
import { type StateDict, stateDict } from "./state-dict.ts";

export interface DictionaryLearningFiles {
  /** The parsed `config.json`. */
  readonly config: unknown;
  /** The bytes of the state dict as safetensors; `ae.pt` is a pickle, which is never loaded. */
  readonly weights: Uint8Array;
  /** What to call the model in errors. */
  readonly name: string;
}

export interface ReadDictionaryLearningOptions {
  /** Scale atoms to unit norm and codes accordingly, as their `AutoEncoder.from_pretrained` does. Default false. */
  readonly unitAtoms?: boolean;
  /** An `AutoEncoderTopK` keeps what is above its threshold instead of the k largest (their `use_threshold=True`). Default false. */
  readonly useThreshold?: boolean;
}

/**
 * A model of dictionary_learning (github.com/saprmarks/dictionary_learning) by `trainer.dict_class` of its config:
 *
 * | class                                    | codes                                                        |
 * | ---------------------------------------- | ------------------------------------------------------------ |
 * | `AutoEncoder`                            | `relu(W (x - bias) + b)`                                     |
 * | `AutoEncoderNew`                         | `relu(W x + b)`                                              |
 * | `AutoEncoderTopK`                        | the k largest of `relu(W (x - b_dec) + b)`                   |
 * | `BatchTopKSAE`, `MatryoshkaBatchTopKSAE` | `u 1(u > threshold)`, `u = relu(W (x - b_dec) + b)`          |
 * | `JumpReluAutoEncoder`                    | `u 1(u > threshold_k)`, `u = x W_enc + b_enc`, b_dec not off |
 *
 * Codes and outputs are those of the class. Convert a state dict with
 * `safetensors.torch.save_file({k: v.contiguous() for k, v in torch.load("ae.pt", weights_only=True).items()}, "ae.safetensors")`.
 *
 * @throws SaenoError `interop.unsupported` for `GatedAutoEncoder` and classes not named here, `interop.config`, `interop.weights`,
 *   `interop.norms`, `safetensors.format` for damaged or contradictory files.
 */
export function readDictionaryLearning(
  files: DictionaryLearningFiles,
  options: ReadDictionaryLearningOptions = {},
): SparseAutoencoder {
  const { name } = files;
  const trainer = section(peerConfig(files.config, name), "trainer", name);
  const dict = stateDict(files.weights, name);
  const weights = read(trainer.dict_class, dict, trainer.k, options, name);
  dict.finish();
  checkSize(trainer, "dict_size", weights.concepts, name);
  checkSize(trainer, "activation_dim", weights.inputs, name);
  return modelOf(options.unitAtoms === true ? withUnitAtoms(weights, name) : weights, name);
}

function read(
  dictClass: unknown,
  dict: StateDict,
  configK: unknown,
  { useThreshold = false }: ReadDictionaryLearningOptions,
  name: string,
): DenseWeights {
  switch (dictClass) {
    case "AutoEncoder":
      return { ...linearLayers(dict, "bias"), activation: { kind: "relu" } };
    case "AutoEncoderNew":
      return centered({ ...linearLayers(dict, "decoder.bias"), activation: { kind: "relu" } });
    case "AutoEncoderTopK": {
      const weights = linearLayers(dict, "b_dec");
      const k = kOf(dict, configK, name);
      const threshold = dict.has("threshold") ? dict.takeNumber("threshold") : -1;
      if (!useThreshold) return { ...weights, activation: { kind: "topk", k } };
      if (threshold < 0)
        throw configError(
          `${name} has no threshold: training ended before one was measured. Read it without useThreshold.`,
        );
      return { ...weights, activation: { kind: "jumprelu", thresholds: everywhere(threshold, weights.concepts) } };
    }
    case "BatchTopKSAE":
      return { ...linearLayers(dict, "b_dec"), activation: batchTopK(dict, configK, name) };
    case "MatryoshkaBatchTopKSAE": {
      const weights = plainMatrices(dict);
      if (dict.has("group_sizes")) dict.take("group_sizes", [dict.length("group_sizes")]);
      return { ...weights, activation: batchTopK(dict, configK, name) };
    }
    case "JumpReluAutoEncoder": {
      const weights = plainMatrices(dict);
      // Theirs is relu(u 1(u > threshold)): a threshold below 0 is 0.
      const thresholds = dict.take("threshold", [weights.concepts]).map((value) => Math.max(value, 0));
      return centered({ ...weights, activation: { kind: "jumprelu", thresholds } });
    }
    case "GatedAutoEncoder":
      throw unsupported(
        `${name} is a GatedAutoEncoder: a second set of pre-codes decides which concepts are active, which no activation here does.`,
      );
    case undefined:
      throw configError(
        `The config of ${name} has no "trainer"."dict_class": is it the config.json of dictionary_learning?`,
      );
    default:
      throw unsupported(
        `${name} is of the class ${JSON.stringify(dictClass)}; supported are AutoEncoder, AutoEncoderNew, AutoEncoderTopK, BatchTopKSAE, MatryoshkaBatchTopKSAE and JumpReluAutoEncoder.`,
      );
  }
}

type Matrices = Omit<DenseWeights, "activation">;

/** `encoder.weight [K, n]`, `decoder.weight [n, K]`. */
function linearLayers(dict: StateDict, decoderBias: string): Matrices {
  const [concepts, inputs] = dict.sizes("encoder.weight");
  return {
    inputs,
    concepts,
    encoder: dict.take("encoder.weight", [concepts, inputs]),
    encoderBias: dict.take("encoder.bias", [concepts]),
    decoder: transposed(dict.take("decoder.weight", [inputs, concepts]), inputs, concepts),
    decoderBias: dict.take(decoderBias, [inputs]),
  };
}

/** `W_enc [n, K]`, `W_dec [K, n]`. */
function plainMatrices(dict: StateDict): Matrices {
  const [inputs, concepts] = dict.sizes("W_enc");
  return {
    inputs,
    concepts,
    encoder: transposed(dict.take("W_enc", [inputs, concepts]), inputs, concepts),
    encoderBias: dict.take("b_enc", [concepts]),
    decoder: dict.take("W_dec", [concepts, inputs]),
    decoderBias: dict.take("b_dec", [inputs]),
  };
}

/** Their threshold is -1 until it is measured, and then keeps all that is positive, like our 0. */
function batchTopK(dict: StateDict, configK: unknown, name: string): DenseWeights["activation"] {
  const k = kOf(dict, configK, name);
  return { kind: "batchtopk", k, threshold: Math.max(dict.has("threshold") ? dict.takeNumber("threshold") : 0, 0) };
}

function kOf(dict: StateDict, configK: unknown, name: string): number {
  const inFile = dict.has("k") ? dict.takeNumber("k") : undefined;
  if (inFile !== undefined && typeof configK === "number" && configK !== inFile)
    throw configError(
      `The config of ${name} says k = ${configK}, its weights k = ${inFile}: are the two files of one model?`,
    );
  const k = inFile ?? configK;
  if (typeof k === "number") return k;
  throw configError(`${name} has no k, neither in its weights nor in "trainer" of its config.`);
}

function everywhere(value: number, length: number): Float64Array {
  return new Float64Array(length).fill(value);
}
