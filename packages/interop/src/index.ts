export { type ComplexTensor, complexSource, complexTensor } from "./complex-tensor.ts";
export {
  type DictionaryLearningFiles,
  type ReadDictionaryLearningOptions,
  readDictionaryLearning,
} from "./dictionary-learning.ts";
export { fourierFromLi, type LiWeights, liFromFourier } from "./li.ts";
export { fourierFromNeuralop, type NeuralopWeight, neuralopFromFourier } from "./neuralop.ts";
export { type ReadSaelensOptions, readSaelens, type SaelensFiles, saelensMetadata } from "./saelens.ts";
export { type ReadSparsifyOptions, readSparsify, type SparsifyFiles } from "./sparsify.ts";
export type { SpectralOptions, SpectralRole } from "./spectral-operator.ts";
export type { PeerModel, ReadOptions } from "./state-dict.ts";
export { type WriteSaelensOptions, type WrittenSaelens, writeSaelens } from "./write-saelens.ts";
export { type WrittenSpectral, writeLi, writeNeuralop } from "./write-spectral.ts";
