export { type ArrayDatasetOptions, arrayDataset, checkFinite } from "./array-dataset.ts";
export { type Batch, type BatchOptions, batches } from "./batches.ts";
export {
  dataSourceText,
  dataSourceUsage,
  findDataset,
  knownDatasets,
  parseDataSource,
} from "./components/data-source.ts";
export { datasetComponents } from "./components/dataset-components.ts";
export {
  type DatasetComponent,
  type DatasetContext,
  type DatasetDefinition,
  type DatasetShorthand,
  defineDataset,
  type OpenedParts,
} from "./components/define-dataset.ts";
export {
  asVectors,
  type DataConfig,
  type DataPart,
  type OpenDataOptions,
  type OpenedData,
  openDataset,
} from "./components/open-dataset.ts";
export { type DataParts, partsSchema } from "./components/parts.ts";
export type { Dataset, KnownDataset, KnownDictionary, Labels, Reading } from "./dataset.ts";
export { type IdxArray, parseIdx } from "./formats/idx.ts";
export { encodeNpy, type NpyArray, parseNpy } from "./formats/npy.ts";
export {
  encodeSafetensors,
  parseSafetensors,
  type Safetensors,
  type SafetensorsSource,
  type SafetensorsTensor,
  type SafetensorsType,
} from "./formats/safetensors.ts";
export { type FlowOptions, flow, flowDataset } from "./generators/flow.ts";
export { type FlowSimulationOptions, type FlowSpectra, simulateFlow } from "./generators/flow-simulation.ts";
export { type SparseFunctionsOptions, sparseFunctions } from "./generators/sparse-functions.ts";
export { type SparseVectorsOptions, sparseVectors } from "./generators/sparse-vectors.ts";
export { type DataProgress, type DataReporter, delayedProgress } from "./reporter.ts";
export { concatenate } from "./transforms/concatenate.ts";
export { flatten } from "./transforms/flatten.ts";
export { datasetOn, resampleDataset } from "./transforms/resample.ts";
export { type RotateOptions, rotateDataset, rotateFunctions } from "./transforms/rotate.ts";
export { split, subset } from "./transforms/subset.ts";
export { constantChannels, whiten } from "./transforms/whiten.ts";
