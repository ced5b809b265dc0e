export {
  type CodeArray,
  type CodeTensors,
  type CodeTensorsOptions,
  codesFromTensors,
  codesToTensors,
  encodeCodeFile,
  readCodeFile,
  type StoredCodes,
} from "./codes/code-file.ts";
export {
  type CodeTable,
  type CodeTableWriter,
  codeTableWriter,
  denseCodes,
  denseTable,
  denseValues,
  readCodes,
  sampleCount,
  sparseCodes,
} from "./codes/code-table.ts";
export { type EncodeOptions, encodeDataset } from "./codes/encode-dataset.ts";
export {
  type CompareOptions,
  type ConceptPair,
  compareModels,
  type ModelComparison,
} from "./comparison/compare-models.ts";
export * from "./concepts/concept-index.ts";
export { type ContributionMeter, type Contributions, contributionMeter } from "./concepts/contributions.ts";
export { type IndexOptions, indexConcepts } from "./concepts/index-concepts.ts";
export { addedBy, placesOf } from "./edits/added-by.ts";
export { decodeOn } from "./edits/decode-on.ts";
export { decodeTable } from "./edits/decode-table.ts";
export { type CodeEdit, editCodes, editTable } from "./edits/edit-codes.ts";
export { relativeDistance } from "./edits/relative-distance.ts";
export {
  type ChannelChange,
  type ConceptEffect,
  type ConceptEffects,
  type EffectEdit,
  editInWords,
  encodeEffects,
  findEffects,
  type KeptEffects,
  readEffects,
  withEffects,
} from "./effects/concept-effects.ts";
export { encodeIndex, type OpenedIndex, openIndex } from "./file/index-file.ts";
export { modelHash } from "./model-hash.ts";
