export { type ArrayDatasetOptions, arrayDataset } from "./array-dataset.ts";
export { type Batch, type BatchOptions, batches } from "./batches.ts";
export { checkFinite } from "./check-finite.ts";
export { concatenate } from "./concatenate.ts";
export type { Dataset, KnownDataset, KnownDictionary } from "./dataset.ts";
export { datasetOn } from "./dataset-on.ts";
export { flatten } from "./flatten.ts";
export {
  type FlowOptions,
  type FlowSimulationOptions,
  type FlowSpectra,
  flow,
  flowDataset,
  simulateFlow,
} from "./flow.ts";
export { type IdxArray, parseIdx } from "./idx.ts";
export { encodeNpy, type NpyArray, parseNpy } from "./npy.ts";
export { resampleDataset } from "./resample-dataset.ts";
export { type RotateOptions, rotateDataset } from "./rotate-dataset.ts";
export {
  encodeSafetensors,
  parseSafetensors,
  type Safetensors,
  type SafetensorsSource,
  type SafetensorsTensor,
  type SafetensorsType,
} from "./safetensors.ts";
export { type SparseFunctionsOptions, sparseFunctions } from "./sparse-functions.ts";
export { type SparseVectorsOptions, sparseVectors } from "./sparse-vectors.ts";
export { split } from "./split.ts";
export { subset } from "./subset.ts";
export { whiten } from "./whiten.ts";
