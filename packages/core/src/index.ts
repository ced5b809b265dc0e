export { type ConvDictionaryOptions, convDictionary } from "./conv-dictionary.ts";
export { type DenseDictionaryOptions, denseDictionary } from "./dense-dictionary.ts";
export type { Dictionary, DictionaryConfig } from "./dictionary.ts";
export type { Encoder, EncoderConfig } from "./encoder.ts";
export { type FourierDictionaryOptions, type FourierStart, fourierDictionary } from "./fourier-dictionary.ts";
export { meanSquaredError } from "./losses.ts";
export { modelFromConfig } from "./model-from-config.ts";
export { type Parameter, trainable } from "./parameter.ts";
export {
  type FunctionModelOptions,
  type SaeCnnOptions,
  type SaeFnoOptions,
  type SaeMlpOptions,
  saeCnn,
  saeFno,
  saeMlp,
} from "./presets.ts";
export { type ShallowEncoderOptions, shallowEncoder } from "./shallow-encoder.ts";
export {
  type ModelConfig,
  type Reconstruction,
  SparseAutoencoder,
  type SparseAutoencoderParts,
} from "./sparse-autoencoder.ts";
export { unitRows, withoutParallel } from "./unit-rows.ts";
