import { shown } from "@saeno/backend";
import type { SparseAutoencoder } from "@saeno/core";
import { modelOf } from "./dense-model.ts";
import { centered, type DenseWeights, mapped, transposed, withUnitAtoms } from "./dense-weights.ts";
import { checkSize, configError, peerConfig, section, unsupported } from "./peer-config.ts";
import { type PeerModel, type ReadOptions, type StateDict, stateDict } from "./state-dict.ts";

/** `config.json` and the state dict as safetensors; `ae.pt` is a pickle, which is never loaded. */
export type DictionaryLearningFiles = PeerModel;

/** With `unitAtoms`, as their `AutoEncoder.from_pretrained`. */
export interface ReadDictionaryLearningOptions extends ReadOptions {
  /** An `AutoEncoderTopK` keeps the codes above its threshold instead of the k largest (their `use_threshold=True`). Default false. */
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
export async function readDictionaryLearning(
  files: DictionaryLearningFiles,
  options: ReadDictionaryLearningOptions = {},
): Promise<SparseAutoencoder> {
  const { name } = files;
  const trainer = section(peerConfig(files.config, name), "trainer", name);
  const dict = await stateDict(files, options);
  const weights = await read(trainer.dict_class, dict, trainer.k, options, name);
  dict.finish();
  checkSize(trainer, "dict_size", weights.concepts, name);
  checkSize(trainer, "activation_dim", weights.inputs, name);
  return modelOf(options.unitAtoms === true ? withUnitAtoms(weights, name) : weights, name);
}

async function read(
  dictClass: unknown,
  dict: StateDict,
  configK: unknown,
  { useThreshold = false }: ReadDictionaryLearningOptions,
  name: string,
): Promise<DenseWeights> {
  switch (dictClass) {
    case "AutoEncoder":
      return { ...(await linearLayers(dict, "bias")), activation: { kind: "relu" } };
    case "AutoEncoderNew":
      return centered({ ...(await linearLayers(dict, "decoder.bias")), activation: { kind: "relu" } });
    case "AutoEncoderTopK": {
      const weights = await linearLayers(dict, "b_dec");
      const k = await kOf(dict, configK, name);
      const threshold = dict.has("threshold") ? await dict.takeNumber("threshold") : -1;
      if (!useThreshold) return { ...weights, activation: { kind: "topk", k } };
      if (threshold < 0)
        throw configError(
          `${name} has no threshold: training ended before one was measured. Read it without useThreshold.`,
        );
      return { ...weights, activation: { kind: "jumprelu", thresholds: everywhere(threshold, weights.concepts) } };
    }
    case "BatchTopKSAE":
      return { ...(await linearLayers(dict, "b_dec")), activation: await batchTopK(dict, configK, name) };
    case "MatryoshkaBatchTopKSAE": {
      const weights = await plainMatrices(dict);
      if (dict.has("group_sizes")) await dict.take("group_sizes", [dict.length("group_sizes")]);
      return { ...weights, activation: await batchTopK(dict, configK, name) };
    }
    case "JumpReluAutoEncoder": {
      const weights = await plainMatrices(dict);
      // Theirs is relu(u 1(u > threshold)): a threshold below 0 is 0.
      const thresholds = mapped(await dict.take("threshold", [weights.concepts]), (value) => Math.max(value, 0));
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
        `${name} is of the class ${shown(dictClass)}; supported are AutoEncoder, AutoEncoderNew, AutoEncoderTopK, BatchTopKSAE, MatryoshkaBatchTopKSAE and JumpReluAutoEncoder.`,
      );
  }
}

type Matrices = Omit<DenseWeights, "activation">;

/** `encoder.weight [K, n]`, `decoder.weight [n, K]`. */
async function linearLayers(dict: StateDict, decoderBias: string): Promise<Matrices> {
  const [concepts, inputs] = dict.sizes("encoder.weight");
  return {
    inputs,
    concepts,
    encoder: await dict.take("encoder.weight", [concepts, inputs]),
    encoderBias: await dict.take("encoder.bias", [concepts]),
    decoder: transposed(await dict.take("decoder.weight", [inputs, concepts]), inputs, concepts),
    decoderBias: await dict.take(decoderBias, [inputs]),
  };
}

/** `W_enc [n, K]`, `W_dec [K, n]`. */
async function plainMatrices(dict: StateDict): Promise<Matrices> {
  const [inputs, concepts] = dict.sizes("W_enc");
  return {
    inputs,
    concepts,
    encoder: transposed(await dict.take("W_enc", [inputs, concepts]), inputs, concepts),
    encoderBias: await dict.take("b_enc", [concepts]),
    decoder: await dict.take("W_dec", [concepts, inputs]),
    decoderBias: await dict.take("b_dec", [inputs]),
  };
}

/** Their threshold is -1 until it is measured, and then keeps all that is positive, like our 0. */
async function batchTopK(dict: StateDict, configK: unknown, name: string): Promise<DenseWeights["activation"]> {
  const k = await kOf(dict, configK, name);
  return {
    kind: "batchtopk",
    k,
    threshold: Math.max(dict.has("threshold") ? await dict.takeNumber("threshold") : 0, 0),
  };
}

async function kOf(dict: StateDict, configK: unknown, name: string): Promise<number> {
  const inFile = dict.has("k") ? await dict.takeNumber("k") : undefined;
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
