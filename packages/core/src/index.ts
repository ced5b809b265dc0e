export { type Parameter, trainable } from "@saeno/backend";
export {
  dictionaryComponents,
  dictionaryFromConfig,
  encoderComponents,
  encoderFromConfig,
  findDictionary,
  findEncoder,
  lossComponents,
  lossFromConfig,
} from "./components.ts";
export { type ConvDictionaryOptions, convDictionary } from "./conv-dictionary.ts";
export { type DenseDictionaryOptions, denseDictionary } from "./dense-dictionary.ts";
export type {
  AssignOptions,
  AtomsOptions,
  Dictionary,
  DictionaryConfig,
  Spectra,
  UnrolledCodes,
  UnrolledSteps,
} from "./dictionary.ts";
export {
  chosenCodes,
  type DictionaryComponent,
  type DictionaryContext,
  defineDictionary,
  fromData,
  sizesOnGrid,
} from "./dictionary-component.ts";
export {
  defineEncoder,
  type Encoder,
  type EncoderComponent,
  type EncoderConfig,
  type Encoding,
  type LinearEncoding,
  type Pairing,
} from "./encoder.ts";
export { type FourierDictionaryOptions, type FourierStart, fourierDictionary } from "./fourier-dictionary.ts";
export { largestEigenvalue } from "./largest-eigenvalue.ts";
export { isLifted, type LiftedDictionary, liftedDictionary } from "./lifted-dictionary.ts";
export {
  type AuxiliaryOptions,
  auxiliaryLoss,
  defineLoss,
  type Loss,
  type LossComponent,
  l0Loss,
  l1Loss,
  meanSquaredError,
} from "./losses.ts";
export { matchingPursuitEncoder } from "./matching-pursuit-encoder.ts";
export { type ModelDescription, modelFromConfig, pairedConfigs, parameterShapes } from "./model-from-config.ts";
export {
  type FunctionModelOptions,
  type SaeCnnOptions,
  type SaeFnoOptions,
  type SaeMlpOptions,
  type SaeTokensOptions,
  type SharedModelOptions,
  saeCnn,
  saeFno,
  saeMlp,
  saeTokens,
} from "./presets.ts";
export { readModelConfig } from "./read-model-config.ts";
export { assignRows, unitRows, withoutParallel } from "./rows.ts";
export { type ShallowEncoderOptions, shallowEncoder } from "./shallow-encoder.ts";
export {
  type ModelConfig,
  type Pass,
  type PassOptions,
  type Reconstruction,
  SparseAutoencoder,
  type SparseAutoencoderParts,
} from "./sparse-autoencoder.ts";
export { type TokenDictionaryOptions, tokenDictionary } from "./token-dictionary.ts";
export { type UnrolledEncoderOptions, unrolledEncoder } from "./unrolled-encoder.ts";
